import Foundation
import NIOSSL
import Subprocess

/// A certificate for `127.0.0.1`, of an authority of its own, made anew each time.
public struct ServerIdentity: Sendable {
    /// The authority that clients have to trust.
    public let authorityPEM: String
    let certificate: NIOSSLCertificate
    let key: NIOSSLPrivateKey

    private struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// Makes one with the `openssl` program.
    ///
    /// - Throws: what it said, when it fails.
    public static func make() async throws -> ServerIdentity {
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=fault-proxy", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "-",
            ],
            output: .string(limit: 1 << 16),
            error: .string(limit: 1 << 16)
        )
        guard result.terminationStatus.isSuccess,
            let start = result.standardOutput.range(of: "-----BEGIN CERTIFICATE-----")
        else { throw Failed(description: "openssl req: \(result.standardError)") }
        let pem = String(result.standardOutput[start.lowerBound...])
        let key = String(result.standardOutput[..<start.lowerBound])
        return ServerIdentity(
            authorityPEM: pem,
            certificate: try NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem),
            key: try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
        )
    }

    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(certificate)],
            privateKey: .privateKey(key)
        )
        // What the proxy speaks. Clients that could do HTTP/2 do without.
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
