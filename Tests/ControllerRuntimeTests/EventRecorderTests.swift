import KubernetesAPI
import KubernetesClient
import PrometheusMetrics
import ScriptedServer
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Events on the wire", .timeLimit(.minutes(15)))
struct EventRecorderTests {
    private struct Stage {
        let server: ScriptedServer
        let recorder: EventRecorder
        let log: LogRecorder
        let metrics: PrometheusRegistry

        func say(_ namespace: String = "team-a") {
            recorder.record(
                EventContent(
                    .warning,
                    reason: "Held",
                    action: "Enforce",
                    regarding: ObjectReference(Namespace.self, name: namespace, uid: "u1"),
                    related: ObjectReference(Thing.self, name: "p", uid: "u2"),
                    note: "because"
                )
            )
        }

        /// Answers the next request, which must be of this method.
        @discardableResult
        func answer(_ method: String, _ code: Int, _ body: String = #"{"metadata":{"name":"x"}}"#) async throws
            -> String
        {
            let exchange = try await server.nextRequest()
            #expect(exchange.request.method == method)
            #expect(exchange.request.path.hasPrefix("/apis/events.k8s.io/v1/namespaces/default/events"))
            try await exchange.respond(code, body: body)
            return exchange.request.body
        }
    }

    private func run(_ body: (Stage) async throws -> Void) async throws {
        try await ScriptedServer.run { server in
            let log = LogRecorder()
            let metrics = PrometheusRegistry()
            let client = try KubernetesClient(
                configuration: ClusterConfiguration(server: server.url, origin: "test"),
                userAgent: "tests/1",
                logger: log.logger
            )
            let recorder = EventRecorder(
                client: client,
                source: .init(controller: "example.com/c", instance: "pod-1", fieldManager: "c", serverMinor: 23),
                logger: log.logger,
                metrics: metrics
            ) {
                MicroTime(microsecondsSinceEpoch: 1_795_253_400_000_007)
            }
            let running = Task { await recorder.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(
                    try await body(Stage(server: server, recorder: recorder, log: log, metrics: metrics))
                )
            } catch {
                result = .failure(error)
            }
            running.cancel()
            await running.value
            await client.shutdown()
            try result.get()
        }
    }

    @Test("E1, E4: an Event has all that the API server asks for, and is in default for what is cluster-scoped")
    func document() async throws {
        try await run { stage in
            stage.say()
            let body = try await stage.answer("POST", 201)
            #expect(
                body
                    == #"{"action":"Enforce","apiVersion":"events.k8s.io/v1","eventTime":"2026-11-21T09:30:00.000007Z","#
                    + #""kind":"Event","metadata":{"name":"team-a.660c601305607","namespace":"default"},"note":"because","#
                    + #""reason":"Held","regarding":{"apiVersion":"v1","kind":"Namespace","name":"team-a","uid":"u1"},"#
                    + #""related":{"apiVersion":"example.com/v1","kind":"Thing","name":"p","uid":"u2"},"#
                    + #""reportingController":"example.com/c","reportingInstance":"pod-1","type":"Warning"}"#
            )
        }
    }

    @Test("E4: servers before 1.23 take Events of what is cluster-scoped in kube-system only", arguments: [22, 23])
    func namespace(serverMinor: Int) {
        let source = EventRecorder.Source(controller: "c", instance: "i", fieldManager: "f", serverMinor: serverMinor)
        #expect(source.clusterScopedNamespace == (serverMinor < 23 ? "kube-system" : "default"))
    }

    @Test("E2: a recurrence patches the series alone, and one that was lost is created with it")
    func series() async throws {
        try await run { stage in
            stage.say()
            try await stage.answer("POST", 201)
            stage.say()
            let series = #""series":{"count":2,"lastObservedTime":"2026-11-21T09:30:00.000007Z"}"#
            #expect(try await stage.answer("PATCH", 404, #"{"kind":"Status","code":404}"#) == "{\(series)}")
            #expect(try await stage.answer("POST", 201).contains(series))
        }
    }

    @Test("E3: that Events are refused is said once, counted, and is nobody's concern who records them")
    func refused() async throws {
        try await run { stage in
            stage.say("a")
            try await stage.answer("POST", 403, #"{"kind":"Status","code":403}"#)
            stage.say("b")
            try await stage.answer("POST", 422, #"{"kind":"Status","code":422}"#)
            stage.say("c")
            try await stage.answer("POST", 201)
            try await until { stage.log.lines.contains { $0.text == "info: the API server accepts Events again" } }
            let said = stage.log.lines.filter { $0.level >= .info }.map(\.text)
            #expect(
                said == ["warning: the API server refuses Events", "info: the API server accepts Events again"]
            )
            #expect(
                stage.metrics.exposition(.text).contains(#"event_recorder_dropped_total{reason="refused"} 2"#)
            )
        }
    }

    @Test("An attempt whose answer was lost does not make a second Event")
    func repeated() async throws {
        try await run { stage in
            stage.say()
            let first = try await stage.server.nextRequest()
            try await first.close()
            let body = try await stage.answer("POST", 409, #"{"kind":"Status","code":409,"reason":"AlreadyExists"}"#)
            #expect(first.request.body == body)
            stage.say()
            try await stage.answer("PATCH", 200)
        }
    }
}
