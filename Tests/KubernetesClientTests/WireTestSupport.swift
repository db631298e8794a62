import KubernetesAPI
import Logging
import ScriptedServer
import Synchronization

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

/// Keeps what is logged.
final class LogRecorder: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String]
    }

    private let recorded = Mutex<[Line]>([])

    var lines: [Line] { recorded.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            let line = Line(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" })
            recorder.recorded.withLock { $0.append(line) }
        }
    }
}

/// Pseudorandom numbers that a seed repeats (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Seeds for a property: some that stay, and one that is new each time. A failure prints the one it came of.
let seeds: [UInt64] = Array(1...20) + [.random(in: 21...UInt64.max)]

/// Runs `body` with a scripted server and a client that speaks to it.
func withClient<Value>(
    credentials: Credentials = .none,
    impersonation: Impersonation? = nil,
    logger: Logger = LogRecorder().logger,
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
            logger: logger
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
