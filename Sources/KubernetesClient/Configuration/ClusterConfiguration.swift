/// One API server: where it is, how to know that it is the right one, and who we are to it.
///
/// The surface is that of a kubeconfig's context (A8). Certificates and tokens in files stay paths here, so
/// that whoever uses them can follow their rotation.
public struct ClusterConfiguration: Sendable, Hashable, Redacted {
    /// `https://host:port`, with an optional path prefix and without a trailing slash.
    public var server: String
    /// What the server's certificate must chain to; `nil` means the system's roots.
    public var certificateAuthority: PEMSource?
    /// The name that the server's certificate must bear, and the SNI sent; `nil` means the host of `server`.
    public var tlsServerName: String?
    /// Whether any certificate is accepted. Whoever uses it must warn loudly.
    public var insecureSkipTLSVerify: Bool

    /// Whether the server proves who it is: by a certificate that is verified, or by being on this machine.
    public var provesServer: Bool {
        ServerURL.isSecure(server) ? !insecureSkipTLSVerify : ServerURL.isLoopback(server)
    }
    /// The certificate that we present; `nil` for none, or when an exec plugin supplies it.
    public var clientCertificate: ClientCertificateSource?
    /// What goes into the `Authorization` header, and where it comes from.
    public var credentials: Credentials
    /// Whom requests act for; `nil` means ourselves.
    public var impersonation: Impersonation?
    /// The proxy (`http`, `https` or `socks5`); the environment's is not looked at (T9).
    public var proxyURL: String?
    /// The context's namespace or the pod's own; `nil` when none is named.
    public var namespace: String?
    /// `in-cluster` or `context NAME of FILE`: for log and error lines.
    public var origin: String

    /// A configuration put together by hand.
    ///
    /// Nothing is checked: the caller answers for `server`'s form and for not sending credentials over plain `http`.
    public init(
        server: String,
        certificateAuthority: PEMSource? = nil,
        tlsServerName: String? = nil,
        insecureSkipTLSVerify: Bool = false,
        clientCertificate: ClientCertificateSource? = nil,
        credentials: Credentials = .none,
        impersonation: Impersonation? = nil,
        proxyURL: String? = nil,
        namespace: String? = nil,
        origin: String
    ) {
        self.server = server
        self.certificateAuthority = certificateAuthority
        self.tlsServerName = tlsServerName
        self.insecureSkipTLSVerify = insecureSkipTLSVerify
        self.clientCertificate = clientCertificate
        self.credentials = credentials
        self.impersonation = impersonation
        self.proxyURL = proxyURL
        self.namespace = namespace
        self.origin = origin
    }

    /// One line for the log: the server, where the configuration came from and the kind of credentials, no secret.
    public var description: String {
        var parts = ["\(server) (\(origin))", "credentials: \(credentials)"]
        if let clientCertificate { parts.append("client certificate: \(clientCertificate.certificate)") }
        if let impersonation { parts.append("acting as \"\(impersonation.user)\"") }
        if let proxyURL { parts.append("proxy: \(ServerURL.withoutUser(proxyURL))") }
        if insecureSkipTLSVerify { parts.append("TLS NOT VERIFIED") }
        return parts.joined(separator: ", ")
    }
}
