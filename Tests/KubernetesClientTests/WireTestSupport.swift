import KubernetesAPI
import Logging
import PrometheusMetrics
import ScriptedServer
import Synchronization
import TestSupport

@testable import KubernetesClient

/// A kind that no server knows, with one field of its own.
struct Thing: KubernetesObject, Equatable {
    static let resource = Resource(
        group: "example.com",
        version: "v1",
        plural: "things",
        kind: "Thing",
        isNamespaced: true
    )

    var metadata: ObjectMeta
    var size: Int?
}

extension Thing {
    init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        size = try json.value("size")
    }
}

/// Runs `body` with a scripted server and a client that speaks to it.
func withClient<Value>(
    credentials: Credentials = .none,
    impersonation: Impersonation? = nil,
    logger: Logger = LogRecorder().logger,
    metrics: PrometheusRegistry? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (ScriptedServer, KubernetesClient) async throws -> Value
) async throws -> Value {
    try await ScriptedServer.run { server in
        let client = try KubernetesClient(
            configuration: ClusterConfiguration(
                server: server.url,
                credentials: credentials,
                impersonation: impersonation,
                origin: "test"
            ),
            userAgent: "tests/1",
            logger: logger,
            metrics: metrics
        )
        do {
            let value = try await body(server, client)
            await client.shutdown()
            return value
        } catch {
            await client.shutdown()
            throw error
        }
    }
}

/// Runs `body` with a scripted server and the transport beneath a client, for what only it lets one choose.
func withTransport<Value>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (ScriptedServer, Transport) async throws -> Value
) async throws -> Value {
    try await ScriptedServer.run { server in
        let transport = try Transport(
            configuration: ClusterConfiguration(server: server.url, origin: "test"),
            userAgent: "tests/1",
            logger: LogRecorder().logger
        )
        do {
            let value = try await body(server, transport)
            await transport.shutdown()
            return value
        } catch {
            await transport.shutdown()
            throw error
        }
    }
}

/// Takes a body and forgets it.
struct Ignoring: BodyConsumer {
    mutating func consume(_ chunk: UnsafeRawBufferPointer) {}
}
