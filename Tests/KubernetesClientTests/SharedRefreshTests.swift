import Synchronization
import Testing

@testable import KubernetesClient

@Suite("A shared refresh", .timeLimit(.minutes(15)))
struct SharedRefreshTests {
    typealias Refresh = SharedRefresh<String>

    /// A refresh whose fetches count themselves and then wait for the gate.
    private func make(
        _ gate: Gate,
        fetches: Counter,
        result: @escaping @Sendable (Int) throws -> String = { "v\($0)" }
    ) -> Refresh {
        Refresh(TokenCache(.tokenFile), now: { .zero }) {
            let number = fetches.increment()
            await gate.wait()
            return .init(value: try result(number))
        }
    }

    /// Lets other tasks run until `count` callers wait.
    private func untilWaiting(_ count: Int, in refresh: Refresh) async {
        while refresh.waiting != count { await Task.yield() }
    }

    @Test("fetches once for all who ask meanwhile")
    func once() async throws {
        let (gate, fetches) = (Gate(), Counter())
        let refresh = make(gate, fetches: fetches)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await refresh.current().value } }
            await untilWaiting(50, in: refresh)
            await gate.open()
            for try await value in group { #expect(value == "v1") }
        }
        #expect(fetches.value == 1)
        #expect(refresh.waiting == 0)
    }

    @Test("tells all who wait when it fails, and fetches again for the next")
    func failure() async throws {
        let (gate, fetches) = (Gate(), Counter())
        let refresh = make(gate, fetches: fetches) { number in
            if number == 1 { throw ConfigurationError("first") }
            return "v\(number)"
        }
        let waiters = (0..<2).map { _ in Task { try await refresh.current().value } }
        await untilWaiting(2, in: refresh)
        await gate.open()
        for waiter in waiters {
            await #expect(throws: ConfigurationError("first")) { try await waiter.value }
        }
        #expect(try await refresh.current().value == "v2")
    }

    @Test("lets a cancelled caller go at once and serves the others", arguments: [0, 1])
    func cancelledWaiter(index: Int) async throws {
        let (gate, fetches) = (Gate(), Counter())
        let refresh = make(gate, fetches: fetches)
        var waiters: [Task<String, any Error>] = []
        for count in 1...2 {
            waiters.append(Task { try await refresh.current().value })
            await untilWaiting(count, in: refresh)
        }
        // The first of them is the one whose request began the fetch.
        waiters[index].cancel()
        await #expect(throws: CancellationError.self) { try await waiters[index].value }
        await gate.open()
        #expect(try await waiters[1 - index].value == "v1")
        #expect(fetches.value == 1)
    }

    @Test("finishes a fetch that everybody left, for the next who asks")
    func everybodyLeft() async throws {
        let (gate, fetches) = (Gate(), Counter())
        let refresh = make(gate, fetches: fetches)
        let only = Task { try await refresh.current().value }
        await untilWaiting(1, in: refresh)
        only.cancel()
        await #expect(throws: CancellationError.self) { try await only.value }
        await gate.open()
        #expect(try await refresh.current().value == "v1")
        #expect(fetches.value == 1)
    }

    @Test("does not make a caller wait that is cancelled already, but gives it what is there")
    func cancelledBefore() async throws {
        let (gate, fetches) = (Gate(), Counter())
        let refresh = make(gate, fetches: fetches)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await refresh.current().value
        }
        await #expect(throws: CancellationError.self) { try await early.value }
        await gate.open()
        #expect(try await refresh.current().value == "v1")
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await refresh.current().value
        }
        #expect(try await late.value == "v1")
    }
}

/// Counts calls.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    @discardableResult
    func increment() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
