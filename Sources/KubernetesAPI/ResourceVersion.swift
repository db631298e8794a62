/// An object's or a list's version.
///
/// Versions of one resource may be compared when both are decimal numbers without leading zeros: the longer is the
/// later, then the lexically greater (KEP-5504). Some aggregated API servers serve others: those are equal or
/// incomparable, never ordered.
public struct ResourceVersion: Sendable, Hashable {
    // There are as many as objects, so they are kept small: a number in nine bytes. One of more than 64 bits is a text.
    private enum Storage: Hashable {
        case none
        case number(UInt64)
        indirect case text(String)
    }

    private let storage: Storage

    /// The version written as `rawValue`.
    public init(_ rawValue: String) {
        storage =
            if rawValue.isEmpty {
                .none
            } else if Self.isNumber(rawValue), let number = UInt64(rawValue) {
                .number(number)
            } else {
                .text(rawValue)
            }
    }

    /// The version as the server wrote it; empty when there is none.
    public var rawValue: String {
        switch storage {
        case .none: ""
        case .number(let number): "\(number)"
        case .text(let text): text
        }
    }

    /// Whether there is a version at all.
    public var isEmpty: Bool { storage == .none }

    /// Whether this version is known to be later than `other`; `false` when they are equal or cannot be compared.
    public func isNewer(than other: ResourceVersion) -> Bool {
        if case (.number(let number), .number(let other)) = (storage, other.storage) { return number > other }
        let (text, otherText) = (rawValue, other.rawValue)
        guard Self.isNumber(text), Self.isNumber(otherText) else { return false }
        if text.utf8.count != otherText.utf8.count { return text.utf8.count > otherText.utf8.count }
        return text > otherText
    }

    private static func isNumber(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "0") else { return false }
        return text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}

extension ResourceVersion: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        self.init(try String(json: json))
    }
}

extension ResourceVersion: CustomStringConvertible {
    /// The version as the server wrote it.
    public var description: String { rawValue }
}
