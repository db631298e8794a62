import NIOCore
import NIOPosix
import Synchronization

/// Passes bytes on to a server, whatever they mean, so that TLS and HTTP/2 stay those of both ends.
public final class ByteRelay: Sendable {
    private struct State {
        var port = 0
        var connections = 0
        // Connections of up to this number are half open.
        var frozen = 0
    }

    private let state = Mutex(State())
    private let host: String
    private let upstreamPort: Int

    private init(host: String, port: Int) {
        self.host = host
        upstreamPort = port
    }

    /// Runs `body` with a relay that listens on loopback, and closes it and all its connections afterwards.
    public static func run<Value: Sendable>(
        host: String,
        port: Int,
        _ body: @escaping @Sendable (ByteRelay) async throws -> Value
    ) async throws -> Value {
        let relay = ByteRelay(host: host, port: port)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    connection.keepUntilClosed()
                    return connection
                }
            }
        relay.state.withLock { $0.port = server.channel.localAddress?.port ?? 0 }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { inner in
                        for try await connection in connections { inner.addTask { await relay.serve(connection) } }
                    }
                }
            }
            let value = try await body(relay)
            group.cancelAll()
            return value
        }
    }

    /// Where it listens, as `https://127.0.0.1:port`.
    public var url: String { "https://127.0.0.1:\(state.withLock(\.port))" }

    /// How many connections there have been.
    public var connections: Int { state.withLock(\.connections) }

    /// From now on, nothing passes over the connections that there are, in either direction, and neither end is told.
    public func freeze() { state.withLock { $0.frozen = $0.connections } }

    private func serve(_ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        let number = state.withLock { state in
            state.connections += 1
            return state.connections
        }
        do {
            let server = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: host, port: upstreamPort) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await connection.executeThenClose { fromClient, toClient in
                try await server.executeThenClose { fromServer, toServer in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await self.copy(fromClient, to: toServer, number) }
                        group.addTask { try await self.copy(fromServer, to: toClient, number) }
                        // A client that gives up is not held; a server that does is not told of, once frozen.
                        try await group.next()
                        group.cancelAll()
                    }
                }
            }
        } catch {
            // Either end has gone, which is what connections do.
            connection.channel.close(promise: nil)
        }
    }

    private func copy(
        _ source: NIOAsyncChannelInboundStream<ByteBuffer>,
        to sink: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ number: Int
    ) async throws {
        for try await bytes in source where state.withLock({ number > $0.frozen }) { try await sink.write(bytes) }
    }
}
