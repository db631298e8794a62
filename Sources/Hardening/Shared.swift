/// One copy of a value that many may hold, equal to any other of an equal value.
///
/// Those that are one are compared no further, and none is hashed twice.
public final class Shared<Value: Hashable & Sendable>: Sendable {
    /// What it is a copy of.
    public let value: Value
    private let hash: Int

    /// A copy of `value`.
    public init(_ value: Value) {
        self.value = value
        hash = value.hashValue
    }
}

extension Shared: Hashable {
    /// Whether their values are equal.
    public static func == (left: Shared, right: Shared) -> Bool {
        left === right || (left.hash == right.hash && left.value == right.value)
    }

    /// Hashes the value's hash.
    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
