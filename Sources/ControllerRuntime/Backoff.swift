/// How long to wait after a failure: longer each time, at random within bounds, and short again after a healthy while.
///
/// A pure state machine; time and randomness are arguments. It never gives up.
public struct Backoff: Sendable {
    /// The first delay.
    public let initial: Duration
    /// The most that a delay may grow to, before randomness.
    public let cap: Duration
    /// When this long has passed without a failure since the last delay was over, the next is the first again.
    public let resetAfter: Duration

    private var next: Duration
    // When the last delay was over.
    private var resumed: ContinuousClock.Instant?

    /// Delays of 0.8 s, doubled up to 30 s, each lengthened by up to as much again; reset after two healthy minutes.
    ///
    /// The figures are client-go's (`tools/cache/reflector.go`) and kube-rs's: an API server that restarts sees its
    /// clients come back spread out, and soon.
    public init(
        initial: Duration = .milliseconds(800),
        cap: Duration = .seconds(30),
        resetAfter: Duration = .seconds(120)
    ) {
        self.initial = initial
        self.cap = cap
        self.resetAfter = resetAfter
        next = initial
    }

    /// The delay after a failure at `now`: at least `retryAfter`, if the server named one.
    public mutating func delay(
        at now: ContinuousClock.Instant,
        retryAfter: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        if let resumed, now - resumed >= resetAfter { next = initial }
        let base = next
        next = min(next * 2, cap)
        // Also on top of what the server asked for: a herd told "one second" must not return in the same one.
        let jitter = base * Double.random(in: 0..<1, using: &generator)
        let delay = max(base, retryAfter ?? .zero) + jitter
        resumed = now + delay
        return delay
    }
}
