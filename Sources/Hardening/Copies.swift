/// Keeps one copy of equal values for as long as anybody has it, who says so: what is found out of most namespaces is the
/// same.
struct Copies<Value: Hashable & Sendable>: Sendable {
    // How many have it.
    private var counts: [Shared<Value>: Int] = [:]

    /// The copy of `value`, for one more, to be given back with ``giveBack(_:)``.
    mutating func take(_ value: Value) -> Shared<Value> {
        let copy = Shared(value)
        guard let index = counts.index(forKey: copy) else {
            counts[copy] = 1
            return copy
        }
        counts.values[index] += 1
        return counts.keys[index]
    }

    /// One of those who have `copy` has it no more.
    mutating func giveBack(_ copy: Shared<Value>) {
        guard let count = counts[copy] else { return }
        counts[copy] = count > 1 ? count - 1 : nil
    }

    /// How many there are.
    var count: Int { counts.count }
}

/// One value for each of many keys, most of them equal.
public struct CopiesByKey<Key: Hashable & Sendable, Value: Hashable & Sendable>: Sendable {
    private var copies = Copies<Value>()
    private var values: [Key: Shared<Value>] = [:]

    /// No values.
    public init() {}

    /// The value of `key`.
    public subscript(key: Key) -> Value? {
        get { values[key]?.value }
        set {
            let copy = newValue.map { copies.take($0) }
            let old = values[key]
            values[key] = copy
            if let old { copies.giveBack(old) }
        }
    }

    /// How many different values there are.
    public var distinct: Int { copies.count }
}
