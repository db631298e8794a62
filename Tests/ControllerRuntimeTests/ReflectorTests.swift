import KubernetesAPI
import KubernetesClient
import ScriptedServer
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("A reflector", .timeLimit(.minutes(15)))
struct ReflectorTests {
    /// A reflector at work against a scripted server.
    private struct Scene {
        let server: ScriptedServer
        let store: Store<Int>
        let log: LogRecorder
        let outages: OutageLog
        let syncs: @Sendable () -> Int
        let reflector: any Reflecting
        fileprivate let changes: AsyncStream<String>

        /// The next changes, in words: `a: 1 -> 2`.
        func nextChanges(_ count: Int) async -> [String] {
            var iterator = changes.makeAsyncIterator()
            var words: [String] = []
            while words.count < count, let next = await iterator.next() { words.append(next) }
            return words
        }

        /// What is kept.
        var content: [String: Int] {
            Dictionary(
                uniqueKeysWithValues: store.names(in: "n").compactMap { name in
                    store.value(name, in: "n").map { (name, $0) }
                }
            )
        }

        /// Answers the next request, which must be a list, with things of these sizes.
        func answerList(_ things: KeyValuePairs<String, Int>, at version: String) async throws {
            let exchange = try await server.nextRequest()
            #expect(exchange.request.query["watch"] == nil)
            try await exchange.respond(200, body: ReflectorTests.list(things, at: version))
        }

        /// Takes the next request, which must be a watch from `version` on, and opens its stream.
        func openWatch(from version: String) async throws -> ScriptedExchange {
            let exchange = try await server.nextRequest()
            #expect(exchange.request.query["watch"] == "1")
            #expect(exchange.request.query["resourceVersion"] == version)
            try await exchange.begin()
            return exchange
        }
    }

