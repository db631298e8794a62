import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("The reflector's state machine")
struct ReflectorStateMachineTests {
    typealias Machine = ReflectorStateMachine
    typealias Action = ReflectorStateMachine.Action

    private static let start = ContinuousClock.now

    private static func machine(seed: UInt64 = 1) -> Machine {
        Machine(generator: SeededGenerator(seed: seed))
    }

    /// A machine that watches, from version 10 on.
    private static func watching() -> Machine {
        var machine = machine()
        _ = machine.start()
        _ = machine.pageReceived(ListMetadata(resourceVersion: .init("10")))
        return machine
    }

    /// The version that a watch is asked for, if that is what is to be done.
    private func watched(_ action: Action, completes: Bool = false) -> String? {
        guard case .watch(let query, completes) = action else { return nil }
        return query.resourceVersion.rawValue
    }

    private func delay(_ action: Action) -> Duration? {
        guard case .wait(let delay) = action else { return nil }
        return delay
    }

    private static let present = ListQuery(freshness: .mostRecent, limit: 500)
    private static let whole = ListQuery(freshness: .mostRecent)

    // MARK: Lists

    @Test("L1, L3: begins with a list of the present state, in pages of 500")
    func first() {
        var machine = Self.machine()
        #expect(machine.start() == .list(Self.present, begins: true))
    }

    @Test("L6, L7, W18: follows the pages to the end, then watches from the version of the list")
    func pages() {
        var machine = Self.machine()
        _ = machine.start()
        for token in ["t", "u"] {
            let action = machine.pageReceived(ListMetadata(resourceVersion: .init("10"), continueToken: token))
            #expect(action == .list(ListQuery(limit: 500, continueToken: token), begins: false))
        }
        let action = machine.pageReceived(ListMetadata(resourceVersion: .init("10")))
        #expect(watched(action, completes: true) == "10")
    }

    @Test("W1, A2: asks for watches of five to ten minutes, at random")
    func timeouts() {
        var timeouts: Set<Duration> = []
        for seed in UInt64(0)..<200 {
            var machine = Self.machine(seed: seed)
            _ = machine.start()
            guard case .watch(let query, _) = machine.pageReceived(ListMetadata(resourceVersion: .init("1"))) else {
                continue
            }
            #expect((.seconds(300) ... .seconds(600)).contains(query.timeout))
            timeouts.insert(query.timeout)
        }
        #expect(timeouts.count > 100)
    }

    @Test("L5: begins anew without pages, and at once, when a token expires in the middle")
    func expiredToken() {
        var machine = Self.machine()
        _ = machine.start()
        _ = machine.pageReceived(ListMetadata(resourceVersion: .init("10"), continueToken: "t"))
        #expect(machine.listFailed(.expired, at: Self.start) == .list(Self.whole, begins: true))
        #expect(watched(machine.pageReceived(ListMetadata(resourceVersion: .init("12"))), completes: true) == "12")
    }

    @Test("L5: waits when that, too, is answered with 410")
    func expiredWhole() {
        var machine = Self.machine()
        _ = machine.start()
        _ = machine.pageReceived(ListMetadata(resourceVersion: .init("10"), continueToken: "t"))
        _ = machine.listFailed(.expired, at: Self.start)
        #expect(delay(machine.listFailed(.expired, at: Self.start)) != nil)
        #expect(machine.waited() == .list(Self.whole, begins: true))
    }

    @Test("begins a list that failed anew after a while, from its first page", arguments: [true, false])
    func failedList(isFirstPage: Bool) {
        var machine = Self.machine()
        _ = machine.start()
        if !isFirstPage { _ = machine.pageReceived(ListMetadata(resourceVersion: .init("10"), continueToken: "t")) }
        #expect(delay(machine.listFailed(.other(retryAfter: nil), at: Self.start)) != nil)
        #expect(machine.waited() == .list(Self.present, begins: true))
    }

    @Test(
        "waits before it repeats a first list, whatever is wrong with it",
        arguments: [Machine.Failure.expired, .tooLargeResourceVersion, .unserved, .other(retryAfter: nil)]
    )
    func noHotLoop(failure: Machine.Failure) {
        var machine = Self.machine()
        _ = machine.start()
        #expect(delay(machine.listFailed(failure, at: Self.start)) != nil)
    }

    // MARK: Watches

    @Test("W2, W5: goes on from the last event or bookmark when the server closes a stream, without a list")
    func resumes() {
        var machine = Self.watching()
        var action = machine.watchEnded(.closed, saidAnything: false, after: .seconds(400), at: Self.start)
        #expect(watched(action) == "10")
        machine.eventReceived(.init("11"))
        machine.eventReceived(.init("15"))
        // Of an object whose metadata could not be read, there is nothing to learn.
        machine.eventReceived(.init(""))
        action = machine.watchEnded(.closed, saidAnything: true, after: .seconds(400), at: Self.start)
        #expect(watched(action) == "15")
    }

