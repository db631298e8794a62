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
    /// What an error of reading says; of `(document)` if it is about the whole.
    public init(_ error: JSONError) {
        self.init(
            error.path.isEmpty ? "(document)" : error.path,
            value: "the value there",
            expected: "readable: \(error.message)"
        )
    }
}
