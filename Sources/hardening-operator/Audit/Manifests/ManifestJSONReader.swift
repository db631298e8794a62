import PrintableText

/// Reads JSON documents that stand one after the other: one, JSON Lines, or several without anything between.
///
/// Foundation's reader tells no lines; that of YAML does not take all of JSON (surrogate pairs such as `\ud83d\ude00`).
///
/// Source: RFC 8259. As Go's readers do, halves of surrogate pairs become U+FFFD; unlike them, a key that stands twice
/// in an object is an error: the API server refuses it too when asked to be strict, as kubectl asks.
struct ManifestJSONReader {
    /// Why a document ends before its time.
    struct Failure: Error {
        /// The line, from 1.
        var line: Int
        /// What is wrong.
        var message: String
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var line: Int

    /// A reader of `bytes`, UTF-8 whose first line is line `line` of the file.
    init(_ bytes: ArraySlice<UInt8>, line: Int) {
        self.bytes = bytes
        self.line = line
        position = bytes.startIndex
    }

    /// The next document; `nil` at the end.
    mutating func next() throws(Failure) -> ManifestNode? {
        skipBlanks()
        return position == bytes.endIndex ? nil : try value(depth: 0)
    }

    /// Goes on after a failure: at the next line that begins with a brace, where a new document may begin.
    mutating func recover() {
        while position < bytes.endIndex {
            if bytes[position] == UInt8(ascii: "\n") {
                line += 1
                if position + 1 < bytes.endIndex, bytes[position + 1] == UInt8(ascii: "{") {
                    position += 1
                    return
                }
            }
            position += 1
        }
    }

    private mutating func skipBlanks() {
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "\n"): line += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            default: return
            }
            position += 1
        }
    }

    private func failure(_ message: String) -> Failure {
        Failure(line: line, message: "not valid JSON: \(message)")
    }

    private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func value(depth: Int) throws(Failure) -> ManifestNode {
        guard depth < ManifestNode.maximumDepth else {
            throw failure("nested more than \(ManifestNode.maximumDepth) deep")
        }
        let line = line
        switch current {
        case UInt8(ascii: "{"): return ManifestNode(value: .object(try members(depth: depth)), line: line)
        case UInt8(ascii: "["): return ManifestNode(value: .list(try elements(depth: depth)), line: line)
        case UInt8(ascii: "\""): return ManifestNode(value: .string(try string()), line: line)
        case UInt8(ascii: "t"):
            try word("true")
            return ManifestNode(value: .bool(true), line: line)
        case UInt8(ascii: "f"):
            try word("false")
            return ManifestNode(value: .bool(false), line: line)
        case UInt8(ascii: "n"):
            try word("null")
            return ManifestNode(value: .null, line: line)
        case nil: throw failure("it ends where a value was expected")
        case .some(let byte):
            guard "-0123456789".utf8.contains(byte) else { throw failure("expected a value") }
            return ManifestNode(value: .number(try number()), line: line)
        }
    }

    private mutating func members(depth: Int) throws(Failure) -> [ManifestNode.Member] {
        position += 1
        var members: [ManifestNode.Member] = []
        skipBlanks()
        if current == UInt8(ascii: "}") {
            position += 1
            return members
        }
        // Most objects are small, and then looking through them is the fastest.
        var keys: Set<String>?
        while true {
            skipBlanks()
            guard current == UInt8(ascii: "\"") else { throw failure("expected a key in quotation marks") }
            let line = line
            let key = try string()
            skipBlanks()
            guard current == UInt8(ascii: ":") else { throw failure("expected a colon after a key") }
            position += 1
            skipBlanks()
            let isNew = keys?.insert(key).inserted ?? !members.contains { $0.key == key }
            guard isNew else {
                throw Failure(line: line, message: "the key \"\(key.shortened(to: 80))\" stands there twice")
            }
            members.append(.init(key: key, line: line, value: try value(depth: depth + 1)))
            if members.count == 16 { keys = Set(members.map(\.key)) }
            skipBlanks()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return members
            default: throw failure("expected a comma or a closing brace")
            }
        }
    }

    private mutating func elements(depth: Int) throws(Failure) -> [ManifestNode] {
        position += 1
        var elements: [ManifestNode] = []
        skipBlanks()
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            skipBlanks()
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return elements
            default: throw failure("expected a comma or a closing bracket")
            }
        }
    }

    private mutating func word(_ word: StaticString) throws(Failure) {
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= bytes.endIndex, bytes[position..<end].elementsEqual(expected) else {
            throw failure("expected \(word)")
        }
        position = end
    }

    private mutating func number() throws(Failure) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while let byte = current, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        // Most strings have no escape and are copied as they are.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var text = Array(bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw failure("a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("a string that does not end")
    }

    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let letter = current else { throw failure("a string that does not end") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try escapedScalar()).utf8)
        default: throw failure("an escape that JSON does not have")
        }
    }

    private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let afterFirst = position
        if UTF16.isLeadSurrogate(UInt16(first)), bytes[position...].starts(with: [UInt8](#"\u"#.utf8)) {
            position += 2
            let second = try hexadecimal()
            if UTF16.isTrailSurrogate(UInt16(second)),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            {
                return scalar
            }
            position = afterFirst
        }
        return "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        let end = position + 4
        guard end <= bytes.endIndex,
            bytes[position..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
        else { throw failure("expected four hexadecimal digits") }
        position = end
        return value
    }
}
