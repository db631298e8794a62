import DequeModule

/// Which keys are to be worked on, and when.
///
/// A pure state machine; time and randomness are arguments. Its size is bounded by the number of distinct keys.
///
/// - A key that is added again before it is taken is taken once; added while it is worked on, once more afterwards (Q1).
/// - No key is ever worked on twice at the same time.
/// - A key may be put off; the earliest time asked for wins (Q4).
/// - A key that fails is put off longer each time, until it succeeds (Q2).
/// - Keys of normal priority go before those of low priority; adding can raise a key's priority, never lower it (Q3).
public struct WorkQueue<Key: Hashable & Sendable>: Sendable {
    /// Which keys go first.
    public enum Priority: Sendable, Comparable {
        /// What can wait: the cluster as it was found at start.
        case low
        /// Something has changed.
        case normal
    }

    private var normal: Deque<Key> = []
    private var low: Deque<Key> = []
    // What is queued, and how urgently; a key may stand in `low` too after it was raised, and is passed over there.
    private var queued: [Key: Priority] = [:]
    private var processing: Set<Key> = []
    private var again: [Key: Priority] = [:]
    // What is put off.
    private var delayed = DueQueue<Key>()
    private var failures: [Key: Int] = [:]
    // What the server has asked to be left alone until its retry; all of it is in `delayed`.
    private var held: Set<Key> = []

    private let firstRetry: Duration
    private let retryCap: Duration

    /// An empty queue. A key's n-th retry in a row comes after `firstRetry` doubled n-1 times, at most `retryCap`, plus
    /// up to a quarter of it at random.
    public init(firstRetry: Duration = .milliseconds(50), retryCap: Duration = .seconds(300)) {
        self.firstRetry = firstRetry
        self.retryCap = retryCap
    }

    /// How many keys wait to be taken, those put off left aside.
    public var count: Int { queued.count }

    // All entries, those to be passed over included.
    var size: Int { normal.count + low.count + delayed.size }

    /// When the next key that was put off is due.
    public var nextDue: ContinuousClock.Instant? { delayed.first?.due }

    /// Adds a key. One that is not to be tried before a certain time waits for that all the same.
    ///
    /// - Returns: whether it begins to wait with that, which one that waits already does not.
    @discardableResult
    public mutating func add(_ key: Key, priority: Priority = .normal) -> Bool {
        if held.contains(key) { return false }
        if processing.contains(key) {
            let before = again.updateValue(max(again[key] ?? .low, priority), forKey: key)
            return before == nil
        }
        let present = queued[key]
        if let present, present >= priority { return false }
        queued[key] = priority
        switch priority {
        case .normal: normal.append(key)
        case .low: low.append(key)
        }
        dropStale()
        return present == nil
    }

    /// Adds a key at `due`, or earlier if that was asked for before.
    public mutating func add(_ key: Key, at due: ContinuousClock.Instant) {
        if held.contains(key) { return }
        schedule(key, at: due)
    }

    private mutating func schedule(_ key: Key, at due: ContinuousClock.Instant) {
        if let present = delayed.due(of: key), present <= due { return }
        delayed.set(key, at: due)
    }

    /// Puts a key off that has failed at `now`, but not less than `atLeast`, before which nothing brings it back (R1).
    /// `first` begins the doubling in place of the queue's own first delay.
    public mutating func retry(
        _ key: Key,
        at now: ContinuousClock.Instant,
        first: Duration? = nil,
        atLeast: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) {
        let count = failures[key] ?? 0
        failures[key] = count + 1
        var delay = first ?? firstRetry
        // Doubling past the cap would only risk an overflow.
        for _ in 0..<min(count, 40) where delay < retryCap { delay *= 2 }
        delay = max(min(delay, retryCap), atLeast ?? .zero)
        let due = now + delay + delay / 4 * Double.random(in: 0..<1, using: &generator)
        if atLeast != nil {
            // What was asked for earlier is too early now.
            delayed.remove(key)
            held.insert(key)
        }
        schedule(key, at: due)
    }

    /// A key has succeeded: its next failure is the first again.
    public mutating func forget(_ key: Key) {
        failures[key] = nil
    }

    /// Moves the keys that are due at `now` to those that can be taken.
    ///
    /// - Returns: those that begin to wait with that.
    @discardableResult
    public mutating func promote(at now: ContinuousClock.Instant) -> [Key] {
        var begun: [Key] = []
        while let first = delayed.first, first.due <= now {
            delayed.remove(first.key)
            held.remove(first.key)
            if add(first.key) { begun.append(first.key) }
        }
        return begun
    }

    /// Takes the next key, to be given back with ``done(_:)``.
    public mutating func take() -> Key? {
        while let key = normal.popFirst() {
            if queued[key] == .normal { return begin(key) }
        }
        while let key = low.popFirst() {
            if queued[key] == .low { return begin(key) }
        }
        return nil
    }

    /// The work on a key has ended.
    public mutating func done(_ key: Key) {
        processing.remove(key)
        if let priority = again.removeValue(forKey: key) { add(key, priority: priority) }
    }

    // What is passed over must not pile up while nothing comes to it: once it is most of what there is, it goes.
    private mutating func dropStale() {
        if low.count > 2 * queued.count + 16 {
            var kept: Set<Key> = []
            low = Deque(low.filter { queued[$0] == .low && kept.insert($0).inserted })
        }
    }

    private mutating func begin(_ key: Key) -> Key {
        queued[key] = nil
        processing.insert(key)
        return key
    }
}
