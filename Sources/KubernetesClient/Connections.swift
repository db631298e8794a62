import AsyncHTTPClient
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The connections to the API server. When what they are made with changes (a rotated CA or client certificate), new ones
/// are made and the old ones are left to finish.
///
/// Watches have connections of their own: each holds a stream for minutes, a server grants about a hundred to a
/// connection, and the HTTP client does not open a second connection while the first still lives; writes would queue
/// behind them unnoticed. So have lists, which are read on the thread of watches: a large one keeps it busy for seconds,
/// in which calls go on.
///
/// Calls go over HTTP/1.1, each on a connection of its own that the next one takes over: that costs both ends less than a
/// stream of HTTP/2 for each (a third of the client's part, a tenth of the server's), none waits behind another, and
/// one that is not answered takes its connection along.
final class Connections: Sendable {
    enum Purpose { case calls, lists, watches }

    private struct Identity: Equatable {
        var certificateAuthority: [UInt8]?
        var certificate: ClientCertificate?
    }

    private struct Clients {
        var identity: Identity
        var calls: HTTPClient
        var lists: HTTPClient
        var watches: HTTPClient

        var all: [HTTPClient] { [calls, lists, watches] }
    }

    private struct State {
        var current: Clients?
        var retired: [Clients] = []
        var authority: TrustedAuthority
    }

    private let configuration: ClusterConfiguration
    private let logger: Logger
    private let callLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let readLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let state: Mutex<State>

    init(_ configuration: ClusterConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(authority: TrustedAuthority(configuration.certificateAuthority)))
    }

    /// The thread on which all that happens for `purpose`.
    func eventLoop(for purpose: Purpose) -> any EventLoop { purpose == .calls ? callLoop : readLoop }

    /// What to send requests with for `purpose`, as who `certificate` says.
    ///
    /// - Throws: ``ConfigurationError`` when the certificates cannot be read.
    func client(for purpose: Purpose, _ certificate: ClientCertificate?) throws -> HTTPClient {
        let (clients, surplus) = try state.withLock { state -> (Clients, Clients?) in
            let identity = Identity(
                certificateAuthority: try state.authority.current(at: .now),
                certificate: certificate
            )
            if let current = state.current, current.identity == identity { return (current, nil) }
            let fresh = Clients(
                identity: identity,
                calls: try makeClient(for: .calls, identity),
                lists: try makeClient(for: .lists, identity),
                watches: try makeClient(for: .watches, identity)
            )
            if let old = state.current { state.retired.append(old) }
            state.current = fresh
            // The one before last has had a whole rotation's time to finish its streams.
            return (fresh, state.retired.count > 1 ? state.retired.removeFirst() : nil)
        }
        if let surplus {
            for client in surplus.all { client.shutdown { _ in } }
        }
        return switch purpose {
        case .calls: clients.calls
        case .lists: clients.lists
        case .watches: clients.watches
        }
    }

    /// Closes all connections. Requests under way fail.
    func shutdown() async {
        let clients = state.withLock { state in
            defer {
                state.current = nil
                state.retired = []
            }
            return state.retired + [state.current].compactMap { $0 }
        }
        await close(clients.flatMap(\.all))
    }

    private func makeClient(for purpose: Purpose, _ identity: Identity) throws -> HTTPClient {
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
        // Nobody here collects traces, and a span for nobody takes time, too.
        settings.tracing.tracer = nil
        // Failing at once is what the callers' own back-off expects.
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit =
            switch purpose {
            // Twice as many as there are ever writes under way: the renewal of a lease must not wait for any of them.
            case .calls: 128
            // A server works on two or three at once.
            case .lists: 16
            // More than there are.
            case .watches: 64
            }
        if purpose == .calls {
            settings.httpVersion = .http1Only
            // Sooner than anybody on the way forgets it: a write on a connection that is gone fails.
            settings.connectionPool.idleTimeout = .seconds(10)
        }
        // The HTTP client sends no pings of its own, and this is where it lets others at its connections.
        settings.http2ConnectionDebugInitializer = { HeartbeatHandler.install(on: $0) }
        settings.http1_1ConnectionDebugInitializer = { TCPKeepAlive.install(on: $0) }
        if let name = configuration.tlsServerName {
            settings.dnsOverride = [name: serverHost.filter { !"[]".contains($0) }]
        }
        if let proxy = configuration.proxyURL { settings.proxy = try Self.proxy(proxy, configuration.origin) }
        return HTTPClient(eventLoopGroupProvider: .shared(eventLoop(for: purpose)), configuration: settings)
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
    var serverURL: String {
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
}
