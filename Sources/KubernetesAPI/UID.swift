/// Tells an object apart from another that bears its name later.
///
/// The API server gives out UUIDs, in lower case: those take 16 bytes here, and any other text as much as it is long.
public struct UID: Sendable, Hashable {
    private enum Storage: Hashable {
        case uuid(UInt64, UInt64)
        indirect case text(String)
    }

    private let storage: Storage

    /// The uid that is written as `text`.
    public init(_ text: String) {
        storage = Self.uuid(text).map { .uuid($0.high, $0.low) } ?? .text(text)
    }

    /// Whether there is none.
    public var isEmpty: Bool { storage == .text("") }

    // Where the hyphens are.
    private static let hyphens: Set<Int> = [8, 13, 18, 23]
    private static let digits = Array("0123456789abcdef".utf8)

    // Of exactly the form in which it would be written again.
    private static func uuid(_ text: String) -> (high: UInt64, low: UInt64)? {
        guard text.utf8.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for (place, byte) in text.utf8.enumerated() {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "-") where hyphens.contains(place): continue
            default: return nil
            }
            if hyphens.contains(place) { return nil }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        return (high, low)
    }
}

extension UID: CustomStringConvertible {
    /// As it was written.
    public var description: String {
        switch storage {
        case .text(let text): return text
        case .uuid(var high, var low):
            return String(unsafeUninitializedCapacity: 36) { buffer in
                for place in (0..<36).reversed() {
                    if Self.hyphens.contains(place) {
                        buffer[place] = UInt8(ascii: "-")
                    } else {
                        buffer[place] = Self.digits[Int(low & 0xF)]
                        low = low >> 4 | high << 60
                        high >>= 4
                    }
                }
                return 36
            }
        }
    }
}

extension UID: Comparable {
    /// As they are written.
    public static func < (left: UID, right: UID) -> Bool {
        switch (left.storage, right.storage) {
        case (.uuid(let high, let low), .uuid(let otherHigh, let otherLow)): (high, low) < (otherHigh, otherLow)
        default: left.description < right.description
        }
    }
}

extension UID: ExpressibleByStringLiteral {
    /// The uid that is written so.
    public init(stringLiteral value: String) { self.init(value) }
}

extension UID: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        self.init(try String(json: json))
    }
}
