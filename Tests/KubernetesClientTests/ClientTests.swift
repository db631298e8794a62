import KubernetesAPI
import PrometheusMetrics
import ScriptedServer
import Synchronization
import Testing

@testable import KubernetesClient

@Suite("The client", .timeLimit(.minutes(15)))
struct ClientTests {
    private static let thing = #"{"metadata":{"name":"a","namespace":"n","resourceVersion":"5"},"size":3}"#

    // MARK: Verbs

    @Test("reads an object, and says who it is and what it wants")
    func get() async throws {
        try await withClient(credentials: .token("secret")) { server, client in
            let answer = Task { try await client.get(Thing.self, name: "a", namespace: "n") }
            let exchange = try await server.nextRequest()
            #expect(exchange.request.method == "GET")
            #expect(exchange.request.uri == "/apis/example.com/v1/namespaces/n/things/a")
            #expect(exchange.request.header("Accept") == "application/json")
            #expect(exchange.request.header("Authorization") == "Bearer secret")
            #expect(exchange.request.header("User-Agent") == "tests/1")
            #expect(exchange.request.body.isEmpty)
            try await exchange.respond(200, body: Self.thing)
            #expect(try await answer.value.size == 3)
        }
    }

    @Test("counts requests by method and by what they were answered with, watches by their head")
    func metrics() async throws {
        let registry = PrometheusRegistry()
        func counts() -> [String] {
            registry.exposition(.text).split(separator: "\n").filter { !$0.hasPrefix("#") }
                .map { String($0.trimmingPrefix("rest_client_requests_total")) }
        }
        try await withClient(metrics: registry) { server, client in
            #expect(counts() == [])
            for code in [200, 200, 404] {
                let answer = Task { try await client.get(Thing.self, name: "a", namespace: "n") }
                try await server.nextRequest().respond(code, body: Self.thing)
                _ = await answer.result
            }
            let deletion = Task { try await client.delete(Thing.self, name: "a", namespace: "n", uid: "u") }
            try await server.nextRequest().close()
            _ = await deletion.result
            let watch = Task {
                try await client.watch(
                    Thing.self,
                    WatchQuery(resourceVersion: ResourceVersion("1"), timeout: .seconds(60))
                ) { _ in }
            }
            let stream = try await server.nextRequest()
            try await stream.begin()
            try await stream.end()
            _ = await watch.result
        }
        #expect(
            counts() == [
                #"{code="200",method="GET"} 3"#, #"{code="404",method="GET"} 1"#,
                #"{code="<error>",method="DELETE"} 1"#,
            ]
        )
    }

    @Test("A8: acts for whom it is told to")
    func impersonation() async throws {
        let impersonation = Impersonation(user: "jane", groups: ["a", "b"], extra: ["example.com/x": ["1"]])
        try await withClient(impersonation: impersonation) { server, client in
            let answer = Task { try await client.get(Thing.self, name: "a", namespace: "n") }
            let exchange = try await server.nextRequest()
            let sent = exchange.request.headers.filter { $0.name.hasPrefix("Impersonate") }.map { "\($0): \($1)" }
            #expect(
                sent == [
                    "Impersonate-User: jane", "Impersonate-Group: a", "Impersonate-Group: b",
                    "Impersonate-Extra-example.com%2Fx: 1",
                ]
            )
            try await exchange.respond(200, body: Self.thing)
            _ = try await answer.value
        }
    }

    @Test("P1: applies under a field manager, with or without force, and gives back what stands there now")
    func apply() async throws {
        try await withClient { server, client in
            for force in [true, false] {
                let answer = Task {
                    try await client.apply(
                        Thing.self,
                        name: "a",
                        namespace: "n",
                        document: ["metadata": ["name": "a", "annotations": ["u": "https://x/y"]]],
                        fieldManager: "me & you",
                        force: force
                    )
                }
                let exchange = try await server.nextRequest()
                #expect(exchange.request.method == "PATCH")
                #expect(exchange.request.path == "/apis/example.com/v1/namespaces/n/things/a")
                #expect(exchange.request.query == ["fieldManager": "me%20%26%20you", "force": "\(force)"])
                #expect(exchange.request.header("Content-Type") == "application/apply-patch+yaml")
                // P10: no escaped slashes.
                #expect(exchange.request.body == #"{"metadata":{"annotations":{"u":"https://x/y"},"name":"a"}}"#)
                try await exchange.respond(force ? 201 : 200, body: Self.thing)
                #expect(try await answer.value.metadata.resourceVersion == ResourceVersion("5"))
            }
        }
    }

    @Test("P7: applies a status to its own path")
    func applyStatus() async throws {
        try await withClient { server, client in
            let answer = Task {
                try await client.apply(
                    Thing.self,
                    name: "a",
                    namespace: "n",
                    subresource: "status",
                    document: [:],
                    fieldManager: "m",
                    force: true
                )
            }
            let exchange = try await server.nextRequest()
            #expect(exchange.request.path == "/apis/example.com/v1/namespaces/n/things/a/status")
            try await exchange.respond(200, body: Self.thing)
            _ = try await answer.value
        }
    }

    @Test("creates an object, or has the server say what would become of it")
    func create() async throws {
        try await withClient { server, client in
            for dryRun in [false, true] {
                let answer = Task {
                    try await client.create(
                        Thing.self,
                        namespace: "n",
                        document: ["metadata": ["generateName": "a"]],
                        fieldManager: "m",
                        dryRun: dryRun
                    )
                }
                let exchange = try await server.nextRequest()
                #expect(exchange.request.method == "POST")
                #expect(exchange.request.path == "/apis/example.com/v1/namespaces/n/things")
                #expect(
                    exchange.request.query == ["fieldManager": "m"].merging(dryRun ? ["dryRun": "All"] : [:]) { $1 }
                )
                #expect(exchange.request.header("Content-Type") == "application/json")
                #expect(exchange.request.body == #"{"metadata":{"generateName":"a"}}"#)
                try await exchange.respond(201, body: Self.thing)
                #expect(try await answer.value.size == 3)
            }
        }
    }

    @Test("merges a patch, in which null stays null")
    func merge() async throws {
        try await withClient { server, client in
            let answer = Task {
                try await client.merge(
                    Thing.self,
                    name: "a",
                    namespace: "n",
                    patch: ["size": nil],
                    fieldManager: "m"
                )
            }
            let exchange = try await server.nextRequest()
            #expect(exchange.request.method == "PATCH")
            #expect(exchange.request.query == ["fieldManager": "m"])
            #expect(exchange.request.header("Content-Type") == "application/merge-patch+json")
            #expect(exchange.request.body == #"{"size":null}"#)
            try await exchange.respond(200, body: Self.thing)
            _ = try await answer.value
        }
    }

    @Test("replaces an object")
    func replace() async throws {
        try await withClient { server, client in
            let answer = Task {
                try await client.replace(Thing.self, name: "a", namespace: "n", document: [:], fieldManager: "m")
            }
            let exchange = try await server.nextRequest()
            #expect(exchange.request.method == "PUT")
            #expect(exchange.request.query == ["fieldManager": "m"])
            #expect(exchange.request.header("Content-Type") == "application/json")
            #expect(exchange.request.body == "{}")
            try await exchange.respond(200, body: Self.thing)
            _ = try await answer.value
        }
    }

    @Test("O2: deletes the very object that was meant, in the version that was meant, or nothing")
    func delete() async throws {
        try await withClient { server, client in
            for version in [nil, ResourceVersion("7")] {
                let answer = Task {
                    try await client.delete(
                        Thing.self,
                        name: "a",
                        namespace: "n",
                        uid: "u",
                        resourceVersion: version
                    )
                }
                let exchange = try await server.nextRequest()
                #expect(exchange.request.method == "DELETE")
                let more = version == nil ? "" : #""resourceVersion":"7","#
                #expect(
                    exchange.request.body
                        == #"{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{\#(more)"uid":"u"},"propagationPolicy":"Background"}"#
                )
                try await exchange.respond(200, body: #"{"kind":"Status","status":"Success"}"#)
                try await answer.value
            }
        }
    }

    private struct Refused: Error {}

    private static let writes: [@Sendable (KubernetesClient) async throws -> Void] = [
        { _ = try await $0.create(Thing.self, namespace: "n", document: [:], fieldManager: "m") },
        {
            _ = try await $0.apply(
                Thing.self,
                name: "a",
                namespace: "n",
                document: [:],
                fieldManager: "m",
                force: true
            )
        },
        { _ = try await $0.merge(Thing.self, name: "a", namespace: "n", patch: [:], fieldManager: "m") },
        { _ = try await $0.replace(Thing.self, name: "a", namespace: "n", document: [:], fieldManager: "m") },
        { try await $0.delete(Thing.self, name: "a", namespace: "n", uid: "u") },
    ]

    @Test("E-L3: a write on a condition that does not hold is not sent, whichever it is; reads and dry runs are")
    func refusedWrites() async throws {
        try await withClient { server, client in
            let refusing = client.writing { throw Refused() }
            for write in Self.writes {
                await #expect(throws: Refused.self) { try await write(refusing) }
            }
            #expect(server.received.isEmpty)
            let reads: [@Sendable () async throws -> Void] = [
                { _ = try await refusing.get(Thing.self, name: "a", namespace: "n") },
                { _ = try await refusing.create(Thing.self, document: [:], fieldManager: "m", dryRun: true) },
                { _ = try await refusing.tryMerge(Thing.self, name: "a", patch: [:], fieldManager: "m") },
            ]
            for read in reads {
                let answer = Task { try await read() }
                try await server.nextRequest().respond(200, body: Self.thing)
                try await answer.value
            }
            // The client that it was made from does not ask.
            let answer = Task { try await Self.writes[2](client) }
            try await server.nextRequest().respond(200, body: Self.thing)
            try await answer.value
        }
    }

    @Test("E-L3: the condition is asked again when the connection is there, and each time: it may hold no more by then")
    func refusedLate() async throws {
        try await withClient { server, client in
            let asked = Mutex(0)
            let refusing = client.writing {
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                if count == 4 { throw Refused() }
            }
            let answer = Task { try await Self.writes[1](refusing) }
            let exchange = try await server.nextRequest()
            #expect(exchange.request.body == "{}")
            try await exchange.respond(200, body: Self.thing)
            try await answer.value
            #expect(asked.withLock { $0 } == 2)
            // The head is sent by then, upon which a server does nothing; the body is not.
            await #expect(throws: Refused.self) { try await Self.writes[1](refusing) }
            #expect(server.received.count == 1)
        }
    }

    @Test("reads any path, and says what is wrong with an answer that is something else")
    func getPath() async throws {
        try await withClient { server, client in
            for (body, isGood) in [(#"{"major":"1"}"#, true), ("<html>", false)] {
                let answer = Task { try await client.get([String: String].self, path: "/version") }
                let exchange = try await server.nextRequest()
                #expect(exchange.request.uri == "/version")
                try await exchange.respond(200, body: body)
                if isGood {
                    #expect(try await answer.value == ["major": "1"])
                } else {
                    let error = await #expect(throws: TransportError.self) { _ = try await answer.value }
                    #expect(error?.kind == .malformed)
                    #expect(error?.message.hasPrefix("GET /version: ") == true)
                }
            }
        }
    }

    // MARK: Lists

    /// What a list gives: items, or what is wrong with them.
    private func list(
        _ client: KubernetesClient,
        of selection: Selection = .all,
        _ query: ListQuery = .init()
    ) async throws -> (items: [String], metadata: ListMetadata) {
        let items = Collected<String>()
        let metadata = try await client.list(Thing.self, of: selection, query) { item in
            switch item {
            case .success(let thing): items.append(thing.metadata.name)
            case .failure(let error): items.append("unreadable: \(error.metadata?.name ?? "?")")
            }
        }
        return (items.all, metadata)
    }

    @Test("L6: asks for one page of a list, and says where the next one begins")
    func listPage() async throws {
        try await withClient { server, client in
            let answer = Task {
                try await list(
                    client,
                    of: Selection(namespace: "n", labels: "a=b"),
                    ListQuery(limit: 2, continueToken: "t")
                )
            }
            let exchange = try await server.nextRequest()
            #expect(exchange.request.path == "/apis/example.com/v1/namespaces/n/things")
            #expect(exchange.request.query == ["labelSelector": "a%3Db", "limit": "2", "continue": "t"])
            try await exchange.respond(
                200,
                body: #"""
                    {"kind":"ThingList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}],
                    "metadata":{"resourceVersion":"9","continue":"u"}}
                    """#
            )
            let (items, metadata) = try await answer.value
            #expect(items == ["a", "b"])
            #expect(metadata == ListMetadata(resourceVersion: .init("9"), continueToken: "u"))
        }
    }

    @Test("hands out an item as soon as it has arrived, with the rest of the list still to come")
    func listStreams() async throws {
        try await withClient { server, client in
            let (arrived, arrivals) = AsyncStream.makeStream(of: String.self)
            let answer = Task {
                try await client.list(Thing.self) { item in
                    if case .success(let thing) = item { arrivals.yield(thing.metadata.name) }
                }
            }
            let exchange = try await server.nextRequest()
            try await exchange.begin()
            var names = arrived.makeAsyncIterator()
            try await exchange.send(chunk: #"{"items":[{"metadata":{"na"#)
            try await exchange.send(chunk: #"me":"a"}},"#)
            #expect(await names.next() == "a")
            try await exchange.send(chunk: #"{"metadata":{"name":"b"}}"#)
            #expect(await names.next() == "b")
            try await exchange.send(chunk: #"],"metadata":{"resourceVersion":"9"}}"#)
            try await exchange.end()
            #expect(try await answer.value.resourceVersion == ResourceVersion("9"))
        }
    }

    @Test("W14: an item that cannot be read does not hide the others")
    func unreadableItem() async throws {
        try await withClient { server, client in
            let answer = Task { try await list(client) }
            try await server.nextRequest().respond(
                200,
                body: #"""
                    {"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a"}},
                    {"metadata":{"name":"b"},"size":"x"},7,{"metadata":{"name":"c"}}]}
                    """#
            )
            #expect(try await answer.value.items == ["a", "unreadable: b", "unreadable: ?", "c"])
        }
    }

    @Test("L5: a list that was cut off is an error, however it was cut", arguments: [true, false])
    func truncatedList(abruptly: Bool) async throws {
        try await withClient { server, client in
            let answer = Task { try await list(client) }
            let exchange = try await server.nextRequest()
            try await exchange.begin()
            try await exchange.send(chunk: #"{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a"}}]"#)
            if abruptly { try await exchange.close() } else { try await exchange.end() }
            let error = await #expect(throws: TransportError.self) { _ = try await answer.value }
            #expect(error?.kind == .interrupted)
        }
    }

    @Test(
        "a list of nothing is one that says so; anything else answered with 200 is an error",
        arguments: [
            (#"{"metadata":{"resourceVersion":"9"},"items":[]}"#, true),
            (#"{"metadata":{"resourceVersion":"9"},"items":null}"#, true),
            (#"{"kind":"Status","metadata":{},"status":"Success"}"#, false),
            (#"{"metadata":{"resourceVersion":"9"},"items":{}}"#, false),
            (#"{"items":[]}"#, false), ("{}", false), ("[]", false), (#""ok""#, false), ("ok", false),
        ]
    )
    func notAList(body: String, isList: Bool) async throws {
        try await withClient { server, client in
            let answer = Task { try await list(client) }
            try await server.nextRequest().respond(200, body: body)
            if isList {
                #expect(try await answer.value.items.isEmpty)
            } else {
                let error = await #expect(throws: TransportError.self) { _ = try await answer.value }
                #expect(error?.kind == .malformed)
            }
        }
    }

    @Test("reads a whole list page by page")
    func listAll() async throws {
        try await withClient { server, client in
            let answer = Task { try await client.listAll(Thing.self) }
            for (token, next) in [(nil, "t"), ("t", "u"), ("u", "")] {
                let exchange = try await server.nextRequest()
                #expect(exchange.request.query["limit"] == "500")
                #expect(exchange.request.query["continue"] == token)
                try await exchange.respond(
                    200,
                    body: #"{"items":[{"metadata":{"name":"\#(next)"}}],"metadata":{"continue":"\#(next)"}}"#
                )
            }
            #expect(try await answer.value.map(\.metadata.name) == ["t", "u", ""])
        }
    }

    // MARK: Watches

    /// What a watch says, and its last words.
    private func watch(_ client: KubernetesClient, onEvent: @escaping @Sendable (String) -> Void) async throws {
        let query = WatchQuery(resourceVersion: .init("5"), timeout: .seconds(300))
        try await client.watch(Thing.self, of: Selection(fields: "metadata.name=x"), query) { event in
            switch event {
            case .added(let thing): onEvent("added \(thing.metadata.name)")
            case .modified(let thing): onEvent("modified \(thing.metadata.name)")
            case .deleted(let thing): onEvent("deleted \(thing.metadata.name)")
            case .bookmark(let version): onEvent("bookmark \(version)")
            case .error(let status): onEvent("error \(status.code ?? 0)")
            case .unreadable(let object): onEvent("unreadable \(object.metadata?.name ?? "?")")
            }
        }
    }

    @Test("W12, W14: hands out each event as it arrives, in whatever pieces, and goes on after one that cannot be read")
    func watchEvents() async throws {
        try await withClient { server, client in
            let (events, arrivals) = AsyncStream.makeStream(of: String.self)
            let end = Task { try await watch(client) { arrivals.yield($0) } }
            let exchange = try await server.nextRequest()
            #expect(
                exchange.request.query == [
                    "watch": "1", "allowWatchBookmarks": "true", "resourceVersion": "5", "timeoutSeconds": "300",
                    "fieldSelector": "metadata.name%3Dx",
                ]
            )
            try await exchange.begin()
            var iterator = events.makeAsyncIterator()
            func say(_ pieces: [String], _ expected: [String]) async throws {
                for piece in pieces { try await exchange.send(chunk: piece) }
                for event in expected { #expect(await iterator.next() == event) }
            }
            try await say(["{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n"], ["added a"])
            try await say(
                ["{\"type\":\"MODIFIED\",", "\"object\":{\"metadata\":{\"name\":\"a\"}", "}}\n"],
                ["modified a"]
            )
            try await say(["{\"type\":\"NEW\"}\nnonsense\n"], ["unreadable ?", "unreadable ?"])
            try await say(
                [
                    "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"size\":\"x\"}}\n"
                        + "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n{\"type\":\"DEL"
                ],
                ["unreadable a", "bookmark 9"]
            )
            try await say(["ETED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n"], ["deleted a"])
            try await say(["{\"type\":\"ERROR\",\"object\":{\"code\":410}}\n"], ["error 410"])
            try await exchange.end()
            try await end.value
        }
    }

    @Test("W5: a stream that the server closes between events is no error")
    func watchEnds() async throws {
        try await withClient { server, client in
            let end = Task { try await watch(client) { _ in } }
            let exchange = try await server.nextRequest()
            try await exchange.begin()
            try await exchange.send(chunk: "{}\n")
            try await exchange.end()
            try await end.value
        }
    }

    @Test("a stream that ends within an event is an error, however it ends", arguments: [true, false])
    func watchCut(abruptly: Bool) async throws {
        try await withClient { server, client in
            let end = Task { try await watch(client) { _ in } }
            let exchange = try await server.nextRequest()
            try await exchange.begin()
            try await exchange.send(chunk: "{}\n{\"type\":")
            if abruptly { try await exchange.close() } else { try await exchange.end() }
            let error = await #expect(throws: TransportError.self) { try await end.value }
            #expect(error?.kind == .interrupted)
        }
    }

    @Test("W3: a version that is no longer kept may be refused before the stream begins")
    func watchExpired() async throws {
        try await withClient { server, client in
            let end = Task { try await watch(client) { _ in } }
            try await server.nextRequest().respond(
                410,
                body: #"{"kind":"Status","status":"Failure","reason":"Expired"}"#
            )
            let error = await #expect(throws: APIError.self) { try await end.value }
            #expect(error?.isExpired == true)
            #expect(error?.status?.reason == "Expired")
        }
    }

    @Test(
        "W10, W11: a stream is given up some time after the server should have ended it, and its head has that time, too"
    )
    func watchPatience() {
        let query = WatchQuery(resourceVersion: .init("5"), timeout: .seconds(300))
        let patience = KubernetesClient.patience(for: query)
        #expect(patience.total == .seconds(315))
        #expect(patience.idle == .seconds(315))
    }

    @Test("W15: a stream is closed when what takes its events throws")
    func watchThrows() async throws {
        struct Enough: Error {}
        try await withClient { server, client in
            let query = WatchQuery(resourceVersion: .init("5"), timeout: .seconds(300))
            let end = Task { try await client.watch(Thing.self, query) { _ in throw Enough() } }
            let exchange = try await server.nextRequest()
            try await exchange.begin()
            try await exchange.send(chunk: "{}\n")
            await #expect(throws: Enough.self) { try await end.value }
            try await exchange.closed()
        }
    }

    @Test("T12: a cancelled watch gives its connection up")
    func watchCancelled() async throws {
        try await withClient { server, client in
            let (events, arrivals) = AsyncStream.makeStream(of: String.self)
            let watching = Task { try await watch(client) { arrivals.yield($0) } }
            let exchange = try await server.nextRequest()
            try await exchange.begin()
            try await exchange.send(chunk: "{}\n")
            var iterator = events.makeAsyncIterator()
            _ = await iterator.next()
            watching.cancel()
            await #expect(throws: CancellationError.self) { try await watching.value }
            try await exchange.closed()
        }
    }

    @Test("T3: a call does not wait for as many others as are ever under way, such as a lease's renewal for writes")
    func callsApart() async throws {
        try await withClient { server, client in
            try await withThrowingTaskGroup { group in
                for _ in 0..<64 {
                    group.addTask { _ = try await client.get(Thing.self, name: "held", namespace: "n") }
                    _ = try await server.nextRequest()
                }
                let answer = Task { try await client.get(Thing.self, name: "a", namespace: "n") }
                try await server.nextRequest().respond(200, body: Self.thing)
                #expect(try await answer.value.size == 3)
                group.cancelAll()
            }
        }
    }

    @Test("T3, T4: watches do not keep ordinary calls waiting, however many there are")
    func watchesApart() async throws {
        try await withClient { server, client in
            try await withThrowingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask { try await watch(client) { _ in } }
                    try await server.nextRequest().begin()
                }
                let answer = Task { try await client.get(Thing.self, name: "a", namespace: "n") }
                try await server.nextRequest().respond(200, body: Self.thing)
                #expect(try await answer.value.size == 3)
                group.cancelAll()
            }
        }
    }
}
