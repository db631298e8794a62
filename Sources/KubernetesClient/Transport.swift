import AsyncHTTPClient
import KubernetesAPI
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Takes a response's body, chunk by chunk.
protocol BodyConsumer: Sendable {
    /// The server has agreed, and warns of something or not (RFC 7234, `Warning`); its body follows.
    mutating func begin(_ warnings: [String])
    mutating func consume(_ chunk: UnsafeRawBufferPointer) throws
}

extension BodyConsumer {
    func begin(_ warnings: [String]) {}
}

/// Sends requests with credentials over connections that fit them, and turns whatever goes wrong into ``APIError`` or
/// ``TransportError``.
final class Transport: Sendable {
    private let configuration: ClusterConfiguration
    private let credentials: CredentialSource
    private let userAgent: String
    private let logger: Logger
    private let metrics: RequestMetrics?
    private let connections: Connections
    private let said = Mutex<Set<String>>([])

    init(
        configuration: ClusterConfiguration,
        userAgent: String,
        logger: Logger,
        metrics: RequestMetrics? = nil
    ) throws(ConfigurationError) {
        self.metrics = metrics
        self.configuration = configuration
        self.credentials = try CredentialSource(configuration)
        self.userAgent = userAgent
        self.logger = logger
        connections = Connections(configuration, logger: logger)
    }

    /// Sends `request` and feeds a successful response's body to `consumer`, which is given back at the end.
    ///
    /// - Throws: ``APIError`` for any status but 2xx, ``TransportError`` when there is no answer within `patience`,
    ///   ``ConfigurationError`` when there are no credentials to be had, `CancellationError`.
    func send<Consumer: BodyConsumer>(
        _ request: Request,
        for purpose: Connections.Purpose,
        within patience: Patience,
        to consumer: Consumer
    ) async throws -> Consumer {
        let presented = try await credentials.current()
        let started = ContinuousClock.now
        do {
            return try await attempt(request, presented, for: purpose, within: patience, to: consumer)
        } catch let error as APIError where error.isUnauthorized {
            // The token may have been replaced since it was read; a request with the next one is worth a try.
            credentials.rejected(presented, requestStarted: started)
            let next = try await credentials.current()
            guard
                next.authorizationHeader != presented.authorizationHeader
                    || next.clientCertificate != presented.clientCertificate
            else { throw error }
            return try await attempt(request, next, for: purpose, within: patience, to: consumer)
        }
    }

    /// Closes all connections. Requests under way fail.
    func shutdown() async { await connections.shutdown() }

    private enum Outcome<Consumer: Sendable>: Sendable {
        case finished(Consumer)
        case failed(any Error)
        case silent(TransportError)
    }

    private func attempt<Consumer: BodyConsumer>(
        _ request: Request,
        _ credentials: RequestCredentials,
        for purpose: Connections.Purpose,
        within patience: Patience,
        to consumer: Consumer
    ) async throws -> Consumer {
        let client = try connections.client(for: purpose, credentials.clientCertificate)
        let signs = SignsOfLife()
        let outcome = await withTaskGroup(of: Outcome<Consumer>.self) { group -> Outcome<Consumer>? in
            group.addTask {
                do {
                    return .finished(
                        try await self.exchange(request, credentials, over: client, to: consumer, noting: signs)
                    )
                } catch {
                    return .failed(error)
                }
            }
            group.addTask {
                let end = ContinuousClock.now + patience.total
                while true {
                    let quietUntil = signs.last + patience.idle
                    let now = ContinuousClock.now
                    if now >= end { return .silent(.init(.interrupted, "\(request): not done in \(patience.total)")) }
                    if now >= quietUntil {
                        return .silent(.init(.interrupted, "\(request): no answer for \(patience.idle)"))
                    }
                    do {
                        try await Task.sleep(until: min(end, quietUntil), clock: .continuous)
                    } catch {
                        return .failed(error)
                    }
                }
            }
            defer { group.cancelAll() }
            return await group.next()
        }
        try Task.checkCancellation()
        switch outcome {
        case .finished(let consumer): return consumer
        case .silent(let error): throw error
        case .failed(let error): throw Self.readable(error, request, server: configuration.server)
        case nil: throw CancellationError()
        }
    }

