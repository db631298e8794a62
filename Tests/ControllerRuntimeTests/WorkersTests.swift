import PrometheusMetrics
import Synchronization
import Testing

@testable import ControllerRuntime

@Suite("Workers", .timeLimit(.minutes(15)))
struct WorkersTests {
    /// What was worked on, and how much of it at a time.
    private final class Record: Sendable {
        struct State {
            var begun: [String] = []
            var finished: [String] = []
            var active: [String: Int] = [:]
            var mostAtATime = 0
            var mostOfOneKey = 0
        }

        private let state = Mutex(State())

        var now: State { state.withLock { $0 } }

        func begin(_ key: String) {
            state.withLock { state in
                state.begun.append(key)
                state.active[key, default: 0] += 1
                state.mostAtATime = max(state.mostAtATime, state.active.values.reduce(0, +))
                state.mostOfOneKey = max(state.mostOfOneKey, state.active.values.max() ?? 0)
            }
        }

        func finish(_ key: String) {
            state.withLock { state in
                state.finished.append(key)
                state.active[key, default: 0] -= 1
            }
        }
    }

    /// A number for each key.
    private final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        var all: [String: Int] { counts.withLock { $0 } }
        subscript(key: String) -> Int { counts.withLock { $0[key] ?? 0 } }
        func increment(_ key: String) { counts.withLock { $0[key, default: 0] += 1 } }
        func raise(_ key: String, to count: Int) { counts.withLock { $0[key] = max($0[key] ?? 0, count) } }
    }

    private let workers = Workers<String>(queue: WorkQueue(firstRetry: .milliseconds(1)))
    private let record = Record()

    /// Runs the workers beside `body`, then stops them and waits for their end.
    private func running(
        _ count: Int,
        work: @escaping @Sendable (String) async -> WorkOutcome,
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup { group in
            let (workers, record) = (workers, record)
            group.addTask {
                await workers.run(count: count) { key in
                    record.begin(key)
                    defer { record.finish(key) }
                    return await work(key)
                }
            }
            try await body()
            workers.stop()
            try await group.waitForAll()
        }
    }

    @Test("work on what was added before they began, and on what comes later")
    func all() async throws {
        workers.add(["a", "b"])
        try await running(2, work: { _ in .done }) {
            try await until { record.now.finished.count == 2 }
            workers.add("c")
            try await until { record.now.finished.count == 3 }
        }
        #expect(record.now.begun.sorted() == ["a", "b", "c"])
    }

    @Test("Q5: work on as many keys at a time as they are told to, and no more")
    func bounded() async throws {
        let gate = Gate()
        try await running(
            3,
            work: { _ in
                await gate.wait()
                return .done
            }
        ) {
            workers.add((0..<10).map { "\($0)" })
            try await until { record.now.begun.count == 3 }
            gate.open()
            try await until { record.now.finished.count == 10 }
        }
        #expect(record.now.mostAtATime == 3)
    }

    @Test("Q1: never work on one key twice at a time, and once more when it was added meanwhile")
    func serial() async throws {
        let gate = Gate()
        try await running(
            4,
            work: { _ in
                await gate.wait()
                return .done
            }
        ) {
            workers.add("a")
            try await until { record.now.begun.count == 1 }
            for _ in 0..<5 { workers.add("a") }
            gate.open()
            try await until { record.now.finished.count == 2 }
            workers.add("b")
            try await until { record.now.finished.count == 3 }
        }
        #expect(record.now.begun == ["a", "a", "b"])
        #expect(record.now.mostOfOneKey == 1)
    }

    @Test("lose nothing and double nothing when many add at once")
    func storm() async throws {
        let (versions, seen) = (Counts(), Counts())
        let work: @Sendable (String) async -> WorkOutcome = { key in
            let version = versions[key]
            await Task.yield()
            seen.raise(key, to: version)
            return .done
        }
        let workers = workers
        try await running(4, work: work) {
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for step in 0..<200 {
                            let key = "\((task + step) % 5)"
                            // Something changes, and then the key is added: the change must be seen.
                            versions.increment(key)
                            if step.isMultiple(of: 3) {
                                workers.add(key, after: .milliseconds(1))
                            } else {
                                workers.add(key)
                            }
                        }
                    }
                }
            }
            try await until { seen.all == versions.all }
        }
        #expect(record.now.mostOfOneKey == 1)
    }

    @Test("Q2: try again what failed, until it succeeds")
    func retries() async throws {
        let tries = Mutex(0)
        try await running(
            1,
            work: { _ in
                tries.withLock { tries in
                    tries += 1
                    return tries < 4 ? .retry(atLeast: nil) : .done
                }
            }
        ) {
            workers.add("a")
            try await until { record.now.finished.count == 4 }
        }
        #expect(tries.withLock { $0 } == 4)
    }

    @Test("Q4: take up what was put off when it is due, earlier than what was put off further")
    func delayed() async throws {
        workers.add("never", after: .seconds(3600))
        workers.add("early", after: .milliseconds(1))
        workers.add("late", after: .milliseconds(40))
        workers.add("late", after: .seconds(3600))
        try await running(1, work: { _ in .done }) {
            try await until { record.now.finished.count == 2 }
        }
        #expect(record.now.begun == ["early", "late"])
    }

    @Test("Q13: say under client-go's names how much waits and how work came out")
    func metrics() async throws {
        let registry = PrometheusRegistry()
        func samples() -> Set<String> {
            workers.updateMetrics()
            return Set(
                registry.exposition(.text).split(separator: "\n").map(String.init).filter { !$0.contains("_bucket") }
            )
        }
        let workers = Workers<String>(
            queue: WorkQueue(firstRetry: .milliseconds(1)),
            metrics: WorkerMetrics(name: "n", factory: registry)
        )
        workers.add(["a", "b", "c", "c"])
        #expect(samples().isSuperset(of: ["workqueue_depth{name=\"n\"} 3", "workqueue_adds_total{name=\"n\"} 3"]))
        let gate = Gate()
        let attempts = Counts()
        try await withThrowingTaskGroup { group in
            let record = record
            group.addTask {
                await workers.run(count: 2) { key in
                    record.begin(key)
                    defer { record.finish(key) }
                    attempts.increment(key)
                    switch key {
                    case "a": return attempts[key] < 3 ? .retry(atLeast: nil) : .done
                    case "b": return .lookAgain(at: .now + .seconds(3600))
                    case "d":
                        await gate.wait()
                        return .refused
                    default: return .done
                    }
                }
            }
            // Four at once or soon, two of a's later.
            try await until { record.now.finished.count == 5 }
            // What has ended is counted a little later.
            try await until { samples().contains("workqueue_work_duration_seconds_count{name=\"n\"} 5") }
            workers.add("d")
            try await until { record.now.active["d"] == 1 }
            // Comes again afterwards.
            workers.add(["d", "d"])
            let busy = samples()
            #expect(
                busy.isSuperset(of: [
                    "workqueue_depth{name=\"n\"} 0", "controller_runtime_active_workers{controller=\"n\"} 1",
                    "controller_runtime_max_concurrent_reconciles{controller=\"n\"} 2",
                    // a, b, c, a twice more, d twice.
                    "workqueue_adds_total{name=\"n\"} 7", "workqueue_retries_total{name=\"n\"} 2",
                    "workqueue_queue_duration_seconds_count{name=\"n\"} 6",
                    "workqueue_work_duration_seconds_count{name=\"n\"} 5",
                    "controller_runtime_reconcile_time_seconds_count{controller=\"n\"} 5",
                    "controller_runtime_reconcile_total{controller=\"n\",result=\"success\"} 2",
                    "controller_runtime_reconcile_total{controller=\"n\",result=\"error\"} 2",
                    "controller_runtime_reconcile_total{controller=\"n\",result=\"requeue\"} 0",
                    "controller_runtime_reconcile_total{controller=\"n\",result=\"requeue_after\"} 1",
                    "controller_runtime_reconcile_errors_total{controller=\"n\"} 2",
                ]),
                "\(busy.sorted())"
            )
            #expect(!busy.contains("workqueue_longest_running_processor_seconds{name=\"n\"} 0.0"))
            gate.open()
            workers.stop()
            try await group.waitForAll()
        }
        let idle = samples()
        #expect(
            idle.isSuperset(of: [
                "controller_runtime_active_workers{controller=\"n\"} 0",
                "controller_runtime_reconcile_errors_total{controller=\"n\"} 3",
                "workqueue_unfinished_work_seconds{name=\"n\"} 0.0",
                "workqueue_longest_running_processor_seconds{name=\"n\"} 0.0",
            ])
        )
    }

    @Test("D1: once stopped take nothing further, and end when what is under way has ended")
    func stop() async throws {
        let gate = Gate()
        let ended = Mutex(false)
        try await running(
            1,
            work: { _ in
                await gate.wait()
                ended.withLock { $0 = true }
                return .retry(atLeast: nil)
            }
        ) {
            workers.add(["a", "b"])
            try await until { record.now.begun.count == 1 }
            workers.stop()
            workers.add("c")
            gate.open()
        }
        #expect(ended.withLock { $0 })
        #expect(record.now.begun == ["a"])
    }

    @Test("D2: end when stopped or cancelled, whether they wait, work or have yet to begin", arguments: [true, false])
    func ends(byStop: Bool) async throws {
        func end(_ run: Task<Void, Never>, _ workers: Workers<String>) async {
            if byStop { workers.stop() } else { run.cancel() }
            await run.value
        }
        // At once, perhaps before anything has begun.
        let early = Workers<String>()
        await end(Task { await early.run(count: 3) { _ in .done } }, early)
        // While all wait, one for a time that is far off.
        let idle = Workers<String>()
        let idling = Task { await idle.run(count: 3) { _ in .done } }
        idle.add("a", after: .seconds(3600))
        await end(idling, idle)
        // In the middle of work, which goes on to its end, or sees the cancellation.
        let busy = Workers<String>()
        let begun = Gate()
        let working = Task {
            await busy.run(count: 3) { _ in
                begun.open()
                if !byStop { try? await Task.sleep(for: .seconds(3600)) }
                return .done
            }
        }
        busy.add("a")
        await begun.wait()
        await end(working, busy)
    }

    @Test("R5: hold up all keys while nothing but failures comes, and go on once that is over")
    func holdup() async throws {
        let isBroken = Mutex(true)
        let keys = (0..<200).map { "\($0)" }
        workers.add(keys)
        try await running(4, work: { _ in isBroken.withLock(\.self) ? .retry(atLeast: nil) : .done }) {
            try await until { record.now.finished.count > Holdup.tolerated }
            // Those under way when it began, and no more, however many keys there are.
            #expect(record.now.begun.count <= Holdup.tolerated + 4)
            isBroken.withLock { $0 = false }
            try await until { Set(record.now.finished).count == keys.count }
        }
    }
}
