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

/// One HTTP request to the API server.
struct Request: Sendable, CustomStringConvertible {
    var method: HTTPMethod
    var path: String
    var query: [(String, String)] = []
    var contentType: String?
    var body: [UInt8] = []
    // Asked at the last moment before the body is sent.
    var condition: (@Sendable () throws -> Void)?

    var isDryRun: Bool { query.contains { $0.0 == "dryRun" } }

    var description: String { "\(method.rawValue) \(path)" }

    func url(_ server: String) -> String {
        // A name may come from a person, and must stay a name.
        let path = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0).percentEncoded }
            .joined(separator: "/")
        guard !query.isEmpty else { return server + path }
        return server + path + "?" + query.map { "\($0.percentEncoded)=\($1.percentEncoded)" }.joined(separator: "&")
    }
}

/// How long a request may take, and how long it may be silent.
struct Patience: Sendable {
    /// From beginning to end.
    var total: Duration
    /// Between two signs of life, the response's head being the first.
    var idle: Duration
}

/// Sends requests with credentials over connections that fit them, and turns whatever goes wrong into ``APIError`` or
/// ``TransportError``.
///
/// Watches have connections of their own: each holds a stream for minutes, a server grants about a hundred to a
/// connection, and the HTTP client does not open a second connection while the first still lives; writes would queue
/// behind them unnoticed.
final class Transport: Sendable {
    enum Purpose { case calls, watches }

    // What a connection is made with. When it changes (a rotated CA or client certificate), new connections are made
    // and the old ones are left to finish.
    private struct Identity: Equatable {
        var certificateAuthority: [UInt8]?
        var certificate: ClientCertificate?
    }

    private struct Connections {
        var identity: Identity
        var calls: HTTPClient
        var watches: HTTPClient
    }

    private struct State {
        var current: Connections?
        var retired: [Connections] = []
        var authority: TrustedAuthority
        var warnings: Set<String> = []
    }

    private let configuration: ClusterConfiguration
    private let credentials: CredentialSource
    private let userAgent: String
    private let logger: Logger
    private let metrics: RequestMetrics?
    private let state: Mutex<State>

    init(
        configuration: ClusterConfiguration,
        userAgent: String,
        logger: Logger,
        metrics: RequestMetrics? = nil
    ) throws(ConfigurationError) {
        self.metrics = metrics
        self.configuration = configuration
        state = Mutex(State(authority: TrustedAuthority(configuration.certificateAuthority)))
        self.credentials = try CredentialSource(configuration)
        self.userAgent = userAgent
        self.logger = logger
    }

