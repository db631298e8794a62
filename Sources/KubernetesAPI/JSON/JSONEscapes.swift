/// The escapes in JSON's strings.
///
/// Source: RFC 8259, section 7.
enum JSONEscapes {
    /// The text that `content` stands for, what is between a string's quotation marks; `nil` if it is not valid.
    static func unescape(_ content: UnsafeRawBufferPointer) -> String? {
        var units: [UInt8] = []
        units.reserveCapacity(content.count)
        var position = 0
        func hexadecimal() -> UInt16? {
            guard position + 4 <= content.count else { return nil }
            let digits = content[position..<position + 4]
            guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
            position += 4
            return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        }
        while position < content.count {
            let byte = content[position]
            position += 1
            guard byte >= 0x20 else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                units.append(byte)
                continue
            }
            guard position < content.count else { return nil }
            let escape = content[position]
            position += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                guard let unit = hexadecimal() else { return nil }
                var pair = [unit]
                if UTF16.isLeadSurrogate(unit) {
                    guard position + 1 < content.count, content[position] == UInt8(ascii: "\\"),
                        content[position + 1] == UInt8(ascii: "u")
                    else { return nil }
                    position += 2
                    guard let trail = hexadecimal() else { return nil }
                    pair.append(trail)
                }
                guard let text = String(validating: pair, as: UTF16.self) else { return nil }
                units += text.utf8
            default: return nil
            }
        }
        return String(validating: units, as: UTF8.self)
    }
}
