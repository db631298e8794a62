import NIOCore
import NIOPosix
import Synchronization

/// An HTTP/1.1 server on loopback that answers as the test says, byte for byte and when the test says so.
///
/// It has no opinion on what it is asked: ``nextRequest()`` hands over each request in the order of arrival, and the
/// test answers it, in part, or never.
public final class ScriptedServer: Sendable {
    private struct State {
        var requests: [ScriptedExchange] = []
        var waiting: [(id: UInt64, continuation: CheckedContinuation<ScriptedExchange?, Never>)] = []
        var nextID: UInt64 = 0
        var received: [ReceivedRequest] = []
        var connections: [any Channel] = []
        var isClosed = false
    }

    private let state: Mutex<State>
    private let listener: Mutex<(any Channel)?>

    private init() {
        state = Mutex(State())
        listener = Mutex(nil)
    }

    /// Runs `body` with a server that listens, and closes it and all its connections afterwards.
    public static func run<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let server = ScriptedServer()
        try await server.listen()
        do {
            let value = try await body(server)
            await server.close()
            return value
        } catch {
            await server.close()
            throw error
        }
    }

    /// `127.0.0.1:port`.
    public var authority: String { "127.0.0.1:\(listener.withLock { $0?.localAddress?.port } ?? 0)" }

    /// `http://127.0.0.1:port`.
    public var url: String { "http://\(authority)" }

    /// Every request so far, also those that were not taken.
    public var received: [ReceivedRequest] { state.withLock { $0.received } }

    /// Waits for the next request that nobody has taken.
    ///
    /// - Throws: `CancellationError` when the task is cancelled or the server closed meanwhile.
    public func nextRequest() async throws -> ScriptedExchange {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let exchange = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let next: ScriptedExchange?? = state.withLock { state in
                    if !state.requests.isEmpty { return .some(state.requests.removeFirst()) }
                    if state.isClosed || Task.isCancelled { return .some(nil) }
                    state.waiting.append((id, continuation))
                    return nil
                }
                if let next { continuation.resume(returning: next) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: nil)
        }
        guard let exchange else { throw CancellationError() }
        return exchange
    }

    private func listen() async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 64)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let isClosed = self.state.withLock { state in
                        state.connections.append(channel)
                        return state.isClosed
                    }
                    if isClosed { channel.close(promise: nil) }
                    try channel.pipeline.syncOperations.addHandler(RequestReader { self.take($0) })
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        listener.withLock { $0 = channel }
    }

    private func close() async {
        let (connections, waiting) = state.withLock { state in
            state.isClosed = true
            defer {
                state.connections = []
                state.waiting = []
            }
            return (state.connections, state.waiting)
        }
        for waiter in waiting { waiter.continuation.resume(returning: nil) }
        let listener = listener.withLock { $0 }
        try? await listener?.close()
        for connection in connections { try? await connection.close() }
    }

    private func take(_ exchange: ScriptedExchange) {
        let waiter = state.withLock { state -> CheckedContinuation<ScriptedExchange?, Never>? in
            state.received.append(exchange.request)
            if state.waiting.isEmpty {
                state.requests.append(exchange)
                return nil
            }
            return state.waiting.removeFirst().continuation
        }
        waiter?.resume(returning: exchange)
    }
}
