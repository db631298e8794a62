import PrintableText

/// What is wrong with one field of an object: where, what stands there, and what was expected.
public struct FieldError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field's path, such as `spec.controls.limitRange.limits[0].default[memory]`.
    public var field: String
    /// The offending value, printable, and at most 80 Unicode scalars.
    public var value: String
    /// What would be right.
    public var expected: String

    /// The error of finding `value` at `field` where `expected` was wanted.
    public init(_ field: String, value: String, expected: String) {
        self.field = field
        self.value = value.printable(upTo: 80)
        self.expected = expected
    }

    /// Field, value and expectation in a sentence.
    public var description: String { "\(field): \"\(value)\" is not \(expected)" }
}

extension FieldError {
    /// What a decoding error says, with the path as the API server writes it; `(document)` if the decoder names none.
    public init(_ error: DecodingError) {
        func path(_ keys: [any CodingKey]) -> String {
            let text = keys.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
            return text.hasPrefix(".") ? String(text.dropFirst()) : text
        }
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(path(context.codingPath), value: "the value there", expected: "of type \(type)")
        case .keyNotFound(let key, let context):
            self.init(path(context.codingPath + [key]), value: "", expected: "set, as it must be")
        case .dataCorrupted(let context):
            let path = path(context.codingPath)
            self.init(
                path.isEmpty ? "(document)" : path,
                value: "the value there",
                expected: "readable: \(context.debugDescription)"
            )
        @unknown default:
            self.init("", value: "the document", expected: "readable: \(error)")
        }
    }
}
