/// When so many keys fail in a row that it cannot be their fault, all of them wait.
///
/// Each key that fails is put off longer each time, which is little help to a server in trouble when there are thousands
/// of keys. A pure state machine; time and randomness are arguments.
struct Holdup: Sendable {
    /// So many failures without a success between them are the keys' own.
    static let tolerated = 8
    // Once it is over, as many keys as there are workers are tried.
    private static let backoff = Backoff(initial: .milliseconds(500), cap: .seconds(10))

    /// Until when no key is to be worked on.
    private(set) var end: ContinuousClock.Instant?
    private var failures = 0
    private var backoff = Self.backoff

    /// A key has failed.
    mutating func failed(at now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator) {
        failures = min(failures + 1, Self.tolerated + 1)
        // Those that were under way when the hold-up began are no further reason.
        guard failures > Self.tolerated, end == nil else { return }
        end = now + backoff.delay(at: now, using: &generator)
    }

    /// A key has succeeded: the server works.
    mutating func succeeded() { self = Holdup() }

    /// Ends the hold-up if its time has come.
    mutating func look(at now: ContinuousClock.Instant) {
        if let end, end <= now { self.end = nil }
    }
}
