import KubernetesAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an exec plugin printed: a token, a client certificate, or both.
///
/// Rule: Kubernetes API reference, `client.authentication.k8s.io/v1` `ExecCredential`.
struct ExecCredential: Sendable, Equatable, Redacted {
    var token: String?
    var clientCertificate: ClientCertificate?
    /// When it stops being of use; `nil` when it holds until the server refuses it.
    var expiration: Timestamp?

    var description: String {
        "\(token == nil ? "no token" : "token (redacted)"), \(clientCertificate?.description ?? "no client certificate")"
            + (expiration.map { ", until \($0)" } ?? "")
    }

    init(token: String?, clientCertificate: ClientCertificate? = nil, expiration: Timestamp? = nil) {
        self.token = token
        self.clientCertificate = clientCertificate
        self.expiration = expiration
    }

    /// The credentials in a plugin's output.
    ///
    /// - Throws: `ConfigurationError` starting with `place`, when the output is no `ExecCredential` of `version`, holds
    ///   nothing to authenticate by, or half a key pair. Its content is never quoted.
    init(parsing output: [UInt8], version: ExecConfiguration.APIVersion, place: String) throws(ConfigurationError) {
        func error(_ problem: String) -> ConfigurationError { ConfigurationError("\(place): \(problem)") }
        let wire: Wire
        do {
            wire = try JSONDecoder().decode(Wire.self, from: Data(output))
        } catch DecodingError.typeMismatch(_, let context) {
            let field = context.codingPath.map(\.stringValue).joined(separator: ".")
            let place = field.isEmpty ? "top level" : field
            throw error("its output's \(place) is not of the type that ExecCredential wants")
        } catch {
            throw ConfigurationError("\(place): expected an ExecCredential as JSON on its standard output")
        }
        guard wire.kind == "ExecCredential" else {
            throw error("expected kind \"ExecCredential\" in its output, found \"\((wire.kind ?? "").prefix(40))\"")
        }
        guard wire.apiVersion == version.rawValue else {
            throw error(
                "it answered with apiVersion \"\((wire.apiVersion ?? "").prefix(60))\", the kubeconfig asks for"
                    + " \"\(version.rawValue)\"; make them equal, or update the plugin"
            )
        }
        guard let status = wire.status else { throw error("its output has no status") }
        token = status.token.flatMap { $0.isEmpty ? nil : $0 }
        if let token, !BearerToken.isValid(token) { throw error("status.token: \(BearerToken.expectation)") }
        let certificate = [UInt8]((status.clientCertificateData ?? "").utf8)
        let key = [UInt8]((status.clientKeyData ?? "").utf8)
        guard certificate.isEmpty == key.isEmpty else {
            throw error("its status has only one of clientCertificateData and clientKeyData; both or none are needed")
        }
        if !certificate.isEmpty {
            guard PEMSource.looksLikePEM(certificate), PEMSource.looksLikePEM(key) else {
                throw error("clientCertificateData and clientKeyData: expected PEM text (\"-----BEGIN ...\")")
            }
            clientCertificate = ClientCertificate(certificatePEM: certificate, keyPEM: key)
        }
        guard token != nil || clientCertificate != nil else {
            throw error("its status has neither a token nor a client certificate")
        }
        if let text = status.expirationTimestamp, !text.isEmpty {
            guard let expiration = Timestamp(text) else {
                throw error("status.expirationTimestamp: expected a time such as 2026-01-31T09:30:00Z (RFC 3339)")
            }
            self.expiration = expiration
        }
    }

    private struct Wire: Decodable {
        struct Status: Decodable {
            var token: String?
            var expirationTimestamp: String?
            var clientCertificateData: String?
            var clientKeyData: String?
        }
        var apiVersion: String?
        var kind: String?
        var status: Status?
    }
}

extension ExecConfiguration {
    /// The value of `KUBERNETES_EXEC_INFO`, which tells the plugin what is asked of it.
    ///
    /// - Throws: `ConfigurationError` when the cluster's CA is a file that cannot be read.
    func execInfo(for cluster: ClusterConfiguration) throws(ConfigurationError) -> String {
        // An operator has no terminal, whatever the plugin would like.
        var spec: JSONValue = ["interactive": false]
        if provideClusterInfo {
            var info: JSONValue = ["server": .string(cluster.server)]
            if let name = cluster.tlsServerName { info["tls-server-name"] = .string(name) }
            if cluster.insecureSkipTLSVerify { info["insecure-skip-tls-verify"] = true }
            if let authority = try cluster.certificateAuthority?.load() {
                info["certificate-authority-data"] = .string(Data(authority).base64EncodedString())
            }
            if let proxy = cluster.proxyURL { info["proxy-url"] = .string(proxy) }
            info["config"] = clusterExtension
            spec["cluster"] = info
        }
        let document: JSONValue = [
            "apiVersion": .string(apiVersion.rawValue), "kind": "ExecCredential", "spec": spec,
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(document) else {
            throw ConfigurationError("\(cluster.origin): the cluster's exec extension cannot be written as JSON")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
