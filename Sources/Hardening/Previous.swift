import KubernetesAPI

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
        self = annotation.flatMap { try? JSONReader.read(Previous.self, from: $0.utf8) } ?? Previous()
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
        if isPlain(text) { return "\"\(text)\"" }
        return "\"\(String(decoding: text.utf8.filter(isPlain), as: UTF8.self))\""
    }

    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy(isPlain) }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}

extension Previous: JSONReadable {
    init(json: JSONReader) throws(JSONError) {
        var values: [String: String?] = [:]
        try json.forEachMember { (name, value) throws(JSONError) in
            let text = value.isNull ? nil : try String(json: value)
            // Written again without what is not plain, two keys could be one. Of a name that stands twice, the first holds.
            if Self.isPlain(name), values[name] == nil { values[name] = .some(text) }
        }
        self.values = values
    }
}