    private func exchange<Consumer: BodyConsumer>(
        _ request: Request,
        _ credentials: RequestCredentials,
        over client: HTTPClient,
        to consumer: Consumer,
        noting signs: SignsOfLife
    ) async throws -> Consumer {
        var http = HTTPClientRequest(url: request.url(connections.serverURL))
        http.method = request.method
        http.headers = headers(for: request, credentials)
        if let condition = request.condition {
            let body = ConditionalBody(bytes: request.body, condition: condition)
            // Before a connection is sought, and again when it is found, which may take seconds.
            _ = try body.checked()
            http.body = .stream(body, length: .known(Int64(request.body.count)))
        } else if !request.body.isEmpty {
            http.body = .bytes(request.body)
        }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(http, deadline: .distantFuture, logger: nil)
        } catch {
            metrics?.answered(request.method.rawValue, with: nil)
            throw error
        }
        metrics?.answered(request.method.rawValue, with: Int(response.status.code))
        signs.note()
        // What is only tried out is done for its warnings: they are the caller's.
        if !request.isDryRun { warn(response.headers["Warning"], about: request) }
        guard 200..<300 ~= response.status.code else {
            throw try await apiError(response, request)
        }
        var consumer = consumer
        consumer.begin(response.headers["Warning"])
        for try await chunk in response.body {
            signs.note()
            do {
                try chunk.withUnsafeReadableBytes { try consumer.consume($0) }
            } catch {
                throw ConsumerError(underlying: error)
            }
        }
        return consumer
    }

    private func headers(for request: Request, _ credentials: RequestCredentials) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.add(name: "Accept", value: "application/json")
        headers.add(name: "User-Agent", value: userAgent)
        if let contentType = request.contentType { headers.add(name: "Content-Type", value: contentType) }
        if let authorization = credentials.authorizationHeader {
            headers.add(name: "Authorization", value: authorization)
        }
        for (name, value) in configuration.impersonation?.headers ?? [] { headers.add(name: name, value: value) }
        return headers
    }

    private func apiError(_ response: HTTPClientResponse, _ request: Request) async throws -> APIError {
        // A status with a cause for each of many fields can be long; an error page of a proxy is not worth it.
        var body = ByteBuffer()
        do {
            for try await chunk in response.body {
                var chunk = chunk
                body.writeBuffer(&chunk)
                if body.readableBytes > 256 << 10 { break }
            }
        } catch {
            // Cut short: the code stands nevertheless.
        }
        let retryAfter = response.headers.first(name: "Retry-After").flatMap(Int.init).map { Duration.seconds($0) }
        let status = body.withUnsafeReadableBytes { try? Coding.decode(Status.self, from: $0) }
        return APIError(
            request: request.description,
            code: Int(response.status.code),
            status: status?.status == nil ? nil : status,
            body: String(decoding: body.readableBytesView.prefix(2048), as: UTF8.self),
            retryAfter: retryAfter
        )
    }

    // The server warns with each request; people want to know once. What Pod Security admission says of a namespace's
    // pods is another text each time, and for whoever labels the namespace: it would be all that is ever logged.
    private func warn(_ warnings: [String], about request: Request) {
        guard !warnings.isEmpty else { return }
        let others = Set(PodSecurityWarnings(warnings.map(WarningHeader.text)).others)
        for warning in warnings where others.contains(WarningHeader.text(warning)) {
            let isNew = said.withLock { $0.count < 100 && $0.insert(warning).inserted }
            if isNew {
                logger.warning("the API server warns", metadata: ["warning": "\(warning)", "request": "\(request)"])
            }
        }
    }
}

extension Transport {
    private static func readable(_ error: any Error, _ request: Request, server: String) -> any Error {
        switch error {
        case let error as ConsumerError:
            return error.underlying
        case is APIError, is TransportError, is ConfigurationError, is CancellationError, is UnreadableObject:
            return error
        case let error as HTTPClientError where error == .cancelled:
            return CancellationError()
        case let error as HTTPClientError where error == .connectTimeout || error == .getConnectionFromPoolTimeout:
            return TransportError(
                .connect,
                "\(server): no connection in 10 seconds: is the address right and reachable?"
            )
        case let error as HTTPClientError where error == .tlsHandshakeTimeout:
            return TransportError(.connect, "\(server): the TLS handshake was not completed in time")
        case let error as NIOConnectionError:
            let cause = error.connectionErrors.first.map { "\($0.error)" } ?? "\(error)"
            return TransportError(.connect, "\(server): cannot connect: \(cause)")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return TransportError(.connect, "\(server): connection refused: does an API server listen there?")
        case let error as NIOSSLError:
            return TransportError(.connect, "\(server): TLS: \(error): does certificate-authority-data fit the server?")
        case let error as NIOSSLExtraError:
            return TransportError(.connect, "\(server): TLS: \(error)")
        default:
            return TransportError(.interrupted, "\(request): \(error)")
        }
    }
}

/// What somebody else than the transport has thrown, such as the taker of a body, which is not for the transport to put into words.
struct ConsumerError: Error {
    var underlying: any Error
}

/// When the other end was last heard of.
private final class SignsOfLife: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var last: ContinuousClock.Instant { instant.withLock { $0 } }

    func note() {
        instant.withLock { $0 = .now }
    }
}
