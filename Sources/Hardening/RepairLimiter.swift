/// Tells drift from a fight: what somebody undoes again and again is written ever more rarely.
///
/// People and pipelines change things now and then, and each time they are put back at once. Another controller that
/// wants the opposite answers each repair within milliseconds, for ever, and the two would keep the API server busy. So
/// the same write to the same object is made ``burst`` times without a pause; from then on each next one waits twice as
/// long as the one before, up to ``longestPause``, until the object was left alone for ``calm``. Who undoes a repair less
/// often than that floods nobody, and is answered at once each time.
///
/// The allowances never wait longer than ``firstPause``: without them, a denial that is in force cuts off what works.
///
/// Time is an argument. It holds an entry for each object that was written within about the last ``calm``.
public struct RepairLimiter: Sendable {
    /// How often the same is written in a row without a pause.
    public static let burst = 100
    /// The first pause.
    public static let firstPause = Duration.seconds(1)
    /// The most that a pause grows to.
    public static let longestPause = Duration.seconds(60)
    /// An object that was not written for so long, after the pause if there was one, starts anew.
    public static let calm = Duration.seconds(10)

    fileprivate struct Object: Hashable {
        var namespace: String
        var target: Operation.Target
    }

    private struct History {
        var operation: Fingerprint
        var count: Int
        var last: ContinuousClock.Instant
        var pause: Duration

        func isCalm(at now: ContinuousClock.Instant) -> Bool { now - last >= pause + RepairLimiter.calm }
    }

    private var histories: [Object: History] = [:]
    private var sweepAt = 256

    /// Nothing was written yet.
    public init() {}

    /// Until when `operation` has to wait; `nil` if it may be carried out now.
    public func pause(of operation: Operation, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let history = histories[Object(operation)], history.operation == Fingerprint(of: operation) else {
            return nil
        }
        let end = history.last + history.pause
        return now < end ? end : nil
    }

    /// `operation` was carried out.
    public mutating func carriedOut(_ operation: Operation, at now: ContinuousClock.Instant) {
        let object = Object(operation)
        let fingerprint = Fingerprint(of: operation)
        var history = History(operation: fingerprint, count: 0, last: now, pause: .zero)
        if let before = histories[object], before.operation == fingerprint, !before.isCalm(at: now) {
            history = before
        }
        history.count += 1
        history.last = now
        if history.count >= Self.burst {
            let longest =
                operation.target == .networkPolicy(Marks.allowPolicyName) ? Self.firstPause : Self.longestPause
            history.pause = history.pause == .zero ? Self.firstPause : min(history.pause * 2, longest)
        }
        histories[object] = history
        if histories.count >= sweepAt {
            histories = histories.filter { !$0.value.isCalm(at: now) }
            sweepAt = max(256, 2 * histories.count)
        }
    }

    /// How many objects it remembers.
    var count: Int { histories.count }
}

extension RepairLimiter.Object {
    fileprivate init(_ operation: Operation) {
        self.init(namespace: operation.namespace, target: operation.target)
    }
}
