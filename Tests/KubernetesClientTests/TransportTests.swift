import KubernetesAPI
import ScriptedServer
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("The transport", .timeLimit(.minutes(15)))
struct TransportTests {
    private static let thing = #"{"metadata":{"name":"a","namespace":"n","resourceVersion":"5"},"size":3}"#

    private func get(_ client: KubernetesClient) async throws -> Thing {
        try await client.get(Thing.self, name: "a", namespace: "n")
    }

    // MARK: Refusals

    static let answers: [(Int, String, String?, Duration?)] = [
        (403, #"{"kind":"Status","status":"Failure","message":"no","reason":"Forbidden"}"#, nil, nil),
        (404, #"{"kind":"Status","status":"Failure","message":"none","details":{"name":"a"}}"#, nil, nil),
        (409, #"{"kind":"Status","status":"Failure","message":"changed","reason":"Conflict"}"#, nil, nil),
        (422, #"{"kind":"Status","status":"Failure","message":"invalid","reason":"Invalid"}"#, nil, nil),
        (429, #"{"kind":"Status","status":"Failure","message":"slower"}"#, "7", Duration.seconds(7)),
        (503, "not now", "1", Duration.seconds(1)),
        (
            503, #"{"kind":"Status","status":"Failure","message":"x","details":{"retryAfterSeconds":2}}"#, nil,
            .seconds(2)
        ),
        (503, "not now", "Wed, 21 Oct 2026 07:28:00 GMT", nil),
        (500, "", nil, nil),
    ]

    @Test(
        "R1, R9: an error has the server's code, its words and the time to wait",
        arguments: answers
    )
    func refusals(code: Int, body: String, header: String?, retryAfter: Duration?) async throws {
        try await withClient { server, client in
            let answer = Task { try await get(client) }
            try await server.nextRequest().respond(
                code,
                headers: header.map { [("Retry-After", $0)] } ?? [],
                body: body
            )
            let error = try #require(await #expect(throws: APIError.self) { _ = try await answer.value })
            #expect(error.code == code)
            #expect(error.request == "GET /apis/example.com/v1/namespaces/n/things/a")
            #expect(error.retryAfter == retryAfter)
            #expect((error.status == nil) == !body.hasPrefix("{"))
            #expect(error.body == body)
        }
        // It retried nothing.
    }

    @Test("R9: keeps the beginning of an error page only, and does not wait for its end")
    func errorPage() async throws {
        try await withClient { server, client in
            let answer = Task { try await get(client) }
            let exchange = try await server.nextRequest()
            try await exchange.begin(502)
            // The client may have had enough before all of it is sent.
            try? await exchange.send(chunk: String(repeating: "<p>", count: 100_000))
            let error = await #expect(throws: APIError.self) { _ = try await answer.value }
            #expect(error?.code == 502)
            #expect(error?.body.utf8.count == 2048)
            try await exchange.closed()
        }
    }

    @Test("a code stands although its explanation was cut short")
    func cutExplanation() async throws {
        try await withClient { server, client in
            let answer = Task { try await get(client) }
            let exchange = try await server.nextRequest()
            try await exchange.begin(410)
            try await exchange.send(chunk: #"{"kind":"Sta"#)
            try await exchange.close()
            let error = await #expect(throws: APIError.self) { _ = try await answer.value }
            #expect(error?.isExpired == true)
        }
    }

    @Test("T7: a redirect is not followed, since a token would travel with it")
    func redirect() async throws {
        try await ScriptedServer.run { other in
            try await withClient(credentials: .token("secret")) { server, client in
                let answer = Task { try await get(client) }
                try await server.nextRequest().respond(307, headers: [("Location", other.url + "/x")])
                let error = await #expect(throws: APIError.self) { _ = try await answer.value }
                #expect(error?.code == 307)
                #expect(server.received.count == 1)
            }
            #expect(other.received.isEmpty)
        }
    }

    @Test("T6: says that nobody listens, and where")
    func refusedConnection() async throws {
        let url = try await ScriptedServer.run { $0.url }
        let client = try KubernetesClient(
            configuration: ClusterConfiguration(server: url, origin: "test"),
            userAgent: "tests/1",
            logger: LogRecorder().logger
        )
        let error = await #expect(throws: TransportError.self) { _ = try await get(client) }
        await client.shutdown()
        #expect(error?.kind == .connect)
        #expect(error?.message == "\(url): connection refused: does an API server listen there?")
    }

    // MARK: Credentials

    @Test("A1: a refused token is read anew, and the request tried once more with the next one")
    func nextToken() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("one", to: "token")
        try await withClient(credentials: .tokenFile(file)) { server, client in
            let answer = Task { try await get(client) }
            let first = try await server.nextRequest()
            #expect(first.request.header("Authorization") == "Bearer one")
            try directory.write("two", to: "token")
            try await first.respond(401)
            let second = try await server.nextRequest()
            #expect(second.request.header("Authorization") == "Bearer two")
            #expect(second.request.uri == first.request.uri)
            try await second.respond(200, body: Self.thing)
            #expect(try await answer.value.size == 3)
        }
    }

    @Test("A1: a token that is refused once more is an error, not a loop")
    func refusedTwice() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("one", to: "token")
        try await withClient(credentials: .tokenFile(file)) { server, client in
            let answer = Task { try await get(client) }
            let first = try await server.nextRequest()
            try directory.write("two", to: "token")
            try await first.respond(401)
            try await server.nextRequest().respond(401)
            let error = await #expect(throws: APIError.self) { _ = try await answer.value }
            #expect(error?.isUnauthorized == true)
            #expect(server.received.count == 2)
        }
    }

    @Test("a token that has not changed since it was refused is not tried again", arguments: [true, false])
    func sameToken(isFile: Bool) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("one", to: "token")
        try await withClient(credentials: isFile ? .tokenFile(file) : .token("one")) { server, client in
            let answer = Task { try await get(client) }
            try await server.nextRequest().respond(401)
            await #expect(throws: APIError.self) { _ = try await answer.value }
            #expect(server.received.count == 1)
        }
    }

    @Test("sends nothing when there are no credentials to be had")
    func noCredentials() async throws {
        try await withClient(credentials: .tokenFile("/nowhere/token")) { server, client in
            await #expect(throws: ConfigurationError.self) { _ = try await get(client) }
            #expect(server.received.isEmpty)
        }
    }

    // MARK: Time

    @Test("W10: a stream on which nothing comes is given up, before its head and after it", arguments: [true, false])
    func idle(hasHead: Bool) async throws {
        let patience = Patience(total: .seconds(600), idle: .seconds(1))
        try await givesUp(patience, saying: "GET /slow: no answer for 1.0 seconds") { exchange in
            guard hasHead else { return }
            try await exchange.begin()
            try await exchange.send(chunk: "{}\n")
        }
    }

    @Test("T2: a call that keeps coming, but to no end, is given up at its limit")
    func total() async throws {
        let patience = Patience(total: .seconds(1), idle: .seconds(600))
        try await givesUp(patience, saying: "GET /slow: not done in 1.0 seconds") { exchange in
            try await exchange.begin()
            while true {
                try await exchange.send(chunk: " ")
                await Task.yield()
            }
        }
    }

    /// Expects a request that is answered so to end with this message, and its connection to be closed.
    private func givesUp(
        _ patience: Patience,
        saying message: String,
        _ answer: @escaping @Sendable (ScriptedExchange) async throws -> Void
    ) async throws {
        try await withTransport { server, transport in
            let answering = Task {
                let exchange = try await server.nextRequest()
                // The client may be gone before all is said.
                try? await answer(exchange)
                try await exchange.closed()
            }
            let error = await #expect(throws: TransportError.self) {
                _ = try await transport.send(
                    Request(method: .GET, path: "/slow"),
                    for: .watches,
                    within: patience,
                    to: Ignoring()
                )
            }
            #expect(error?.kind == .interrupted)
            #expect(error?.message == message)
            // On a machine that is slow enough the time was up before anything was sent.
            if server.received.isEmpty { answering.cancel() } else { try await answering.value }
        }
    }

    @Test("T12: a cancelled call ends, though it was never answered, and gives its connection up")
    func cancelled() async throws {
        try await withClient { server, client in
            let call = Task { try await get(client) }
            let exchange = try await server.nextRequest()
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            try await exchange.closed()
        }
    }

    @Test("a request that is under way fails when the client is shut down")
    func shutdown() async throws {
        try await withClient { server, client in
            let call = Task { try await get(client) }
            _ = try await server.nextRequest()
            await client.shutdown()
            await #expect(throws: (any Error).self) { try await call.value }
        }
    }

    @Test("R2: a connection that breaks leaves it open whether the request was carried out")
    func broken() async throws {
        try await withClient { server, client in
            let answer = Task { try await get(client) }
            try await server.nextRequest().close()
            let error = await #expect(throws: TransportError.self) { _ = try await answer.value }
            #expect(error?.kind == .interrupted)
        }
        // R2: it was not sent again.
    }

    // MARK: Bounds and warnings

    @Test("T11: takes an object of a few megabytes, and none without bound")
    func largeObject() async throws {
        try await withClient { server, client in
            let megabyte = String(repeating: " ", count: 1 << 20)
            let answer = Task { try await get(client) }
            let good = try await server.nextRequest()
            try await good.begin()
            for _ in 0..<3 { try await good.send(chunk: megabyte) }
            try await good.send(chunk: Self.thing)
            try await good.end()
            #expect(try await answer.value.size == 3)

            let refused = Task { try await get(client) }
            let endless = try await server.nextRequest()
            let sending = Task {
                try await endless.begin()
                while true { try await endless.send(chunk: megabyte) }
            }
            let error = await #expect(throws: TransportError.self) { _ = try await refused.value }
            #expect(error?.kind == .malformed)
            await #expect(throws: (any Error).self) { try await sending.value }
        }
    }

    @Test("R8: a warning is logged once, whole, however often the server repeats it")
    func warnings() async throws {
        let log = LogRecorder()
        let deprecated = #"299 - "things are deprecated, use others""#
        let insecure = #"299 - "would violate \"restricted\": a, b""#
        try await withClient(logger: log.logger) { server, client in
            for warnings in [[deprecated], [deprecated, insecure], [deprecated]] {
                let answer = Task { try await get(client) }
                try await server.nextRequest().respond(200, headers: warnings.map { ("Warning", $0) }, body: Self.thing)
                _ = try await answer.value
            }
        }
        let lines = log.lines.filter { $0.level == .warning }
        #expect(lines.map { $0.metadata["warning"] } == [deprecated, insecure])
        #expect(lines.first?.metadata["request"] == "GET /apis/example.com/v1/namespaces/n/things/a")
    }

    @Test("What Pod Security admission says of a namespace's pods is not logged, and takes no room from other warnings")
    func podSecurityWarnings() async throws {
        let log = LogRecorder()
        let deprecated = #"299 - "things are deprecated, use others""#
        try await withClient(logger: log.logger) { server, client in
            for number in 0..<120 {
                let answer = Task { try await get(client) }
                let warnings = [
                    #"299 - "existing pods in namespace \"n\#(number)\" violate the new PodSecurity enforce level \"baseline:v1.36\"""#,
                    #"299 - "secret-\#(number) (and 2 other pods): privileged""#,
                    #"299 - "namespace \"n\#(number)\" is exempt from Pod Security, and the policy (enforce=baseline:v1.36) will be ignored""#,
                    #"299 - "failed to list pods while checking new PodSecurity enforce level""#,
                ]
                let all = warnings + (number == 119 ? [deprecated] : [])
                try await server.nextRequest().respond(200, headers: all.map { ("Warning", $0) }, body: Self.thing)
                _ = try await answer.value
            }
        }
        #expect(log.lines.filter { $0.level == .warning }.map { $0.metadata["warning"] } == [deprecated])
    }
}
