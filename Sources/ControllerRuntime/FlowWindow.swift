/// How many requests may be under way at once, by how the API server takes them.
///
/// As TCP Vegas does with segments (Brakmo and Peterson, *TCP Vegas*, 1995): where an answer takes longer than the fastest,
/// the rest of the time was spent waiting in the server. So many requests as it works on at once, and a few that wait, keep
/// it busy; more only make everybody wait longer, other clients included. When it refuses requests or does not get to them
/// in time, half as many follow (RFC 5681).
///
/// A pure state machine; time is an argument.
struct FlowWindow: Sendable {
    /// The least and the most that may be under way.
    static let bounds = 4.0...64.0
    // Fewer than the least that wait: one more may be under way. More than the most: one less.
    private static let waiting = 12.0...20.0
    // What an answer counts in the mean.
    private static let weight = 0.1

    private var exact = 8.0
    // In seconds. Of what was answered since there was a single one under way, which nothing of ours had to wait for.
    private var fastest: Double?
    private var mean: Double?
    private var halvedAt: ContinuousClock.Instant?

    /// How many may be under way.
    var size: Int { Int(exact) }

    /// A request was answered.
    ///
    /// - Parameters:
    ///   - duration: how long that took.
    ///   - underWay: how many were under way then, this one included.
    mutating func answered(after duration: Duration, underWay: Int) {
        let seconds = max(duration / .seconds(1), 1e-6)
        if underWay == 1 { (fastest, mean) = (seconds, seconds) }
        fastest = min(fastest ?? seconds, seconds)
        mean = mean.map { $0 + (seconds - $0) * Self.weight } ?? seconds
        // Where fewer are under way than may be, nothing is learnt about more.
        guard underWay >= size, let fastest, let mean else { return }
        let waiting = exact * max(0, 1 - fastest / mean)
        // By one for each window that was answered.
        if waiting < Self.waiting.lowerBound { change(to: exact + 1 / exact) }
        if waiting > Self.waiting.upperBound { change(to: exact - 1 / exact) }
    }

    /// A request was refused since there are too many, or not answered in time.
    mutating func refused(at now: ContinuousClock.Instant) {
        // All that were under way together are one reason.
        if let halvedAt, now < halvedAt + .seconds(mean ?? 0) { return }
        halvedAt = now
        change(to: exact / 2)
    }

    private mutating func change(to size: Double) {
        exact = min(max(size, Self.bounds.lowerBound), Self.bounds.upperBound)
    }
}
