/// An object's or a list's version.
///
/// Versions of one resource may be compared when both are decimal numbers without leading zeros: the longer is the
/// later, then the lexically greater (KEP-5504). Some aggregated API servers serve others: those are equal or
/// incomparable, never ordered.
public struct ResourceVersion: Sendable, Hashable {
    /// The version as the server wrote it; empty when there is none.
    public var rawValue: String

    /// The version written as `rawValue`.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    /// Whether there is a version at all.
    public var isEmpty: Bool { rawValue.isEmpty }

    /// Whether this version is known to be later than `other`; `false` when they are equal or cannot be compared.
    public func isNewer(than other: ResourceVersion) -> Bool {
        guard isNumber, other.isNumber else { return false }
        if rawValue.utf8.count != other.rawValue.utf8.count {
            return rawValue.utf8.count > other.rawValue.utf8.count
        }
        return rawValue > other.rawValue
    }

    private var isNumber: Bool {
        guard let first = rawValue.utf8.first, first != UInt8(ascii: "0") else { return false }
        return rawValue.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}

extension ResourceVersion: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        rawValue = try String(json: json)
    }
}

extension ResourceVersion: CustomStringConvertible {
    /// The version as the server wrote it.
    public var description: String { rawValue }
}
