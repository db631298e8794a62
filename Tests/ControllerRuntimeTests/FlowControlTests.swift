import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite struct FlowWindowTests {
    /// A server that works on `capacity` requests at once, each for a while, and takes `limit` at most.
    private struct Server {
        var capacity: Double
        let work = Duration.milliseconds(10)

        func latency(_ underWay: Int) -> Duration { work * max(1, Double(underWay) / capacity) }
    }

    private func settle(_ window: inout FlowWindow, _ server: Server, answers: Int = 20_000) {
        window.answered(after: server.latency(1), underWay: 1)
        for _ in 0..<answers {
            let underWay = window.size
            window.answered(after: server.latency(underWay), underWay: underWay)
        }
    }

    @Test("R12: So many are under way that the server is busy, and few wait", arguments: [1.0, 2, 8, 20, 40])
    func settles(_ capacity: Double) {
        var window = FlowWindow()
        settle(&window, Server(capacity: capacity))
        #expect(Double(window.size) >= min(capacity, FlowWindow.bounds.upperBound))
        #expect(Double(window.size) <= capacity + 12)
    }

    @Test("It follows a server that becomes slower, and one that becomes faster")
    func follows() {
        var window = FlowWindow()
        settle(&window, Server(capacity: 40))
        let fast = window.size
        settle(&window, Server(capacity: 2))
        let slow = window.size
        settle(&window, Server(capacity: 40))
        #expect(slow < fast / 2)
        #expect(window.size >= 40)
    }

    @Test("While others slow the server down, fewer are under way")
    func yields() {
        var window = FlowWindow()
        settle(&window, Server(capacity: 40))
        for _ in 0..<20_000 { window.answered(after: .milliseconds(100), underWay: window.size) }
        #expect(window.size < 24)
    }

    @Test("What does not fill it says nothing about more")
    func idle() {
        var window = FlowWindow()
        let before = window.size
        for _ in 0..<1000 { window.answered(after: .milliseconds(1), underWay: 1) }
        #expect(window.size == before)
    }

    @Test(
        "R12: It is halved when the server refuses, once for all that were under way together, and never below the least"
    )
    func refusal() {
        var window = FlowWindow()
        settle(&window, Server(capacity: 64))
        let (before, now) = (window.size, ContinuousClock.now)
        for _ in 0..<before { window.refused(at: now) }
        #expect(window.size == before / 2)
        for second in 1..<20 { window.refused(at: now + .seconds(second)) }
        #expect(window.size == Int(FlowWindow.bounds.lowerBound))
    }
}

@Suite struct FlowControlTests {
    private final class Tally: Sendable {
        private let counts = Mutex((underWay: 0, most: 0, done: 0))

        var most: Int { counts.withLock { $0.most } }
        var done: Int { counts.withLock { $0.done } }

        func begin() {
            counts.withLock { counts in
                counts.underWay += 1
                counts.most = max(counts.most, counts.underWay)
            }
        }

        func end() {
            counts.withLock { counts in
                counts.underWay -= 1
                counts.done += 1
            }
        }
    }

    @Test("No more are under way than the window has, and all get their turn")
    func bound() async throws {
        let flow = FlowControl()
        let tally = Tally()
        try await withThrowingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask {
                    try await flow.run { _ in
                        .done
                    } _: {
                        tally.begin()
                        await Task.yield()
                        tally.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(tally.done == 200)
        #expect(tally.most <= Int(FlowWindow.bounds.upperBound))
    }

    @Test("Who is cancelled while waiting does not wait any longer, and takes no turn from others")
    func cancellation() async throws {
        let flow = FlowControl()
        let tally = Tally()
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let size = flow.window
        try await withThrowingTaskGroup { group in
            for _ in 0..<size {
                group.addTask {
                    try await flow.run { _ in
                        .done
                    } _: {
                        tally.begin()
                        for await _ in stream {}
                    }
                }
            }
            try await until { tally.most == size }
            let waiting = Task {
                try await flow.run { _ in
                    .done
                } _: {
                }
            }
            await Task.yield()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            continuation.finish()
            try await group.waitForAll()
        }
        try await flow.run { _ in
            .done
        } _: {
        }
    }

    @Test("What the work throws is thrown, and its place is free again")
    func failure() async throws {
        struct Failure: Error {}
        let flow = FlowControl()
        for _ in 0..<100 {
            await #expect(throws: Failure.self) {
                try await flow.run { _ in
                    .overloaded
                } _: {
                    throw Failure()
                }
            }
        }
        try await flow.run { _ in
            .done
        } _: {
        }
    }
}
