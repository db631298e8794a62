/// What one request sends to say who it is.
public struct RequestCredentials: Sendable, Equatable, Redacted {
    /// The value of the `Authorization` header; `nil` for none.
    public let authorizationHeader: String?
    /// The certificate that the connection must present; `nil` for none.
    public let clientCertificate: ClientCertificate?
    /// Increases whenever the client certificate changes: connections made for a lower one must not be used further.
    public let generation: Int

    /// Which fetches these came from, so that a rejection does not hit credentials fetched since.
    let serials: [Int]

    /// The kinds of credentials there are, without their content.
    public var description: String {
        // "Bearer" or "Basic", if the value begins like that; otherwise all of it is the secret.
        let scheme = authorizationHeader?.split(separator: " ", maxSplits: 1)
        let header = scheme.map { "\($0.count == 2 ? $0[0] : "Authorization") (redacted)" } ?? "no Authorization header"
        return "\(header), \(clientCertificate == nil ? "no " : "")client certificate, generation \(generation)"
    }
}

/// A client certificate and its private key as PEM text.
public struct ClientCertificate: Sendable, Equatable, Redacted {
    /// The certificate and any intermediates.
    public let certificatePEM: [UInt8]
    /// The private key, a secret.
    public let keyPEM: [UInt8]

    /// A certificate and its key.
    public init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
        self.certificatePEM = certificatePEM
        self.keyPEM = keyPEM
    }

    /// The certificate's size alone.
    public var description: String { "client certificate (\(certificatePEM.count) bytes, key redacted)" }
}
