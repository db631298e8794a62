import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP/1.1 proxy over TLS on loopback, which passes requests on to an API server, and does wrong what it is told to.
///
/// Of Kubernetes it knows paths, queries, and that a watch is a stream of lines. It keeps a record of every request.
public final class FaultProxy: Sendable {
    private let state: FaultState
    private let identity: ServerIdentity
    private let upstream: String
    private let client: HTTPClient
    private let port = Mutex(0)
    private let listening = Mutex(false)

    private init(upstream: String, authorityPEM: String, seed: UInt64) async throws {
        state = FaultState(seed: seed)
        identity = try await .make()
        self.upstream = upstream
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authorityPEM.utf8)))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Runs `body` with a proxy that listens, and closes it and all its connections afterwards.
    ///
    /// - Parameters:
    ///   - upstream: the API server, as `https://host:port`.
    ///   - authorityPEM: who signed its certificate.
    ///   - seed: decides what is left to chance.
    public static func run<Value: Sendable>(
        upstream: String,
        authorityPEM: String,
        seed: UInt64,
        _ body: @escaping @Sendable (FaultProxy) async throws -> Value
    ) async throws -> Value {
        let proxy = try await FaultProxy(upstream: upstream, authorityPEM: authorityPEM, seed: seed)
        do {
            let value = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await proxy.listen() }
                while !proxy.listening.withLock(\.self) { try await Task.sleep(for: .milliseconds(5)) }
                let value = try await body(proxy)
                group.cancelAll()
                return value
            }
            try await proxy.client.shutdown()
            return value
        } catch {
            try? await proxy.client.shutdown()
            throw error
        }
    }

    /// Where it listens, as `https://127.0.0.1:port`.
    public var url: String { "https://127.0.0.1:\(port.withLock(\.self))" }

    /// The authority that its clients have to trust.
    public var authorityPEM: String { identity.authorityPEM }

    /// Every request so far, in the order in which they came.
    public var requests: [ProxiedRequest] { state.requests }

    /// Does these things wrong from now on, and nothing else. All connections are cut, so that nothing goes on as it was;
    /// save by ``Fault/silence``, which leaves those that are there open and dumb, and by no rules at all, which leaves
    /// what works as it is.
    public func set(_ rules: [FaultRule]) async throws {
        for channel in state.change(to: rules) { channel.close(promise: nil) }
        let isOpen = !state.isOn(.connectionsRefused)
        while listening.withLock(\.self) != isOpen { try await Task.sleep(for: .milliseconds(5)) }
    }

    // Listens whenever connections are not refused, always at the same port.
    private func listen() async throws {
        let context = try identity.context()
        while !Task.isCancelled {
            if state.isOn(.connectionsRefused) {
                try await Task.sleep(for: .milliseconds(10))
                continue
            }
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 256)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .bind(host: "127.0.0.1", port: port.withLock(\.self)) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.prepare(channel, context) }
                }
            port.withLock { $0 = server.channel.localAddress?.port ?? 0 }
            listening.withLock { $0 = true }
            defer { listening.withLock { $0 = false } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while !self.state.isOn(.connectionsRefused) { try await Task.sleep(for: .milliseconds(10)) }
                    server.channel.close(promise: nil)
                }
                try await server.executeThenClose { connections in
                    try await withThrowingDiscardingTaskGroup { inner in
                        for try await connection in connections { inner.addTask { await self.serve(connection) } }
                        inner.cancelAll()
                    }
                }
                group.cancelAll()
            }
        }
    }

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private func prepare(_ channel: any Channel, _ context: NIOSSLContext) throws -> Connection {
        state.opened(channel)
        channel.closeFuture.whenComplete { _ in self.state.closed(channel) }
        let pipeline = channel.pipeline.syncOperations
        if state.isOn(.silence) { try pipeline.addHandler(Deaf()) }
        try pipeline.addHandler(NIOSSLServerHandler(context: context))
        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
        let connection = try Connection(wrappingChannelSynchronously: channel)
        connection.keepUntilClosed()
        return connection
    }

    // Ends with the connection, whichever side closes it.
    private func serve(_ connection: Connection) async {
        let task = Task {
            try await connection.executeThenClose { inbound, outbound in
                var parts = inbound.makeAsyncIterator()
                while case .head(let head)? = try await parts.next() {
                    var body = ByteBuffer()
                    while let part = try await parts.next() {
                        guard case .body(var chunk) = part else { break }
                        body.writeBuffer(&chunk)
                    }
                    let exchange = FaultyExchange(
                        head: head,
                        body: body,
                        outbound: outbound,
                        state: state,
                        client: client,
                        upstream: upstream
                    )
                    guard try await exchange.run() else { return }
                }
            }
        }
        connection.channel.closeFuture.whenComplete { _ in task.cancel() }
        await withTaskCancellationHandler {
            _ = try? await task.value
        } onCancel: {
            task.cancel()
        }
        connection.channel.close(promise: nil)
    }
}

/// Takes in what comes, and says nothing.
private final class Deaf: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}
}

extension NIOAsyncChannel {
    /// Holds on to it for as long as it is open: one that comes while the listener closes is handed to nobody, and NIO ends
    /// the process when it is let go unfinished.
    func keepUntilClosed() {
        channel.closeFuture.whenComplete { _ in withExtendedLifetime(self) {} }
    }
}
