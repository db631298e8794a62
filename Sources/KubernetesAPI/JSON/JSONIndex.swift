/// Where each value of a JSON text begins and ends, found in one pass: what nobody asks for is not looked at again.
///
/// Brackets, commas, colons and the ends of strings are checked here; what stands in strings, numbers and literals is
/// when it is read. So a text that was cut off is none, but one with a misspelt number where nobody looks is.
///
/// Source: RFC 8259.
final class JSONIndex {
    /// A value, or the name of a member.
    struct Token {
        // The highest bit is of no place: texts are shorter than 2 GiB.
        private static let flag: UInt32 = 1 << 31

        private let first: UInt32
        private var last: UInt32
        private var following: UInt32

        fileprivate init(start: Int, end: Int, next: Int, hasEscapes: Bool = false) {
            first = UInt32(truncatingIfNeeded: start) | (hasEscapes ? Self.flag : 0)
            last = UInt32(truncatingIfNeeded: end)
            following = UInt32(truncatingIfNeeded: next)
        }

        /// Where it begins, in bytes.
        var start: Int { Int(first & ~Self.flag) }
        /// Of a string: whether a backslash is in it.
        var hasEscapes: Bool { first & Self.flag != 0 }
        /// Where it ends, in bytes.
        fileprivate(set) var end: Int {
            get { Int(last) }
            set { last = UInt32(truncatingIfNeeded: newValue) }
        }
        /// The token after it and all that is in it.
        fileprivate(set) var next: Int {
            get { Int(following) }
            set { following = UInt32(truncatingIfNeeded: newValue) }
        }
    }

    /// How deep containers may stand in each other. The API server allows 10,000, its schemas far less; readers recurse.
    static let maximumDepth = 512

    /// In order of where they begin, at least one. In an object, names and values take turns. They go with the index.
    let tokens: UnsafePointer<Token>

    /// Indexes a text.
    ///
    /// - Throws: ``JSONError`` when it is not one JSON value, or has 2 GiB.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        let found = try Self.tokens(of: bytes)
        let tokens = UnsafeMutablePointer<Token>.allocate(capacity: found.count)
        tokens.initialize(from: found, count: found.count)
        self.tokens = UnsafePointer(tokens)
    }

    deinit {
        tokens.deallocate()
    }

    private static func tokens(of bytes: UnsafeRawBufferPointer) throws(JSONError) -> [Token] {
        guard bytes.count < 1 << 31 else { throw JSONError(path: "", message: "more than 2 GiB") }
        var tokens: [Token] = []
        tokens.reserveCapacity(bytes.count / 12 + 4)
        var scanner = Scanner(bytes: bytes)
        // The container that is open; while it is, its token's next is the one around it, counted from 1.
        var open = -1
        var depth = 0
        var isObject = false
        // Whether the closing bracket may stand here, since the container is still empty.
        var isFirst = false
        while true {
            if isObject {
                guard let byte = scanner.next() else { throw scanner.expected("a name") }
                if byte == UInt8(ascii: "\"") {
                    tokens.append(try scanner.string(tokens.count + 1))
                    guard scanner.next() == UInt8(ascii: ":") else { throw scanner.expected("a colon") }
                    scanner.position += 1
                    isFirst = false
                } else if !(isFirst && byte == UInt8(ascii: "}")) {
                    throw scanner.expected("a name")
                }
            }
            guard let byte = scanner.next() else { throw scanner.expected("a value") }
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard depth < Self.maximumDepth else {
                    throw scanner.expected("values at most \(Self.maximumDepth) deep")
                }
                tokens.append(Token(start: scanner.position, end: 0, next: open + 1))
                open = tokens.count - 1
                depth += 1
                isObject = byte == UInt8(ascii: "{")
                isFirst = true
                scanner.position += 1
                continue
            } else if byte == UInt8(ascii: "\"") {
                tokens.append(try scanner.string(tokens.count + 1))
            } else if !(isFirst && byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))) {
                tokens.append(try scanner.scalar(tokens.count + 1))
            }
            // What may follow a value: as many closing brackets as containers are open, and then a comma or the end.
            while true {
                isFirst = false
                if open < 0 {
                    if scanner.next() != nil { throw scanner.expected("nothing more") }
                    return tokens
                }
                guard let byte = scanner.next() else { throw scanner.expected("a comma or a closing bracket") }
                if byte == UInt8(ascii: ",") {
                    scanner.position += 1
                    break
                }
                guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw scanner.expected("a comma or the closing bracket")
                }
                scanner.position += 1
                let parent = tokens[open].next - 1
                tokens[open].end = scanner.position
                tokens[open].next = tokens.count
                open = parent
                depth -= 1
                isObject = open >= 0 && bytes[tokens[open].start] == UInt8(ascii: "{")
            }
        }
    }

    private struct Scanner {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        func expected(_ what: String) -> JSONError {
            JSONError(path: "", message: "no JSON: expected \(what) at byte \(position)")
        }

        /// The next byte that is no blank, without taking it.
        mutating func next() -> UInt8? {
            while position < bytes.count {
                let byte = bytes[position]
                guard byte <= 0x20 else { return byte }
                guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
                position += 1
            }
            return nil
        }

        // From quotation mark to quotation mark.
        mutating func string(_ next: Int) throws(JSONError) -> Token {
            let start = position
            var hasEscapes = false
            position += 1
            while true {
                position = bytes.firstQuoteOrBackslash(from: position)
                guard position < bytes.count else { break }
                if bytes[position] == UInt8(ascii: "\"") {
                    position += 1
                    return Token(start: start, end: position, next: next, hasEscapes: hasEscapes)
                }
                hasEscapes = true
                position += 2
            }
            position = start
            throw expected("a string that ends")
        }

        // A number, `true`, `false` or `null`, whatever stands there.
        mutating func scalar(_ next: Int) throws(JSONError) -> Token {
            let start = position
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "E"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
                    position += 1
                    continue
                default: break
                }
                break
            }
            guard position > start else { throw expected("a value") }
            return Token(start: start, end: position, next: next)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Where the first `"` or `\` from `start` on is, or the end: eight bytes at a time, since most of what an API server
    /// sends stands in strings.
    @inline(__always)
    package func firstQuoteOrBackslash(from start: Int) -> Int {
        var position = start
        while position + 8 <= count {
            let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let found = word.bytes(equalTo: UInt8(ascii: "\"")) | word.bytes(equalTo: UInt8(ascii: "\\"))
            if found != 0 { return position + found.trailingZeroBitCount >> 3 }
            position += 8
        }
        while position < count, self[position] != UInt8(ascii: "\""), self[position] != UInt8(ascii: "\\") {
            position += 1
        }
        return Swift.min(position, count)
    }
}

extension UInt64 {
    /// The highest bit of each byte that equals `byte`. Of those above the lowest that does, some may be wrong.
    ///
    /// Source: Sean Eron Anderson, *Bit Twiddling Hacks*, "Determine if a word has a zero byte".
    @inline(__always)
    fileprivate func bytes(equalTo byte: UInt8) -> UInt64 {
        let difference = self ^ (0x0101_0101_0101_0101 &* UInt64(byte))
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }
}
