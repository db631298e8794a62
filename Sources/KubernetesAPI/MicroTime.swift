/// `metav1.MicroTime`: an instant to the microsecond, in UTC, as leases have it (`2026-11-21T09:30:00.000000Z`).
public struct MicroTime: Sendable, Hashable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public var microsecondsSinceEpoch: Int64

    /// The instant that many microseconds after the epoch.
    public init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }
}

extension MicroTime: CustomStringConvertible {
    /// RFC 3339, in UTC, always with six digits.
    public var description: String {
        let fraction = (microsecondsSinceEpoch % 1_000_000 + 1_000_000) % 1_000_000
        let second = Timestamp(secondsSinceEpoch: (microsecondsSinceEpoch - fraction) / 1_000_000)
        return "\("\(second)".dropLast()).\("\(1_000_000 + fraction)".dropFirst())Z"
    }
}