    @Test("W4, W5: keeps the version after any other failure, waits and watches on", arguments: [true, false])
    func otherFailure(saidAnything: Bool) {
        var machine = Self.watching()
        machine.eventReceived(.init("12"))
        for _ in 0..<10 {
            let end = Machine.WatchEnd.failed(.other(retryAfter: nil))
            let action = machine.watchEnded(end, saidAnything: saidAnything, after: .milliseconds(1), at: Self.start)
            #expect(delay(action) != nil)
            #expect(watched(machine.waited()) == "12")
        }
    }

    @Test("W3, L8, L9: lists anew when the version has expired: not older than what was seen, and not in pages")
    func expiredWatch() {
        var machine = Self.watching()
        machine.eventReceived(.init("12"))
        let action = machine.watchEnded(.failed(.expired), saidAnything: true, after: .seconds(9), at: Self.start)
        #expect(delay(action) != nil)
        #expect(machine.waited() == .list(ListQuery(freshness: .notOlderThan(.init("12"))), begins: true))
        #expect(watched(machine.pageReceived(ListMetadata(resourceVersion: .init("20"))), completes: true) == "20")
    }

    @Test(
        "L8: asks for the present state at once when a list not older than what was seen is refused",
        arguments: [Machine.Failure.expired, .tooLargeResourceVersion]
    )
    func refusedRelist(failure: Machine.Failure) {
        var machine = Self.watching()
        _ = machine.watchEnded(.failed(.expired), saidAnything: true, after: .seconds(9), at: Self.start)
        _ = machine.waited()
        #expect(machine.listFailed(failure, at: Self.start) == .list(Self.present, begins: true))
        // And only once at once.
        #expect(delay(machine.listFailed(failure, at: Self.start)) != nil)
        #expect(machine.waited() == .list(Self.present, begins: true))
    }

    @Test("L10: lists the present state when the version is ahead of the server")
    func tooLarge() {
        var machine = Self.watching()
        let end = Machine.WatchEnd.failed(.tooLargeResourceVersion)
        #expect(delay(machine.watchEnded(end, saidAnything: false, after: .seconds(3), at: Self.start)) != nil)
        #expect(machine.waited() == .list(Self.present, begins: true))
        // What it then holds may be earlier than what was seen, and is right.
        #expect(watched(machine.pageReceived(ListMetadata(resourceVersion: .init("3"))), completes: true) == "3")
    }

    @Test(
        "W3, L10: tells the failures apart, in whatever form they come",
        arguments: [
            (APIError(request: "", code: 410), .expired),
            (APIError(request: "", code: 410, status: Status(reason: "Expired", code: 410)), .expired),
            (
                APIError(request: "", code: 500, status: Status(message: "too old resource version", reason: "Gone")),
                .expired
            ),
            (
                APIError(request: "", code: 504, status: Status(message: "Too large resource version: 9")),
                .tooLargeResourceVersion
            ),
            (APIError(request: "", code: 404), .unserved),
            (APIError(request: "", code: 429, retryAfter: .seconds(3)), .other(retryAfter: .seconds(3))),
            (APIError(request: "", code: 503), .other(retryAfter: nil)),
            (TransportError(.interrupted, ""), .other(retryAfter: nil)),
            (TransportError(.malformed, ""), .malformed),
            (CancellationError(), .other(retryAfter: nil)),
        ] as [(any Error, Machine.Failure)]
    )
    func failures(error: any Error, expected: Machine.Failure) {
        #expect(Machine.Failure(error) == expected)
    }

    // MARK: Streams that say nothing

    private func shortWatch(_ machine: inout Machine, saidAnything: Bool = false) -> Action {
        machine.watchEnded(.closed, saidAnything: saidAnything, after: .milliseconds(100), at: Self.start)
    }

    @Test("W6: lists anew when three streams in a row were closed at once, without a word")
    func silent() {
        var machine = Self.watching()
        for _ in 0..<2 {
            #expect(delay(shortWatch(&machine)) != nil)
            #expect(watched(machine.waited()) == "10")
        }
        #expect(delay(shortWatch(&machine)) != nil)
        #expect(machine.waited() == .list(Self.present, begins: true))
        // Counted from the beginning again.
        _ = machine.pageReceived(ListMetadata(resourceVersion: .init("20")))
        _ = shortWatch(&machine)
        #expect(watched(machine.waited()) == "20")
    }

    @Test("W6: thinks nothing of it when one in between lasted, said something or failed", arguments: 0..<3)
    func notSilent(kind: Int) {
        var machine = Self.watching()
        for _ in 0..<5 {
            for _ in 0..<2 {
                _ = shortWatch(&machine)
                #expect(watched(machine.waited()) == "10")
            }
            switch kind {
            case 0: _ = machine.watchEnded(.closed, saidAnything: false, after: .seconds(1), at: Self.start)
            case 1:
                // It waits nevertheless: a stream that is closed at once is not to be asked for at full speed.
                #expect(delay(shortWatch(&machine, saidAnything: true)) != nil)
                #expect(watched(machine.waited()) == "10")
            default:
                let end = Machine.WatchEnd.failed(.other(retryAfter: nil))
                _ = machine.watchEnded(end, saidAnything: false, after: .milliseconds(1), at: Self.start)
                #expect(watched(machine.waited()) == "10")
            }
        }
    }

