/// Since when keys wait, and since when they are worked on.
///
/// A pure state machine beside ``WorkQueue``; time is an argument. Its size is bounded by the number of distinct keys.
struct WorkTally<Key: Hashable & Sendable>: Sendable {
    private var waitingSince: [Key: ContinuousClock.Instant] = [:]
    private var workedOnSince: [Key: ContinuousClock.Instant] = [:]

    /// A key waits from `now` on, unless it does already.
    mutating func queued(_ key: Key, at now: ContinuousClock.Instant) {
        if waitingSince[key] == nil { waitingSince[key] = now }
    }

    /// Work on a key begins.
    ///
    /// - Returns: how long it has waited.
    mutating func taken(_ key: Key, at now: ContinuousClock.Instant) -> Duration {
        workedOnSince[key] = now
        return waitingSince.removeValue(forKey: key).map { now - $0 } ?? .zero
    }

    /// Work on a key has ended.
    ///
    /// - Returns: how long it took.
    mutating func finished(_ key: Key, at now: ContinuousClock.Instant) -> Duration {
        workedOnSince.removeValue(forKey: key).map { now - $0 } ?? .zero
    }

    /// How many keys are worked on.
    var active: Int { workedOnSince.count }

    /// How long the work under way takes already: all of it together, and the longest.
    func underWay(at now: ContinuousClock.Instant) -> (total: Duration, longest: Duration) {
        workedOnSince.values.reduce((.zero, .zero)) { ($0.0 + (now - $1), max($0.1, now - $1)) }
    }
}
