import KubernetesAPI

/// Makes Events of what is said, a series of what is said again, and decides when which is written.
///
/// What was said of one thing less than ``finishAfter`` ago and is said again is counted (KEP-383, client-go
/// `tools/events`): the second time is written at once, and after that the count ever more rarely, from ``firstRefresh``
/// doubled up to ``longestRefresh``, and once more when the series has ended. client-go refreshes every half an hour; until
/// then nobody could tell two from two hundred.
///
/// There is no queue: what has still to be written is what the server does not know yet of the series that are kept. Of
/// these there are at most ``capacity``. When one more comes, the series that was silent the longest and has been written
/// is forgotten; if none has, the new one is dropped. A series that could not be written in ``tries`` attempts, or was
/// refused, is dropped too.
///
/// A pure state machine; time and randomness are arguments.
struct EventCorrelator: Sendable {
    /// The most series that are kept.
    static let capacity = 1000
    /// A series that was silent for so long has ended.
    static let finishAfter = Duration.seconds(360)
    /// The first pause between two writes of a count.
    static let firstRefresh = Duration.seconds(10)
    /// The most that the pause grows to.
    static let longestRefresh = Duration.seconds(1800)
    /// How often one write is tried.
    static let tries = 12
    /// The most writes at once; one more every ``interval``.
    static let burst = 50
    /// How soon one more may be written.
    static let interval = Duration.milliseconds(100)

    /// One write to the API server.
    struct Write: Sendable {
        fileprivate let key: EventContent.Key
        let content: EventContent
        /// Of the Event.
        let name: String
        /// When it was said first.
        let first: MicroTime
        /// When it was said last.
        let last: MicroTime
        /// How often it was said.
        let count: Int
        /// Whether the server has the Event already, so that only its series is new.
        let isCreated: Bool
    }

    /// What to do now.
    enum Step {
        /// Write this, and tell by ``EventCorrelator/finished(_:_:at:using:)`` what came of it.
        case write(Write)
        /// Nothing before then.
        case wait(until: ContinuousClock.Instant)
        /// Nothing until more is said.
        case rest
    }

    /// What came of a write.
    enum Outcome {
        /// The server has it.
        case done
        /// The server has no such Event any more.
        case gone
        /// It would be refused again.
        case refused
        /// It may be tried again, but not before the time given.
        case failed(retryAfter: Duration?)
    }

    /// What became of what was said.
    enum Reception: Equatable {
        /// There is something to write that was not there before.
        case news
        /// It was counted.
        case counted
        /// It is lost.
        case dropped
    }

    /// Why something was dropped.
    enum Drop: String, CaseIterable {
        case full, refused, unreachable
    }

    private struct Series {
        let content: EventContent
        let name: String
        let first: MicroTime
        var last: MicroTime
        var count = 1
        var lastSaid: ContinuousClock.Instant
        // What the server has of it.
        var isCreated = false
        var writtenCount = 0
        var refresh = Duration.zero
        // When that may be brought up to date.
        var nextRefresh: ContinuousClock.Instant
        var failures = 0

        var end: ContinuousClock.Instant { lastSaid + EventCorrelator.finishAfter }
        var isWritten: Bool { isCreated && writtenCount == count }
        // When there is something to do about it: to write, or to forget it.
        var due: ContinuousClock.Instant { isWritten ? end : min(nextRefresh, end) }
    }

    private var series: [EventContent.Key: Series] = [:]
    private var dues = DueQueue<EventContent.Key>()
    // Those of which the server knows all, by when they were said last.
    private var written = DueQueue<EventContent.Key>()
    private var lastStamp: Int64 = 0
    // The time by which as many writes as may go at once are allowed again.
    private var allowance: ContinuousClock.Instant?
    private var backoff = Backoff()
    private var pauseEnd: ContinuousClock.Instant?

    /// How many series are kept.
    var count: Int { series.count }

    /// Something is to be said; it is dropped when there is no room for it.
    mutating func say(_ content: EventContent, at now: ContinuousClock.Instant, _ time: MicroTime) -> Reception {
        let key = content.key
        if var known = series[key], now < known.end || !known.isWritten {
            let isNews = known.isWritten
            known.count += 1
            known.last = time
            known.lastSaid = now
            keep(known, key)
            return isNews ? .news : .counted
        }
        keep(nil, key)
        guard makeRoom() else { return .dropped }
        lastStamp = max(lastStamp + 1, time.microsecondsSinceEpoch)
        keep(
            Series(
                content: content,
                name: Self.name(content.regarding.name, lastStamp),
                first: time,
                last: time,
                lastSaid: now,
                nextRefresh: now
            ),
            key
        )
        return .news
    }

    /// What to do at `now`.
    mutating func next(at now: ContinuousClock.Instant) -> Step {
        guard let key = dues.first?.key, let first = series[key] else { return .rest }
        if first.isWritten {
            guard first.end <= now else { return .wait(until: first.end) }
            keep(nil, key)
            return next(at: now)
        }
        let allowed = (allowance ?? now) - Self.interval * (Self.burst - 1)
        let due = [first.due, allowed, pauseEnd ?? now].max() ?? now
        guard due <= now else { return .wait(until: due) }
        allowance = max(allowance ?? now, now) + Self.interval
        return .write(
            Write(
                key: key,
                content: first.content,
                name: first.name,
                first: first.first,
                last: first.last,
                count: first.count,
                isCreated: first.isCreated
            )
        )
    }

    /// Something came of `write`.
    ///
    /// - Returns: why it was dropped; `nil` if it was not.
    mutating func finished(
        _ write: Write,
        _ outcome: Outcome,
        at now: ContinuousClock.Instant,
        using generator: inout some RandomNumberGenerator
    ) -> Drop? {
        // What has been evicted meanwhile was written before.
        guard var present = series[write.key], present.name == write.name else { return nil }
        var drop: Drop?
        switch outcome {
        case .done:
            present.isCreated = true
            present.failures = 0
            present.writtenCount = write.count
            // The second time is news; how many more is not.
            present.refresh =
                write.count == 1
                ? .zero : min(max(present.refresh * 2, Self.firstRefresh), Self.longestRefresh)
            present.nextRefresh = now + present.refresh
            (backoff, pauseEnd) = (Backoff(), nil)
        case .gone:
            present.isCreated = false
        case .refused:
            drop = .refused
        case .failed:
            present.failures += 1
            if present.failures >= Self.tries { drop = .unreachable }
        }
        keep(drop == nil ? present : nil, write.key)
        // Whoever answers so will do so to the next.
        switch outcome {
        case .done, .gone: break
        case .refused: pauseEnd = now + backoff.delay(at: now, using: &generator)
        case .failed(let retryAfter):
            pauseEnd = now + backoff.delay(at: now, retryAfter: retryAfter, using: &generator)
        }
        return drop
    }

    private mutating func keep(_ kept: Series?, _ key: EventContent.Key) {
        series[key] = kept
        if let kept { dues.set(key, at: kept.due) } else { dues.remove(key) }
        if let kept, kept.isWritten { written.set(key, at: kept.lastSaid) } else { written.remove(key) }
    }

    private mutating func makeRoom() -> Bool {
        guard series.count >= Self.capacity else { return true }
        guard let silent = written.first else { return false }
        keep(nil, silent.key)
        return true
    }

    // As client-go names them: after the object, and never twice the same.
    private static func name(_ object: String, _ stamp: Int64) -> String {
        var prefix = object.prefix(200)
        while let last = prefix.last, "-.".contains(last) { prefix.removeLast() }
        return "\(prefix).\(String(stamp, radix: 16))"
    }
}
