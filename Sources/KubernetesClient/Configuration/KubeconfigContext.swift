#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Kubeconfig {
    /// What a context amounts to: its cluster, its user and its namespace together.
    ///
    /// With an `http` server the user is left out, as kubectl does: credentials go over TLS or not at all (A7).
    ///
    /// - Parameters:
    ///   - asked: the context's name; `nil` means `current-context`.
    ///   - allowsInsecureTLS: whether its server need not prove who it is.
    /// - Throws: `ConfigurationError` with file, entry and field.
    func configuration(
        context asked: String?,
        allowsInsecureTLS: Bool = false
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let place = files.joined(separator: ":")
        guard let name = asked ?? currentContext else {
            throw ConfigurationError(
                "\(place): current-context is not set; choose one with --context, there are: "
                    + ConfigurationError.listing(contexts.keys)
            )
        }
        guard let context = contexts[name] else {
            throw .unknown("context", name, among: contexts.keys, in: place)
        }
        guard let clusterName = try context.string("cluster") else {
            throw context.error("cluster: expected a name; there are: \(ConfigurationError.listing(clusters.keys))")
        }
        guard let cluster = clusters[clusterName] else {
            throw .unknown("cluster", clusterName, among: clusters.keys, in: "\(context.file): \(context.path).cluster")
        }
        var configuration = try Self.cluster(cluster)
        if !allowsInsecureTLS { try Self.requireProof(of: configuration, cluster) }
        configuration.namespace = try context.string("namespace")
        configuration.origin = "context \(name) of \(context.file)"
        if let userName = try context.string("user") {
            guard let user = users[userName] else {
                throw .unknown("user", userName, among: users.keys, in: "\(context.file): \(context.path).user")
            }
            try KubeconfigUser.apply(user, cluster: cluster, to: &configuration)
        }
        return configuration
    }

    // Whoever can pretend to be the server decides what is there to see, and is handed what is written.
    private static func requireProof(
        of configuration: ClusterConfiguration,
        _ cluster: YAMLField
    ) throws(ConfigurationError) {
        if configuration.insecureSkipTLSVerify {
            throw cluster.error(
                "true is not accepted without --allow-insecure-tls: anybody in between could pretend to be the server; put"
                    + " its CA into certificate-authority-data instead",
                of: "insecure-skip-tls-verify"
            )
        }
        if !ServerURL.isSecure(configuration.server), !ServerURL.isLoopback(configuration.server) {
            throw cluster.error(
                "http is not accepted without --allow-insecure-tls, but on this machine: anybody in between could pretend"
                    + " to be the server; use https",
                of: "server"
            )
        }
    }

    private static func cluster(_ field: YAMLField) throws(ConfigurationError) -> ClusterConfiguration {
        guard let text = try field.string("server") else {
            throw field.error("server: \(ServerURL.expectation); found nothing")
        }
        guard let server = ServerURL.normalized(text) else { throw field.error("server: \(ServerURL.expectation)") }
        let authority = try field.pem("certificate-authority")
        let isInsecure = try field.bool("insecure-skip-tls-verify")
        if isInsecure, authority != nil {
            throw field.error(
                "insecure-skip-tls-verify: not allowed together with a certificate-authority; remove one of them"
            )
        }
        let proxy = try field.string("proxy-url")
        if let proxy, ServerURL.normalized(proxy, schemes: ["http", "https", "socks5"], allowsUser: true) == nil {
            throw field.error("proxy-url: expected a URL of scheme http, https or socks5, with host and port")
        }
        return ClusterConfiguration(
            server: server,
            certificateAuthority: authority,
            tlsServerName: try field.string("tls-server-name"),
            insecureSkipTLSVerify: isInsecure,
            proxyURL: proxy,
            origin: ""
        )
    }
}

extension YAMLField {
    /// The PEM text of `NAME-data` (base64) or else the file of `NAME`; `nil` when there is neither.
    ///
    /// The data beats the file, as `kubectl config` documents it.
    ///
    /// - Throws: `ConfigurationError` when the data is not base64 or does not hold PEM text.
    func pem(_ name: String) throws(ConfigurationError) -> PEMSource? {
        if let text = try string("\(name)-data") {
            // Go's decoder skips line breaks, which a YAML block scalar brings along.
            guard let data = Data(base64Encoded: text.filter { !$0.isNewline }) else {
                throw error("not valid base64", of: "\(name)-data")
            }
            guard PEMSource.looksLikePEM([UInt8](data)) else {
                throw error("expected base64 of PEM text (\"-----BEGIN ...\")", of: "\(name)-data")
            }
            return .data([UInt8](data))
        }
        return try file(name).map { .file($0) }
    }

    /// The path in the member `name`, made to mean what it means from the kubeconfig's own directory (A5).
    func file(_ name: String) throws(ConfigurationError) -> String? {
        try string(name).map { SmallFile.resolve($0, from: SmallFile.directory(of: file)) }
    }

    /// The complaint about the member `name`.
    func error(_ problem: String, of name: String) -> ConfigurationError {
        renamed("\(path).\(name)").error(problem)
    }
}
