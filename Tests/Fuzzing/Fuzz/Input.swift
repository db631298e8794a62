/// What libFuzzer made: a byte that says what it is for, where there is a choice, and the bytes for that.
struct Input {
    private(set) var bytes: ArraySlice<UInt8>

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = Array(bytes)[...]
    }

    /// What is left, as text; `nil` if it is not UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }

    /// Takes the first byte to choose by: the letter `A` is the first of the choices. `nil` without any byte.
    mutating func choose<Choice>(from choices: [Choice]) -> Choice? {
        guard let byte = bytes.popFirst() else { return nil }
        return choices[Int(byte &- UInt8(ascii: "A")) % choices.count]
    }

    /// Takes the text before the next newline, and that newline.
    mutating func line() -> String? {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        bytes = bytes[line.endIndex...].dropFirst()
        return String(validating: line, as: UTF8.self)
    }
}
