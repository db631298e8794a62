import ControllerRuntime
import Hardening
import KubernetesAPI
import KubernetesClient
import ScriptedServer
import TestSupport
import Testing

@testable import HardeningController

@Suite("What of the cluster is seen", .timeLimit(.minutes(15)))
struct ClusterSightTests {
    @Test("S8: Part of the list of pods is sight enough behind the gate, and is none once the gate has been opened")
    func partOfAList() async throws {
        try await ScriptedServer.run { server in
            let log = LogRecorder()
            let client = try KubernetesClient(
                configuration: ClusterConfiguration(server: server.url, origin: "test"),
                userAgent: "tests/1",
                logger: log.logger
            )
            let outages = OutageLog(logger: log.logger)
            let cache = ClusterCache(serverMinor: 36)
            let gate = NamespaceGate()
            let (pages, arrivals) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            let sources = ClusterSources(
                cache: cache,
                client: client,
                outages: outages,
                logger: log.logger,
                listeners: .init(
                    namespaces: { _ in },
                    profile: { _ in },
                    nodes: {},
                    podsListed: { progress in
                        _ = gate.note(progress)
                        switch progress {
                        case .pageEnded, .ended: arrivals.yield()
                        case .began, .shown: break
                        }
                    },
                    served: {},
                    synced: { _ in }
                )
            )
            let sight = ClusterSight(
                sources: sources,
                failures: WatchFailures(outages: outages, logger: log.logger),
                cache: cache,
                gate: gate
            )
            let pods = try #require(sources.all.first { $0.plural == "pods" })
            let running = Task { await pods.reflector.run() }
            var page = pages.makeAsyncIterator()

            try await server.nextRequest().respond(200, body: Self.list("a", next: "more"))
            await page.next()
            _ = sight.refresh()
            #expect(cache.unobserved["pods"] == nil)
            #expect(cache.unobserved["namespaces"] == "not listed yet")

            _ = gate.open()
            #expect(sight.isOutdated)
            _ = sight.refresh()
            #expect(cache.unobserved["pods"] == "not listed yet")

            try await server.nextRequest().respond(200, body: Self.list("b", next: ""))
            while !pods.reflector.isSynced { await page.next() }
            _ = sight.refresh()
            #expect(cache.unobserved["pods"] == nil)

            running.cancel()
            await running.value
            await client.shutdown()
        }
    }

    private static func list(_ namespace: String, next: String) -> String {
        #"{"metadata":{"resourceVersion":"1","continue":"\#(next)"},"items":[{"metadata":{"name":"p","namespace":"\#(namespace)","uid":"7f3c4a52-6f6b-4f0e-9f51-1d2c5f0a9b11","resourceVersion":"1"},"spec":{"containers":[{"name":"c","image":"i"}]}}]}"#
    }
}