    @Test("S11: lists anew a resource that three watches in a row found not served, and not before that")
    func unserved() {
        var machine = Self.watching()
        let end = Machine.WatchEnd.failed(.unserved)
        func fails() -> Action {
            #expect(delay(machine.watchEnded(end, saidAnything: false, after: .milliseconds(1), at: Self.start)) != nil)
            return machine.waited()
        }
        // A server that has just started may not know all its resources yet.
        #expect(watched(fails()) == "10")
        #expect(watched(fails()) == "10")
        _ = machine.watchEnded(.closed, saidAnything: true, after: .seconds(400), at: Self.start)
        #expect(watched(fails()) == "10")
        #expect(watched(fails()) == "10")
        #expect(fails() == .list(Self.present, begins: true))
    }

    // MARK: Waiting

    @Test("W7: lists and watches share one back-off, which success alone does not reset")
    func sharedBackoff() throws {
        var machine = Self.machine()
        _ = machine.start()
        var now = Self.start
        func listFails() throws -> Duration {
            let delay = try #require(self.delay(machine.listFailed(.other(retryAfter: nil), at: now)))
            now += delay
            _ = machine.waited()
            return delay
        }
        #expect(try listFails() < .seconds(1.6))
        #expect(try listFails() >= .seconds(1.6))
        _ = machine.pageReceived(ListMetadata(resourceVersion: .init("10")))
        let end = Machine.WatchEnd.failed(.other(retryAfter: nil))
        let third = try #require(self.delay(machine.watchEnded(end, saidAnything: true, after: .seconds(5), at: now)))
        #expect((.seconds(3.2)..<(.seconds(6.4))).contains(third))
        now += third
        // Two healthy minutes do.
        now += .seconds(120)
        let healthy = machine.watchEnded(end, saidAnything: true, after: .seconds(120), at: now)
        #expect(try #require(delay(healthy)) < .seconds(1.6))
    }

    @Test("R1: waits as long as the server asks for, of a list as of a watch")
    func retryAfter() throws {
        var machine = Self.machine()
        _ = machine.start()
        let failure = Machine.Failure.other(retryAfter: .seconds(20))
        #expect(try #require(self.delay(machine.listFailed(failure, at: Self.start))) >= .seconds(20))
        machine = Self.watching()
        let action = machine.watchEnded(.failed(failure), saidAnything: false, after: .zero, at: Self.start)
        #expect(try #require(self.delay(action)) >= .seconds(20))
    }

    @Test(
        "W8: whatever happens in whatever order, it goes on, waits within bounds, and watches only what it knows",
        arguments: seeds
    )
    func anySchedule(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var machine = Self.machine(seed: seed)
        var now = Self.start
        var action = machine.start()
        // The version that a watch must begin at: that of the last whole list, or of the last event since.
        var version = ""
        var isListing = false
        var requests = 0
        for step in 1...2000 {
            now += .milliseconds(Int.random(in: 0...2000, using: &generator))
            let failure: Machine.Failure =
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: .expired
                case 1: .tooLargeResourceVersion
                case 2: .unserved
                case 3: .other(retryAfter: .seconds(Int.random(in: 0...60, using: &generator)))
                default: .other(retryAfter: nil)
                }
            switch action {
            case .list(let query, let begins):
                requests += 1
                #expect(begins == (query.continueToken == nil))
                #expect(isListing || begins)
                isListing = true
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: action = machine.listFailed(failure, at: now)
                case 1: action = machine.pageReceived(.init(resourceVersion: .init("\(step)"), continueToken: "t"))
                default:
                    version = "\(step)"
                    action = machine.pageReceived(.init(resourceVersion: .init(version)))
                    #expect(watched(action, completes: true) == version)
                }
            case .watch(let query, _):
                requests += 1
                isListing = false
                #expect(query.resourceVersion.rawValue == version)
                #expect(!version.isEmpty)
                let saidAnything = Bool.random(using: &generator)
                if saidAnything {
                    version = "\(step)"
                    machine.eventReceived(.init(version))
                }
                action = machine.watchEnded(
                    Bool.random(using: &generator) ? .closed : .failed(failure),
                    saidAnything: saidAnything,
                    after: .milliseconds(Int.random(in: 0...2000, using: &generator)),
                    at: now
                )
            case .wait(let delay):
                #expect(delay > .zero)
                #expect(delay <= .seconds(90))
                now += delay
                action = machine.waited()
                #expect(self.delay(action) == nil)
            }
        }
        #expect(requests > 500)
    }
}
