import KubernetesAPI
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The credentials of one cluster, current at any time: token files are read again, plugins run again and certificates
/// loaded again as they come due, or after the server refused them.
///
/// However many tasks ask at once, each thing is fetched once. Rules: `docs/runtime.md` A1, A4, A6.
public final class CredentialSource: Sendable {
    private typealias Part = SharedRefresh<CredentialPart>

    private let authorizationHeader: String?
    private let clientCertificate: ClientCertificate?
    private let parts: [Part]
    private let origin: ContinuousClock.Instant

    /// The credentials that `configuration` describes. Nothing is read or run until the first call of `current()`,
    /// save that certificates given as data are checked.
    ///
    /// - Throws: `ConfigurationError` when a client certificate given as data is not PEM text.
    public convenience init(_ configuration: ClusterConfiguration) throws(ConfigurationError) {
        try self.init(configuration, environment: ProcessInfo.processInfo.environment)
    }

    /// As above, with the world as arguments.
    init(
        _ configuration: ClusterConfiguration,
        environment: [String: String],
        execTimeLimit: Duration = .seconds(60),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        wallClock: @escaping @Sendable () -> Timestamp = {
            Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970.rounded(.down)))
        }
    ) throws(ConfigurationError) {
        let origin = now()
        let elapsed: @Sendable () -> Duration = { origin.duration(to: now()) }
        var header: String?
        var certificate: ClientCertificate?
        var parts: [Part] = []
        switch configuration.credentials {
        case .none:
            break
        case .basic(let username, let password):
            header = "Basic " + Data("\(username):\(password)".utf8).base64EncodedString()
        case .token(let token):
            header = "Bearer \(token)"
        case .tokenFile(let path, let fallback):
            parts.append(Self.tokenFile(path, fallback: fallback, now: elapsed))
        case .exec(let exec):
            let plugin = ExecPlugin(
                configuration: exec,
                cluster: configuration,
                environment: environment,
                timeLimit: execTimeLimit
            )
            parts.append(Self.exec(plugin, now: elapsed, wallClock: wallClock))
        }
        if let source = configuration.clientCertificate {
            if source.canChange {
                parts.append(Self.certificateFile(source, now: elapsed))
            } else {
                certificate = try source.load()
            }
        }
        self.authorizationHeader = header
        self.clientCertificate = certificate
        self.parts = parts
        self.origin = origin
    }

    /// What a request that starts now should send.
    ///
    /// - Throws: `ConfigurationError` when there are no credentials to use, with the reason; `CancellationError` when
    ///   the task is cancelled while it waits. Other callers are not affected.
    public func current() async throws -> RequestCredentials {
        var header = authorizationHeader
        var certificate = clientCertificate
        var generation = 0
        var serials: [Int] = []
        for part in parts {
            let entry = try await part.current()
            header = entry.value.authorizationHeader ?? header
            certificate = entry.value.clientCertificate ?? certificate
            generation += entry.value.generation
            serials.append(entry.serial)
        }
        return RequestCredentials(
            authorizationHeader: header,
            clientCertificate: certificate,
            generation: generation,
            serials: serials
        )
    }

    /// The server answered 401 to a request that used `credentials` and began at `requestStarted`.
    ///
    /// What is still the same as then, and was fetched before the request began, is dropped, so that the next call of
    /// `current()` fetches it anew; hence take `requestStarted` after `current()` returned. Credentials that cannot
    /// change stay.
    public func rejected(_ credentials: RequestCredentials, requestStarted: ContinuousClock.Instant) {
        for (part, serial) in zip(parts, credentials.serials) {
            part.rejected(serial: serial, requestStarted: origin.duration(to: requestStarted))
        }
    }

    private static func tokenFile(_ path: String, fallback: String?, now: @escaping @Sendable () -> Duration) -> Part {
        let initial = fallback.map { CredentialPart(authorizationHeader: "Bearer \($0)") }
        return Part(TokenCache(.tokenFile, initial: initial), now: now) {
            .init(value: CredentialPart(authorizationHeader: "Bearer \(try BearerToken.read(path))"))
        }
    }

    private static func certificateFile(
        _ source: ClientCertificateSource,
        now: @escaping @Sendable () -> Duration
    ) -> Part {
        let generations = CertificateGenerations()
        return Part(TokenCache(.certificateFile), now: now) {
            let certificate = try source.load()
            return .init(
                value: CredentialPart(clientCertificate: certificate, generation: generations.number(for: certificate))
            )
        }
    }

    private static func exec(
        _ plugin: ExecPlugin,
        now: @escaping @Sendable () -> Duration,
        wallClock: @escaping @Sendable () -> Timestamp
    ) -> Part {
        let generations = CertificateGenerations()
        return Part(TokenCache(.execPlugin), now: now) {
            let credential = try await plugin.run()
            let part = CredentialPart(
                authorizationHeader: credential.token.map { "Bearer \($0)" },
                clientCertificate: credential.clientCertificate,
                generation: generations.number(for: credential.clientCertificate)
            )
            // Only here do the two clocks meet: a moment of the wall clock becomes a span of the one that never jumps.
            let validity = credential.expiration.map {
                Duration.seconds($0.secondsSinceEpoch &- wallClock().secondsSinceEpoch)
            }
            return .init(value: part, validity: validity)
        }
    }
}

/// What one source contributes to a request's credentials.
struct CredentialPart: Sendable, Equatable {
    var authorizationHeader: String?
    var clientCertificate: ClientCertificate?
    /// See `RequestCredentials.generation`.
    var generation = 0
}

/// Counts how often one source's client certificate has changed.
private final class CertificateGenerations: Sendable {
    private struct State {
        var latest: ClientCertificate??
        var number = 0
    }
    private let state = Mutex(State())

    /// The number of `certificate`, which was just fetched: one higher if it differs from the one fetched before.
    func number(for certificate: ClientCertificate?) -> Int {
        state.withLock { state in
            if let latest = state.latest, latest != certificate { state.number += 1 }
            state.latest = .some(certificate)
            return state.number
        }
    }
}
