import Synchronization

/// What came of working on a key.
public enum WorkOutcome: Sendable {
    /// It is done; the next change will bring it back.
    case done
    /// It failed, and is to be tried again later each time, but not before the time given.
    case retry(atLeast: Duration?)
    /// It was refused, which the same again is unlikely to change: it is to be tried again much later each time.
    case refused
    /// It went as well as it could, and is to be looked at again then.
    case lookAgain(at: ContinuousClock.Instant)
}

/// Works on keys as they come, some at a time: the driver of ``WorkQueue``.
///
/// When many keys fail in a row, none is taken for a while, longer each time: it is the server that fails then.
///
/// Everything runs in ``run(count:work:)`` and ends with it: at ``stop()`` no further key is taken, and it returns when
/// the work under way is done.
public final class Workers<Key: Hashable & Sendable>: Sendable {
    private struct State {
        var queue: WorkQueue<Key>
        var holdup = Holdup()
        var generator = SystemRandomNumberGenerator()
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Key?, Never>)] = []
        var timer: CheckedContinuation<Void, Never>?
        var nextID: UInt64 = 0
        var isStopped = false
        var tally = WorkTally<Key>()
        var metrics: WorkerMetrics?

        mutating func add(_ keys: some Sequence<Key>, _ priority: WorkQueue<Key>.Priority) {
            note(queued: keys.filter { queue.add($0, priority: priority) })
        }

        mutating func promote() {
            note(queued: queue.promote(at: .now))
        }

        private mutating func note(queued keys: [Key]) {
            guard let metrics, !keys.isEmpty else { return }
            let now = ContinuousClock.now
            for key in keys { tally.queued(key, at: now) }
            metrics.queued(keys.count)
        }

        // When there is something to be done without anybody asking for it.
        var nextDue: ContinuousClock.Instant? { holdup.end ?? queue.nextDue }

        // Hands keys to those who wait for one.
        mutating func hand() {
            while !isStopped, holdup.end == nil, !waiting.isEmpty, let key = queue.take() {
                if let metrics { metrics.taken(after: tally.taken(key, at: .now)) }
                waiting.removeFirst().continuation.resume(returning: key)
            }
        }
    }

    private let state: Mutex<State>

    /// Workers with nothing to do yet.
    ///
    /// - Parameter metrics: where to say how they fare; `nil` for nowhere.
    public init(queue: WorkQueue<Key> = .init(), metrics: WorkerMetrics? = nil) {
        state = Mutex(State(queue: queue, metrics: metrics))
    }

    /// Sets the metrics that are not counted as things happen, but told when somebody asks.
    public func updateMetrics() {
        state.withLock { state in
            state.metrics?.update(
                depth: state.queue.count,
                active: state.tally.active,
                underWay: state.tally.underWay(at: .now)
            )
        }
    }

    /// Adds a key.
    public func add(_ key: Key, priority: WorkQueue<Key>.Priority = .normal) {
        add([key], priority: priority)
    }

    /// Adds keys.
    public func add(_ keys: some Sequence<Key>, priority: WorkQueue<Key>.Priority = .normal) {
        state.withLock { state in
            state.add(keys, priority)
            state.hand()
        }
    }

    /// Adds a key after `delay`, or earlier if that was asked for before.
    public func add(_ key: Key, after delay: Duration) {
        change { $0.queue.add(key, at: .now + delay) }
    }

    /// Takes no further key.
    public func stop() {
        state.withLock { state in
            state.isStopped = true
            for waiter in state.waiting { waiter.continuation.resume(returning: nil) }
            state.waiting = []
            state.timer?.resume()
            state.timer = nil
        }
    }

    /// Works on keys, at most `count` at a time and never on one twice at a time, until stopped or cancelled.
    public func run(count: Int, work: @escaping @Sendable (Key) async -> WorkOutcome) async {
        state.withLock { $0.metrics?.began(workers: count) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepTime() }
            for _ in 0..<count {
                group.addTask {
                    while let key = await self.next() {
                        self.finish(key, await work(key))
                    }
                }
            }
            await group.waitForAll()
        }
    }

    private func finish(_ key: Key, _ outcome: WorkOutcome) {
        change { state in
            if let metrics = state.metrics { metrics.finished(outcome, after: state.tally.finished(key, at: .now)) }
            switch outcome {
            case .done:
                state.holdup.succeeded()
                state.queue.forget(key)
            case .retry(let atLeast):
                state.holdup.failed(at: .now, using: &state.generator)
                state.queue.retry(key, at: .now, atLeast: atLeast, using: &state.generator)
            case .lookAgain(let due):
                state.holdup.succeeded()
                state.queue.forget(key)
                state.queue.add(key, at: due)
            case .refused: state.queue.retry(key, at: .now, first: .seconds(2), using: &state.generator)
            }
            state.queue.done(key)
        }
    }

    // One timer for all that is put off: it wakes when the earliest is due, or when that changes.
    private func keepTime() async {
        while true {
            let (due, isStopped) = state.withLock { state in
                state.holdup.look(at: .now)
                state.promote()
                state.hand()
                return (state.nextDue, state.isStopped)
            }
            if isStopped || Task.isCancelled { return }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.changed(from: due) }
                if let due {
                    group.addTask { try? await Task.sleep(until: due, clock: .continuous) }
                }
                await group.next()
                group.cancelAll()
            }
        }
    }

    // Returns when the earliest time is another than `due`, or at cancellation or stop.
    private func changed(from due: ContinuousClock.Instant?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isStopped || Task.isCancelled || state.nextDue != due { return true }
                    state.timer = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wakeTimer()
        }
    }

    private func wakeTimer() {
        let timer = state.withLock { state in
            defer { state.timer = nil }
            return state.timer
        }
        timer?.resume()
    }

    private func change(_ body: (inout sending State) -> Void) {
        let timer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            let before = state.nextDue
            body(&state)
            state.hand()
            guard state.nextDue != before else { return nil }
            defer { state.timer = nil }
            return state.timer
        }
        timer?.resume()
    }

    private func next() async -> Key? {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    if state.isStopped || Task.isCancelled {
                        continuation.resume(returning: nil)
                    } else {
                        state.waiting.append((id, continuation))
                        state.hand()
                    }
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
    }
}