    private func run(
        absentMeansEmpty: Bool = false,
        backoff: Backoff = Backoff(initial: .milliseconds(1), cap: .milliseconds(2)),
        _ body: (Scene) async throws -> Void
    ) async throws {
        try await ScriptedServer.run { server in
            let log = LogRecorder()
            let client = try KubernetesClient(
                configuration: ClusterConfiguration(server: server.url, origin: "test"),
                userAgent: "tests/1",
                logger: log.logger
            )
            let store = Store<Int>()
            let outages = OutageLog(logger: log.logger)
            let syncs = Mutex(0)
            let (changes, arrivals) = AsyncStream.makeStream(of: String.self)
            let reflector = Reflector<Thing, Int>(
                name: "things",
                client: client,
                store: store,
                absentMeansEmpty: absentMeansEmpty,
                backoff: backoff,
                outages: outages,
                logger: log.logger,
                project: { (thing) throws(JSONError) in
                    guard thing.size != -404 else { throw JSONError(path: "size", message: "cannot be projected") }
                    return thing.size ?? 0
                },
                onChange: { change in
                    // S5: whoever hears of a change finds it in the store.
                    #expect(store.value(change.key.name, in: change.key.namespace) == change.new)
                    let (old, new) = (change.old.map { "\($0)" } ?? "-", change.new.map { "\($0)" } ?? "-")
                    arrivals.yield("\(change.key.name): \(old) -> \(new)")
                },
                onSynced: { syncs.withLock { $0 += 1 } }
            )
            let running = Task { await reflector.run() }
            let scene = Scene(
                server: server,
                store: store,
                log: log,
                outages: outages,
                syncs: { syncs.withLock { $0 } },
                reflector: reflector,
                changes: changes
            )
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(scene))
            } catch {
                result = .failure(error)
            }
            running.cancel()
            await running.value
            await client.shutdown()
            try result.get()
        }
    }

    fileprivate static func list(_ things: KeyValuePairs<String, Int>, at version: String, next: String = "") -> String
    {
        let items = things.map { name, size in
            #"{"metadata":{"name":"\#(name)","namespace":"n","resourceVersion":"\#(version)"},"size":\#(size)}"#
        }
        return
            #"{"metadata":{"resourceVersion":"\#(version)","continue":"\#(next)"},"items":[\#(items.joined(separator: ","))]}"#
    }

    private static func event(_ type: String, _ name: String, _ size: String, _ version: String) -> String {
        #"{"type":"\#(type)","object":{"metadata":{"name":"\#(name)","namespace":"n","resourceVersion":"\#(version)"},"size":\#(size)}}"#
            + "\n"
    }

    // MARK: The usual course

    @Test("L6, L7, S4, S5, S8, W2, W5: lists in pages, watches from there, and goes on from the last bookmark")
    func usual() async throws {
        try await run { scene in
            var exchange = try await scene.server.nextRequest()
            #expect(exchange.request.uri == "/apis/example.com/v1/things?limit=500")
            try await exchange.respond(200, body: Self.list(["a": 1], at: "10", next: "t"))
            #expect(await scene.nextChanges(1) == ["a: - -> 1"])
            exchange = try await scene.server.nextRequest()
            #expect(exchange.request.query == ["limit": "500", "continue": "t"])
            // S8: not before the list is whole.
            #expect(scene.syncs() == 0)
            try await exchange.respond(200, body: Self.list(["b": 2], at: "10"))
            #expect(await scene.nextChanges(1) == ["b: - -> 2"])

            var watch = try await scene.openWatch(from: "10")
            #expect(scene.syncs() == 1)
            try await watch.send(chunk: Self.event("MODIFIED", "a", "3", "11") + Self.event("DELETED", "b", "2", "12"))
            #expect(await scene.nextChanges(2) == ["a: 1 -> 3", "b: 2 -> -"])
            #expect(scene.content == ["a": 3])
            try await watch.send(chunk: #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}}"# + "\n")
            try await watch.end()
            watch = try await scene.openWatch(from: "20")
            try await watch.send(chunk: Self.event("ADDED", "c", "4", "21"))
            #expect(await scene.nextChanges(1) == ["c: - -> 4"])
            #expect(scene.syncs() == 1)
            #expect(scene.log.lines.map(\.text).isEmpty)
        }
    }

    @Test("knows when it last heard of its resource: by a list, an event or a bookmark, and by no error")
    func lastHeard() async throws {
        try await run { scene in
            func heard() throws -> ContinuousClock.Instant { try #require(scene.reflector.lastHeard) }
            let listing = try await scene.server.nextRequest()
            let begun = try heard()
            try await listing.respond(200, body: Self.list(["a": 1], at: "10"))
            var watch = try await scene.openWatch(from: "10")
            let listed = try heard()
            #expect(begun < listed)
            try await watch.send(chunk: Self.event("MODIFIED", "a", "2", "11"))
            _ = await scene.nextChanges(2)
            let changed = try heard()
            #expect(listed < changed)
            try await watch.send(chunk: #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}}"# + "\n")
            try await until { scene.reflector.lastHeard.map { $0 > changed } ?? false }
            let marked = try heard()
            try await watch.send(
                chunk: #"{"type":"ERROR","object":{"kind":"Status","status":"Failure","code":500}}"# + "\n"
            )
            // The reflector ends the stream by itself.
            watch = try await scene.openWatch(from: "20")
            #expect(try heard() == marked)
            scene.reflector.clear()
            #expect(scene.reflector.lastHeard == nil)
        }
    }

    @Test("L4, L13, L14: takes all that a page has: more than was asked for, without a kind, and of one name the last")
    func pages() async throws {
        try await run { scene in
            let items = (0..<ReflectorStateMachine.pageSize + 1).map { number in
                #"{"metadata":{"name":"t\#(number)","namespace":"n","resourceVersion":"5"},"size":\#(number)}"#
            }
            let again = #"{"metadata":{"name":"t0","namespace":"n","resourceVersion":"6"},"size":-1}"#
            let body = #"{"metadata":{"resourceVersion":"10"},"items":[\#((items + [again]).joined(separator: ","))]}"#
            let exchange = try await scene.server.nextRequest()
            try await exchange.respond(200, body: body)
            _ = try await scene.openWatch(from: "10")
            #expect(scene.content.count == items.count)
            #expect(scene.content["t0"] == -1 && scene.content["t500"] == 500)
        }
    }

    @Test("Q10: a stream that is cut as soon as it is open, again and again, is no outage, and is noticed all the same")
    func cutAgainAndAgain() async throws {
        try await run { scene in
            try await scene.answerList(["a": 1], at: "10")
            for _ in 0..<5 {
                let watch = try await scene.openWatch(from: "10")
                try await watch.close()
            }
            #expect(scene.log.lines.allSatisfy { $0.level == .debug })
            #expect(scene.outages.broken.isEmpty)
            #expect(!scene.reflector.isLost(at: .now))
            // Between two tries: the next request is not answered yet.
            let next = try await scene.server.nextRequest()
            #expect(scene.reflector.isLost(at: .now + WatchHealth.tolerated))
            try await next.begin()
            try await until { !scene.reflector.isLost(at: .now + WatchHealth.tolerated) }
        }
    }

    @Test("W5, W12: goes on from the last whole event when a stream is cut within a line, without a list")
    func cut() async throws {
        try await run { scene in
            try await scene.answerList(["a": 1], at: "10")
            var watch = try await scene.openWatch(from: "10")
            let lost = Self.event("MODIFIED", "a", "3", "12")
            try await watch.send(chunk: Self.event("MODIFIED", "a", "2", "11") + lost.prefix(40))
            #expect(await scene.nextChanges(2) == ["a: - -> 1", "a: 1 -> 2"])
            try await watch.close()
            watch = try await scene.openWatch(from: "11")
            try await watch.send(chunk: lost)
            #expect(await scene.nextChanges(1) == ["a: 2 -> 3"])
        }
    }

    /// How a server says that a version is no longer kept.
    enum Expiry: CaseIterable {
        case httpStatus, event, eventOnOpenStream, eventWithReasonAlone
    }

    @Test(
        "W3, L8, S2: lists anew when its version has expired, and finds what vanished meanwhile",
        arguments: Expiry.allCases
    )
    func expired(expiry: Expiry) async throws {
        try await run { scene in
            try await scene.answerList(["a": 1, "b": 2], at: "10")
            if expiry == .httpStatus {
                try await scene.server.nextRequest().respond(
                    410,
                    body: #"{"kind":"Status","status":"Failure","code":410}"#
                )
            } else {
                let watch = try await scene.openWatch(from: "10")
                let status = expiry == .eventWithReasonAlone ? #""reason":"Expired""# : #""code":410"#
                try await watch.send(
                    chunk: #"{"type":"ERROR","object":{\#(status),"message":"too old resource version"}}"# + "\n"
                )
                // Whether or not the server closes the stream, it is over.
                if expiry == .event { try? await watch.end() }
                if expiry == .eventOnOpenStream { try await watch.closed() }
            }
            let relist = try await scene.server.nextRequest()
            #expect(relist.request.query == ["resourceVersion": "10", "resourceVersionMatch": "NotOlderThan"])
            try await relist.respond(200, body: Self.list(["b": 3], at: "30"))
            #expect(await scene.nextChanges(4) == ["a: - -> 1", "b: - -> 2", "b: 2 -> 3", "a: 1 -> -"])
            _ = try await scene.openWatch(from: "30")
            #expect(scene.content == ["b": 3])
            #expect(scene.syncs() == 1)
            // An expired version is everyday life.
            #expect(scene.log.lines.map(\.text).isEmpty)
            #expect(scene.outages.broken.isEmpty)
        }
    }

    @Test("W4: goes on from where it was after any other error within a stream")
    func errorEvent() async throws {
        try await run { scene in
            try await scene.answerList(["a": 1], at: "10")
            let watch = try await scene.openWatch(from: "10")
            try await watch.send(chunk: Self.event("MODIFIED", "a", "2", "11"))
            try await watch.send(chunk: #"{"type":"ERROR","object":{"code":500,"message":"etcd"}}"# + "\n")
            try await watch.closed()
            _ = try await scene.openWatch(from: "11")
            try await until { scene.outages.broken.isEmpty }
            // Once is everyday life.
            #expect(scene.log.lines.map(\.text).isEmpty)
        }
    }

    // MARK: Failures

    @Test("L5: a token that expired in the middle, or a list that was cut off, makes nothing vanish")
    func brokenLists() async throws {
        try await run { scene in
            try await scene.answerList(["a": 1, "b": 2], at: "10")
            try await scene.server.nextRequest().respond(410)
            // The relist is refused as well, then broken off, then its pages expire.
            try await scene.server.nextRequest().respond(410)
            let cut = try await scene.server.nextRequest()
            #expect(cut.request.query == ["limit": "500"])
            try await cut.begin()
            try await cut.send(chunk: String(Self.list(["b": 2], at: "30").dropLast(2)))
            try await cut.close()
            try await scene.server.nextRequest().respond(200, body: Self.list(["b": 2], at: "31", next: "t"))
            let token = try await scene.server.nextRequest()
            #expect(token.request.query["continue"] == "t")
            try await token.respond(410)
            let whole = try await scene.server.nextRequest()
            #expect(whole.request.query.isEmpty)
            #expect(scene.content == ["a": 1, "b": 2])
            try await whole.respond(200, body: Self.list(["b": 2], at: "40"))
            _ = try await scene.openWatch(from: "40")
            #expect(scene.content == ["b": 2])
        }
    }

    @Test("A list of which a later page fails each time is no list: it counts as refused until the last page has come")
    func failingPage() async throws {
        try await run { scene in
            let first = Self.list(["a": 1], at: "10", next: "t")
            for _ in 0..<2 {
                try await scene.server.nextRequest().respond(200, body: first)
                try await scene.server.nextRequest().respond(500)
            }
            let again = try await scene.server.nextRequest()
            #expect(scene.outages.refusals == ["things": 500])
            try await again.respond(200, body: first)
            let last = try await scene.server.nextRequest()
            #expect(scene.outages.refusals == ["things": 500] && !scene.reflector.isSynced && scene.syncs() == 0)
            try await last.respond(200, body: Self.list(["b": 2], at: "11"))
            _ = try await scene.openWatch(from: "11")
            #expect(scene.outages.refusals.isEmpty && scene.reflector.isSynced && scene.syncs() == 1)
            #expect(scene.content == ["a": 1, "b": 2])
        }
    }

    @Test("R1, W5: keeps its version when the server has no time, and tries again", arguments: [429, 503])
    func overloaded(code: Int) async throws {
        try await run { scene in
            try await scene.server.nextRequest().respond(code, headers: [("Retry-After", "0")])
            try await scene.answerList(["a": 1], at: "10")
            for _ in 0..<3 {
                let watch = try await scene.server.nextRequest()
                #expect(watch.request.query["resourceVersion"] == "10")
                try await watch.respond(code, headers: [("Retry-After", "0")])
            }
            let watch = try await scene.openWatch(from: "10")
            // A watch that is agreed to works, whether it says anything or not.
            try await until { scene.outages.broken.isEmpty }
            try await watch.send(chunk: Self.event("MODIFIED", "a", "2", "11"))
            #expect(await scene.nextChanges(2) == ["a: - -> 1", "a: 1 -> 2"])
            #expect(scene.log.lines.map(\.text).count { $0.hasPrefix("warning") } == 1)
            #expect(scene.log.lines.map(\.text).count { $0 == "info: the API server accepts again" } == 1)
        }
    }

    @Test("R1: does not come back before the time that the server named")
    func retryAfter() async throws {
        try await run { scene in
            try await scene.server.nextRequest().respond(429, headers: [("Retry-After", "3600")])
            try await until { !scene.outages.broken.isEmpty }
            // It waits now, and would for an hour: the next thing that happens is that it is stopped.
            for _ in 0..<1000 { await Task.yield() }
            #expect(scene.server.received.count == 1)
        }
    }

    @Test("W6: lists anew when streams are closed at once and without a word")
    func silent() async throws {
        try await run { scene in
            try await scene.answerList(["a": 1], at: "10")
            var next = try await scene.server.nextRequest()
            while next.request.query["watch"] != nil {
                try await next.begin()
                try await next.end()
                next = try await scene.server.nextRequest()
            }
            #expect(next.request.query == ["limit": "500"])
            try await next.respond(200, body: Self.list([:], at: "30"))
            _ = try await scene.openWatch(from: "30")
            #expect(scene.content.isEmpty)
        }
    }

    @Test(
        "W14: goes on past what it cannot read or project, keeps what was known of it, and notices when it goes",
        arguments: [(#""x""#, 3), ("-404", 2)]
    )
    func unreadable(size: String, skipped: Int) async throws {
        try await run { scene in
            try await scene.answerList(["a": 1, "b": 1], at: "10")
            #expect(await scene.nextChanges(2) == ["a: - -> 1", "b: - -> 1"])
            var watch = try await scene.openWatch(from: "10")
            try await watch.send(chunk: Self.event("MODIFIED", "a", size, "11"))
            try await watch.end()
            // Its version counts nevertheless: the same event is not asked for again.
            watch = try await scene.openWatch(from: "11")
            #expect(scene.content == ["a": 1, "b": 1])
            try await watch.send(chunk: #"{"type":"ERROR","object":{"code":410}}"# + "\n")
            let relist = try await scene.server.nextRequest()
            try await relist.respond(
                200,
                body: Self.list(["b": 2], at: "20").replacing(
                    "[{",
                    with: #"[{"metadata":{"name":"a","namespace":"n","resourceVersion":"11"},"size":\#(size)},{"#
                )
            )
            #expect(await scene.nextChanges(1) == ["b: 1 -> 2"])
            watch = try await scene.openWatch(from: "20")
            #expect(scene.content == ["a": 1, "b": 2])
            try await watch.send(chunk: Self.event("DELETED", "a", size, "21"))
            #expect(await scene.nextChanges(1) == ["a: 1 -> -"])
            let skips = scene.log.lines.map(\.text).count { $0 == "error: an object cannot be read and is left out" }
            #expect(skips == skipped)
        }
    }

    @Test(
        "W14: lists anew when an event does not even say whose it is, since something has changed and nobody knows what",
        arguments: [
            "nonsense\n", "{\"type\":\"MODIFIED\",\"obj\n", "{\"type\":\"MODIFIED\",\"object\":{}}\n",
        ]
    )
    func unreadableIdentity(_ event: String) async throws {
        try await run { scene in
            try await scene.answerList(["a": 1], at: "10")
            #expect(await scene.nextChanges(1) == ["a: - -> 1"])
            var watch = try await scene.openWatch(from: "10")
            try await watch.send(chunk: event)
            try await scene.answerList(["a": 2], at: "20")
            #expect(await scene.nextChanges(1) == ["a: 1 -> 2"])
            watch = try await scene.openWatch(from: "20")
            #expect(scene.content == ["a": 2])
        }
    }

    // MARK: Resources that are not served

    @Test("lists an older version when the server lacks the preferred one, and watches that")
    func olderVersion() async throws {
        try await run { scene in
            try await scene.server.nextRequest().respond(404)
            let older = try await scene.server.nextRequest()
            #expect(older.request.path == "/apis/example.com/v1beta1/things")
            try await older.respond(200, body: Self.list(["a": 1], at: "10"))
            let watch = try await scene.openWatch(from: "10")
            #expect(watch.request.path == "/apis/example.com/v1beta1/things")
        }
    }

    @Test("finds the newer version when the older one is served no longer")
    func upgradedServer() async throws {
        try await run { scene in
            try await scene.server.nextRequest().respond(404)
            try await scene.answerList(["a": 1], at: "10")
            for _ in 0..<4 { try await scene.server.nextRequest().respond(404) }
            let list = try await scene.server.nextRequest()
            #expect(list.request.path == "/apis/example.com/v1/things")
            try await list.respond(200, body: Self.list(["a": 1], at: "20"))
            let watch = try await scene.openWatch(from: "20")
            #expect(watch.request.path == "/apis/example.com/v1/things")
        }
    }

    @Test(
        "S11: takes a resource that is not served for an empty one where that is safe, and for unknown elsewhere",
        arguments: [true, false]
    )
    func absent(meansEmpty: Bool) async throws {
        try await run(absentMeansEmpty: meansEmpty) { scene in
            // In both versions, and both once more.
            for _ in 0..<4 { try await scene.server.nextRequest().respond(404) }
            let next = try await scene.server.nextRequest()
            #expect(scene.syncs() == (meansEmpty ? 1 : 0))
            #expect(scene.outages.broken == ["things"])
            try await next.respond(200, body: Self.list(["a": 1], at: "10"))
            _ = try await scene.openWatch(from: "10")
            #expect(scene.content == ["a": 1])
            #expect(scene.syncs() == 1)
            #expect(scene.outages.broken.isEmpty)
        }
    }

    // MARK: Ending

    enum Moment: CaseIterable {
        case beforeAnything, listing, betweenPages, watching, waiting
    }

    @Test(
        "D2, S12: ends at once when cancelled, at whatever moment, and closes what is open",
        arguments: Moment.allCases
    )
    func cancelled(moment: Moment) async throws {
        let slow = Backoff(initial: .seconds(3600), cap: .seconds(3600))
        let open = Mutex<ScriptedExchange?>(nil)
        try await run(backoff: slow) { scene in
            if moment == .beforeAnything { return }
            let list = try await scene.server.nextRequest()
            switch moment {
            case .beforeAnything: break
            case .listing: try await list.begin()
            case .betweenPages:
                try await list.respond(200, body: Self.list(["a": 1], at: "10", next: "t"))
                let second = try await scene.server.nextRequest()
                open.withLock { $0 = second }
            case .watching:
                try await list.respond(200, body: Self.list(["a": 1], at: "10"))
                let watch = try await scene.openWatch(from: "10")
                open.withLock { $0 = watch }
            case .waiting:
                try await list.respond(500)
                try await until { !scene.outages.broken.isEmpty }
            }
        }
        try await open.withLock { $0 }?.closed()
    }

    // MARK: Memory

    @Test("S6: keeps what is projected of an object, and the object no longer than that takes")
    func memory() async throws {
        try await ScriptedServer.run { server in
            let log = LogRecorder()
            let client = try KubernetesClient(
                configuration: ClusterConfiguration(server: server.url, origin: "test"),
                userAgent: "tests/1",
                logger: log.logger
            )
            let store = Store<Bool>()
            let most = Mutex(0)
            let reflector = Reflector<Heavy, Bool>(
                name: "heavy",
                client: client,
                store: store,
                outages: OutageLog(logger: log.logger),
                logger: log.logger,
                project: { _ in
                    most.withLock { $0 = max($0, Heavy.Ballast.alive.withLock { $0 }) }
                    return true
                },
                onChange: { _ in },
                onSynced: {}
            )
            let running = Task { await reflector.run() }
            let items = (0..<2000).map { #"{"metadata":{"name":"a\#($0)","namespace":"n","resourceVersion":"1"}}"# }
            try await server.nextRequest().respond(
                200,
                body: #"{"items":[\#(items.joined(separator: ","))],"metadata":{"resourceVersion":"1"}}"#
            )
            let watch = try await server.nextRequest()
            try await watch.begin()
            for version in 2...100 {
                let object = #"{"metadata":{"name":"b\#(version)","namespace":"n","resourceVersion":"\#(version)"}}"#
                try await watch.send(chunk: #"{"type":"ADDED","object":\#(object)}"# + "\n")
            }
            try await until { store.names(in: "n").count == 2099 }
            // Before it is cancelled: the store alone is left.
            try await until { Heavy.Ballast.alive.withLock { $0 } == 0 }
            running.cancel()
            await running.value
            await client.shutdown()
            #expect(most.withLock { $0 } <= 2)
        }
    }

    /// A kind whose objects count those of them that are alive.
    private struct Heavy: KubernetesObject {
        final class Ballast: Sendable {
            static let alive = Mutex(0)
            init() { Self.alive.withLock { $0 += 1 } }
            deinit { Self.alive.withLock { $0 -= 1 } }
        }

        static let resource = Resource(group: "", version: "v1", plural: "heavies", kind: "Heavy", isNamespaced: true)

        var metadata: ObjectMeta
        let ballast = Ballast()

        init(json: JSONReader) throws(JSONError) {
            metadata = try json.metadata()
        }
    }
}
