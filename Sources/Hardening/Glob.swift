/// A pattern over names: `*` any characters, `?` one, `[a-z]` one of a set, `[!a-z]` one not of it.
///
/// Matching takes time in proportion to the name's length times the pattern's, whatever the pattern.
public struct Glob: Sendable, Hashable {
    private enum Element: Sendable, Hashable {
        case byte(UInt8)
        case anyByte
        case anyBytes
        case set([ClosedRange<UInt8>], negated: Bool)

        func matches(_ byte: UInt8) -> Bool {
            switch self {
            case .byte(let own): own == byte
            case .anyByte, .anyBytes: true
            case .set(let ranges, let negated): ranges.contains { $0.contains(byte) } != negated
            }
        }
    }

    /// The pattern as it was written.
    public let pattern: String
    private let elements: [Element]

    /// What a pattern may be, in words.
    public static let rule =
        "a name of lower-case letters, digits, '-' and '.', or a glob of these with '*', '?', '[a-z]' or '[!a-z]'"

    /// Parses `pattern`; `nil` if it is empty, has an unclosed or empty set or a backward range, or contains a character
    /// that no name of a namespace or an account has, so that it could never match.
    public init?(_ pattern: String) {
        self.pattern = pattern
        guard !pattern.isEmpty else { return nil }
        var elements: [Element] = []
        var rest = Array(pattern.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                if elements.last != .anyBytes { elements.append(.anyBytes) }
            case UInt8(ascii: "?"):
                elements.append(.anyByte)
            case UInt8(ascii: "["):
                guard let set = Self.takeSet(&rest) else { return nil }
                elements.append(set)
            default:
                guard Self.isNameByte(byte) else { return nil }
                elements.append(.byte(byte))
            }
        }
        self.elements = elements
    }

    private static func takeSet(_ rest: inout ArraySlice<UInt8>) -> Element? {
        var negated = false
        if let first = rest.first, first == UInt8(ascii: "!") || first == UInt8(ascii: "^") {
            negated = true
            rest = rest.dropFirst()
        }
        var ranges: [ClosedRange<UInt8>] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "]") { return ranges.isEmpty ? nil : .set(ranges, negated: negated) }
            guard isNameByte(byte) else { return nil }
            if rest.first == UInt8(ascii: "-"), let upper = rest.dropFirst().first, upper != UInt8(ascii: "]") {
                guard isNameByte(upper), byte <= upper else { return nil }
                ranges.append(byte...upper)
                rest = rest.dropFirst(2)
            } else {
                ranges.append(byte...byte)
            }
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// Whether the whole of `name` fits the pattern.
    public func matches(_ name: String) -> Bool {
        // Greedy with one point to come back to: the last star. Earlier stars never need another try.
        let bytes = Array(name.utf8)
        var position = 0
        var element = 0
        var star: (element: Int, position: Int)?
        while position < bytes.count {
            if element < elements.count, elements[element] == .anyBytes {
                star = (element, position)
                element += 1
            } else if element < elements.count, elements[element].matches(bytes[position]) {
                element += 1
                position += 1
            } else if let back = star {
                star = (back.element, back.position + 1)
                element = back.element + 1
                position = back.position + 1
            } else {
                return false
            }
        }
        return elements[element...].allSatisfy { $0 == .anyBytes }
    }
}
