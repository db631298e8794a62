/// Where a certificate or key in PEM form comes from.
public enum PEMSource: Sendable, Hashable, Redacted {
    /// The PEM text itself, as a kubeconfig's `*-data` fields hold it.
    case data([UInt8])
    /// The path of a file, to be read again whenever it may have been rotated.
    case file(String)

    /// The PEM text, at most 1 MiB; a file is read now.
    ///
    /// - Throws: `ConfigurationError` when the file cannot be read or is empty, or the bytes are no PEM text.
    public func load() throws(ConfigurationError) -> [UInt8] {
        switch self {
        case .data(let bytes):
            guard Self.looksLikePEM(bytes) else {
                throw ConfigurationError("expected PEM text (\"-----BEGIN ...\"), found \(bytes.count) other bytes")
            }
            return bytes
        case .file(let path):
            let bytes: [UInt8]
            do {
                bytes = try SmallFile.contents(of: path)
            } catch {
                throw ConfigurationError("\(path): cannot be read: \(error)")
            }
            // An empty file is a rotation seen half done; whoever polls keeps what it has.
            guard !bytes.isEmpty else { throw ConfigurationError("\(path): is empty; expected PEM text") }
            guard Self.looksLikePEM(bytes) else {
                throw ConfigurationError("\(path): expected PEM text (\"-----BEGIN ...\")")
            }
            return bytes
        }
    }

    /// The path, or how many bytes; never the bytes.
    public var description: String {
        switch self {
        case .data(let bytes): "\(bytes.count) bytes of PEM"
        case .file(let path): path
        }
    }

    // What is inside is for the TLS library to judge; this catches the wrong file and base64 applied twice.
    static func looksLikePEM(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ")
    }
}

/// A client certificate with its private key, by which the API server may know us.
public struct ClientCertificateSource: Sendable, Hashable {
    /// The certificate, followed by intermediates if there are any.
    public var certificate: PEMSource
    /// The private key that belongs to it.
    public var key: PEMSource

    /// A certificate and its key.
    public init(certificate: PEMSource, key: PEMSource) {
        self.certificate = certificate
        self.key = key
    }

    /// Whether either is a file, hence can be rotated while we run.
    var canChange: Bool {
        if case .file = certificate { return true }
        if case .file = key { return true }
        return false
    }

    /// Both as they are now.
    ///
    /// - Throws: `ConfigurationError` when one cannot be loaded, or the certificate changed while the key was read:
    ///   a pair read across a rotation would not fit together.
    func load() throws(ConfigurationError) -> ClientCertificate {
        let before = try certificate.load()
        let key = try self.key.load()
        guard try certificate.load() == before else {
            throw ConfigurationError("\(certificate): changed while it was read; it will be read again")
        }
        return ClientCertificate(certificatePEM: before, keyPEM: key)
    }
}
