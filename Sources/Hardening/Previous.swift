#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What stood in shared fields before the operator wrote to them: the content of ``Marks/previousAnnotation``.
struct Previous: Hashable {
    /// By field; `nil` for one that was not set.
    var values: [String: String?]

    /// Nothing is remembered.
    init() {
        values = [:]
    }

    /// Reads the annotation. What cannot be read, since somebody broke it, is as good as forgotten.
    init(annotation: String?) {
        let bytes = Data((annotation ?? "{}").utf8)
        values = (try? JSONDecoder().decode([String: String?].self, from: bytes)) ?? [:]
    }

    /// The annotation's content, the same for the same values.
    var annotation: String {
        let members = values.sorted { $0.key < $1.key }.map { key, value in
            "\(Self.quoted(key)):\(value.map(Self.quoted) ?? "null")"
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func quoted(_ text: String) -> String {
        // Keys and values are labels' and words of our own: what needs escaping never was a valid one.
        let safe = text.unicodeScalars.filter { $0.value >= 0x20 && $0 != "\"" && $0 != "\\" }
        return "\"\(String(String.UnicodeScalarView(safe)))\""
    }
}
