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

/// Takes a response's body, chunk by chunk, on the thread of the connection: it holds up whatever else comes there.
protocol BodyConsumer: Sendable {
    /// The server has agreed, and its body follows.
    mutating func begin(_ answer: Answer)
    mutating func consume(_ chunk: UnsafeRawBufferPointer) throws
}

extension BodyConsumer {
    func begin(_ answer: Answer) {}
}

/// What is said of a body before it comes.
struct Answer {
    /// What the server warns of (RFC 7234, `Warning`).
    var warnings: [String]
    /// Whether the body is in protobuf, and not in JSON: what is asked for first is not served of every resource.
    var isProtobuf: Bool
}

/// Sends requests with credentials over connections that fit them, and turns whatever goes wrong into ``APIError`` or
/// ``TransportError``.
final class Transport: Sendable {
    /// The media type of Kubernetes' API in protobuf; watches add `;stream=watch`.
    static let protobuf = "application/vnd.kubernetes.protobuf"

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

    private func attempt<Consumer: BodyConsumer>(
        _ request: Request,
        _ credentials: RequestCredentials,
        for purpose: Connections.Purpose,
        within patience: Patience,
        to consumer: Consumer
    ) async throws -> Consumer {
        let client = try connections.client(for: purpose, credentials.clientCertificate)
        let loop = connections.eventLoop(for: purpose)
        try Task.checkCancellation()
        // Before a connection is sought, and again when it is found, which may take seconds.
        try request.condition?()
        let exchange = Exchange(
            request,
            consumer,
            on: loop,
            within: patience,
            metrics: metrics,
            // What is only tried out is done for its warnings: they are the caller's.
            onWarnings: { [self] warnings in if !request.isDryRun { warn(warnings, about: request) } }
        )
        do {
            let http = try HTTPClient.Request(
                url: request.url(connections.serverURL),
                method: request.method,
                headers: headers(for: request, credentials),
                body: exchange.body
            )
            return try await exchange.run(http, over: client)
        } catch {
            try Task.checkCancellation()
            throw Self.readable(error, request, server: configuration.server)
        }
    }

    private func headers(for request: Request, _ credentials: RequestCredentials) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.add(
            name: "Accept",
            value: request.prefersProtobuf ? "\(Self.protobuf), application/json" : "application/json"
        )
        headers.add(name: "User-Agent", value: userAgent)
        if let contentType = request.contentType { headers.add(name: "Content-Type", value: contentType) }
        if let authorization = credentials.authorizationHeader {
            headers.add(name: "Authorization", value: authorization)
        }
        for (name, value) in configuration.impersonation?.headers ?? [] { headers.add(name: name, value: value) }
        return headers
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
        case let error as ForeignError:
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
