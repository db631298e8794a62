import AsyncHTTPClient
import KubernetesAPI
import NIOCore
import NIOHTTP1
import Synchronization

/// One request and its answer: sends the body on its condition, feeds the answer to a consumer, and gives up in time.
///
/// All of it happens on the event loop of the connection: per request there is one change of threads there, and one back.
final class Exchange<Consumer: BodyConsumer>: HTTPClientResponseDelegate, Sendable {
    typealias Response = Consumer

    private struct State {
        var consumer: Consumer
        // Of an answer that is none of success.
        var refusal: (head: HTTPResponseHead, body: ByteBuffer)?
        var hasHead = false
        var heard = NIODeadline.now()
        var watchdog: Scheduled<Void>?
    }

    // Of a status with a cause for each of many fields; an error page of a proxy is not worth more.
    private static var mostOfRefusal: Int { 256 << 10 }

    private let request: Request
    private let loop: any EventLoop
    private let patience: Patience
    private let metrics: RequestMetrics?
    private let onWarnings: @Sendable ([String]) -> Void
    private let state: NIOLoopBoundBox<State>

    init(
        _ request: Request,
        _ consumer: Consumer,
        on loop: any EventLoop,
        within patience: Patience,
        metrics: RequestMetrics?,
        onWarnings: @escaping @Sendable ([String]) -> Void
    ) {
        self.request = request
        self.loop = loop
        self.patience = patience
        self.metrics = metrics
        self.onWarnings = onWarnings
        state = .makeBoxSendingValue(State(consumer: consumer), eventLoop: loop)
    }

    /// What is sent: on a condition, once the connection is there and the head was sent. A server does nothing upon a head
    /// alone.
    var body: HTTPClient.Body? {
        let bytes = request.body
        guard let condition = request.condition else { return bytes.isEmpty ? nil : .bytes(bytes) }
        let loop = loop
        return .stream(contentLength: Int64(bytes.count)) { writer in
            do {
                try condition()
            } catch {
                return loop.makeFailedFuture(ForeignError(underlying: error))
            }
            return writer.write(.byteBuffer(ByteBuffer(bytes: bytes)))
        }
    }

    /// Sends it and takes the answer.
    ///
    /// - Returns: the consumer, who has all of the body.
    /// - Throws: ``APIError``, ``TransportError`` for an answer that does not come in time, ``ForeignError``, whatever the
    ///   HTTP client throws.
    func run(_ http: HTTPClient.Request, over client: HTTPClient) async throws -> Consumer {
        let handle = Handle<Consumer>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.execute { self.begin(http, over: client, handle, continuation) }
            }
        } onCancel: {
            handle.cancel()
        }
    }

    private func begin(
        _ http: HTTPClient.Request,
        over client: HTTPClient,
        _ handle: Handle<Consumer>,
        _ continuation: CheckedContinuation<Consumer, any Error>
    ) {
        let began = NIODeadline.now()
        let task = client.execute(request: http, delegate: self, eventLoop: .delegate(on: loop), logger: nil)
        watch(task, until: began + TimeAmount(patience.total))
        handle.set(task)
        task.futureResult.whenComplete { result in
            self.end()
            continuation.resume(with: result.mapError { self.refusal ?? $0 })
        }
    }

    // Nobody else gives up on an answer of which part has come.
    private func watch(_ task: HTTPClient.Task<Consumer>, until end: NIODeadline) {
        let idleEnd = state.value.heard + TimeAmount(patience.idle)
        state.value.watchdog = loop.scheduleTask(deadline: min(end, idleEnd)) {
            let now = NIODeadline.now()
            if now >= end {
                task.fail(reason: TransportError(.interrupted, "\(self.request): not done in \(self.patience.total)"))
            } else if now >= self.state.value.heard + TimeAmount(self.patience.idle) {
                task.fail(reason: TransportError(.interrupted, "\(self.request): no answer for \(self.patience.idle)"))
            } else {
                self.watch(task, until: end)
            }
        }
    }

    private func end() {
        state.value.watchdog?.cancel()
        state.value.watchdog = nil
        if !state.value.hasHead { metrics?.answered(request.method.rawValue, with: nil) }
    }

    // Though the body was cut short, the code stands.
    private var refusal: APIError? {
        guard let (head, body) = state.value.refusal else { return nil }
        let retryAfter = head.headers.first(name: "Retry-After").flatMap(Int.init).map { Duration.seconds($0) }
        let status = body.withUnsafeReadableBytes { try? Coding.status(from: $0) }
        return APIError(
            request: request.description,
            code: Int(head.status.code),
            status: status?.status == nil ? nil : status,
            body: String(decoding: body.readableBytesView.prefix(2048), as: UTF8.self),
            retryAfter: retryAfter
        )
    }

    // MARK: What the HTTP client tells

    func didReceiveHead(task: HTTPClient.Task<Consumer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        metrics?.answered(request.method.rawValue, with: Int(head.status.code))
        state.value.hasHead = true
        state.value.heard = .now()
        let warnings = head.headers["Warning"]
        onWarnings(warnings)
        if 200..<300 ~= head.status.code {
            let type = head.headers.first(name: "Content-Type") ?? ""
            state.value.consumer.begin(Answer(warnings: warnings, isProtobuf: type.hasPrefix(Transport.protobuf)))
        } else {
            state.value.refusal = (head, ByteBuffer())
        }
        return loop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Consumer>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        state.value.heard = .now()
        do {
            if state.value.refusal != nil {
                var buffer = buffer
                state.value.refusal?.body.writeBuffer(&buffer)
                let isEnough = state.value.refusal.map { $0.body.readableBytes > Self.mostOfRefusal } ?? false
                return isEnough ? loop.makeFailedFuture(CancellationError()) : loop.makeSucceededVoidFuture()
            }
            try buffer.withUnsafeReadableBytes { try state.value.consumer.consume($0) }
            return loop.makeSucceededVoidFuture()
        } catch {
            return loop.makeFailedFuture(ForeignError(underlying: error))
        }
    }

    func didFinishRequest(task: HTTPClient.Task<Consumer>) throws -> Consumer {
        if let refusal { throw refusal }
        return state.value.consumer
    }
}

/// What somebody else than the transport has thrown, such as the taker of a body, which is not for the transport to put
/// into words.
struct ForeignError: Error {
    var underlying: any Error
}

/// Cancels a request that may have yet to be begun.
private final class Handle<Response: Sendable>: Sendable {
    private enum State {
        case waiting
        case running(HTTPClient.Task<Response>)
        case cancelled
    }

    private let state = Mutex(State.waiting)

    func set(_ task: HTTPClient.Task<Response>) {
        let isCancelled = state.withLock { state in
            if case .cancelled = state { return true }
            state = .running(task)
            return false
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task: HTTPClient.Task<Response>? = state.withLock { state in
            defer { state = .cancelled }
            if case .running(let task) = state { return task }
            return nil
        }
        task?.cancel()
    }
}