    /// Sends `request` and feeds a successful response's body to `consumer`, which is given back at the end.
    ///
    /// - Throws: ``APIError`` for any status but 2xx, ``TransportError`` when there is no answer within `patience`,
    ///   ``ConfigurationError`` when there are no credentials to be had, `CancellationError`.
    func send<Consumer: BodyConsumer>(
        _ request: Request,
        for purpose: Purpose,
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
    func shutdown() async {
        let connections = state.withLock { state in
            defer {
                state.current = nil
                state.retired = []
            }
            return state.retired + [state.current].compactMap { $0 }
        }
        await close(connections.flatMap { [$0.calls, $0.watches] })
    }

    private enum Outcome<Consumer: Sendable>: Sendable {
        case finished(Consumer)
        case failed(any Error)
        case silent(TransportError)
    }

    private func attempt<Consumer: BodyConsumer>(
        _ request: Request,
        _ credentials: RequestCredentials,
        for purpose: Purpose,
        within patience: Patience,
        to consumer: Consumer
    ) async throws -> Consumer {
        let connections = try connections(for: credentials)
        let client = purpose == .calls ? connections.calls : connections.watches
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
        var http = HTTPClientRequest(url: request.url(serverURL))
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

    // The server warns with each request; people want to know once.
    private func warn(_ warnings: [String], about request: Request) {
        for warning in warnings {
            let isNew = state.withLock { state in
                state.warnings.count < 100 && state.warnings.insert(warning).inserted
            }
            if isNew {
                logger.warning("the API server warns", metadata: ["warning": "\(warning)", "request": "\(request)"])
            }
        }
    }
}

// MARK: - Connections

extension Transport {
    private func connections(for credentials: RequestCredentials) throws -> Connections {
        let (connections, surplus) = try state.withLock { state -> (Connections, Connections?) in
            let identity = Identity(
                certificateAuthority: try state.authority.current(at: .now),
                certificate: credentials.clientCertificate
            )
            if let current = state.current, current.identity == identity { return (current, nil) }
            let fresh = Connections(
                identity: identity,
                calls: try makeClient(identity, concurrentHTTP1Connections: 16),
                watches: try makeClient(identity, concurrentHTTP1Connections: 64)
            )
            if let old = state.current { state.retired.append(old) }
            state.current = fresh
            // The one before last has had a whole rotation's time to finish its streams.
            return (fresh, state.retired.count > 1 ? state.retired.removeFirst() : nil)
        }
        if let surplus {
            surplus.calls.shutdown { _ in }
            surplus.watches.shutdown { _ in }
        }
        return connections
    }

    private func makeClient(_ identity: Identity, concurrentHTTP1Connections: Int) throws -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            if let authority = identity.certificateAuthority {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(authority))
            }
            if let certificate = identity.certificate {
                tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(certificate.certificatePEM)
                    .map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: certificate.keyPEM, format: .pem))
            }
        } catch {
            throw ConfigurationError(
                "\(configuration.origin): the certificate authority, client certificate or client key is not valid PEM: \(error)"
            )
        }
        if configuration.insecureSkipTLSVerify { tls.certificateVerification = .none }
        var settings = HTTPClient.Configuration(tlsConfiguration: tls)
        // A redirect would carry the token elsewhere.
        settings.redirectConfiguration = .disallow
        settings.timeout = .init(connect: .seconds(10))
        // Failing at once is what the callers' own back-off expects.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = concurrentHTTP1Connections
        // The HTTP client sends no pings of its own, and this is where it lets others at its connections.
        settings.http2ConnectionDebugInitializer = { HeartbeatHandler.install(on: $0) }
        if let name = configuration.tlsServerName {
            settings.dnsOverride = [name: serverHost.filter { !"[]".contains($0) }]
        }
        if let proxy = configuration.proxyURL { settings.proxy = try Self.proxy(proxy, configuration.origin) }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    // A server that hangs does not answer the end of TLS, for which the TLS library gives it five seconds. They are not
    // waited for: the clients go on closing by themselves.
    private func close(_ clients: [HTTPClient]) async {
        if clients.isEmpty { return }
        let logger = logger
        await withCheckedContinuation { continuation in
            let state = Mutex<(continuation: CheckedContinuation<Void, Never>?, open: Int)>(
                (continuation, clients.count)
            )
            @Sendable func resume() {
                let continuation = state.withLock { state in
                    defer { state.continuation = nil }
                    return state.continuation
                }
                continuation?.resume()
            }
            for client in clients {
                client.shutdown { error in
                    if let error { logger.debug("closing connections", metadata: ["error": "\(error)"]) }
                    let isLast = state.withLock { state in
                        state.open -= 1
                        return state.open == 0
                    }
                    if isLast { resume() }
                }
            }
            MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .seconds(1)) { resume() }
        }
    }

    // The HTTP client checks the certificate against the URL's host: another name is put there, and resolved to the
    // real address.
    private var serverURL: String {
        guard let name = configuration.tlsServerName, let mark = configuration.server.firstRange(of: "://") else {
            return configuration.server
        }
        let address = configuration.server[mark.upperBound...]
        return configuration.server[..<mark.upperBound] + name + address.dropFirst(serverHost.count)
    }

    private var serverHost: String {
        let authority =
            configuration.server.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") { return String(authority[...end]) }
        return String(authority.split(separator: ":").first ?? "")
    }

    private static func proxy(_ text: String, _ origin: String) throws -> HTTPClient.Configuration.Proxy {
        let parts = text.split(separator: "://", maxSplits: 1)
        let authority = (parts.last ?? "").split(separator: "/").first ?? ""
        let host = authority.split(separator: ":")
        guard parts.count == 2, let name = host.first, let port = Int(host.dropFirst().first ?? "80"), host.count <= 2,
            !authority.contains("@")
        else {
            throw ConfigurationError("\(origin): proxy-url: \"\(text)\" is not scheme://host:port")
        }
        switch parts[0] {
        case "http": return .server(host: String(name), port: port)
        case "socks5": return .socksServer(host: String(name), port: port)
        default:
            throw ConfigurationError(
                "\(origin): proxy-url: only http and socks5 proxies are supported, not \(parts[0])"
            )
        }
    }

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
private struct ConsumerError: Error {
    var underlying: any Error
}

/// A body that is sent on a condition, which is asked for when the connection is there and the head was sent. A server
/// does nothing upon a head alone.
private struct ConditionalBody: AsyncSequence, Sendable {
    var bytes: [UInt8]
    var condition: @Sendable () throws -> Void

    func checked() throws -> ByteBuffer {
        do { try condition() } catch { throw ConsumerError(underlying: error) }
        return ByteBuffer(bytes: bytes)
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: ConditionalBody?

        mutating func next() async throws -> ByteBuffer? {
            defer { body = nil }
            return try body?.checked()
        }
    }
}

/// When the other end was last heard of.
private final class SignsOfLife: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    var last: ContinuousClock.Instant { instant.withLock { $0 } }

    func note() {
        instant.withLock { $0 = .now }
    }
}

extension String {
    // RFC 3986: everything but unreserved characters.
    var percentEncoded: String {
        let hex = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
