/// A set of checks in four bytes, such as those that a pod fails: what is kept of a pod once it was judged.
public struct CheckSet: OptionSet, Sendable, Hashable {
    /// Bit n stands for the n-th check in the server's order.
    public let rawValue: UInt32

    /// The set of these bits.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// The set of one check.
    public init(_ check: CheckID) {
        rawValue = 1 << UInt32(check.index)
    }

    /// Every check of the standards.
    public static let all = CheckSet(CheckID.allCases)

    /// The set of `checks`.
    public init(_ checks: some Sequence<CheckID>) {
        self = checks.reduce(into: []) { $0.formUnion(CheckSet($1)) }
    }

    /// Its checks in the server's order.
    public var checks: [CheckID] {
        CheckID.allCases.filter { contains(CheckSet($0)) }
    }
}
