import Foundation
import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("A credential source", .timeLimit(.minutes(15)))
struct CredentialSourceTests {
    let directory: TemporaryDirectory
    let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func source(
        _ credentials: Credentials,
        clientCertificate: ClientCertificateSource? = nil
    ) throws -> CredentialSource {
        let configuration = ClusterConfiguration(
            server: "https://h",
            clientCertificate: clientCertificate,
            credentials: credentials,
            origin: "test"
        )
        return try CredentialSource(
            configuration,
            environment: ["PATH": "/usr/bin:/bin"],
            now: { [clock] in clock.now },
            wallClock: { Timestamp(secondsSinceEpoch: 1_000_000) }
        )
    }

    /// The header, with "Bearer " left out.
    private func token(_ source: CredentialSource) async throws -> String? {
        let header = try await source.current().authorizationHeader
        return header.map { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : $0 }
    }

    @Test(
        "gives what never changes",
        arguments: [
            (Credentials.none, nil), (.token("abc"), "Bearer abc"),
            (.basic(username: "Aladdin", password: "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ] as [(Credentials, String?)]
    )
    func fixed(credentials: Credentials, header: String?) async throws {
        let source = try source(credentials)
        let found = try await source.current()
        #expect(found.authorizationHeader == header)
        #expect(found.clientCertificate == nil)
        source.rejected(found, requestStarted: clock.now)
        #expect(try await source.current() == found)
    }

    @Test("A1: reads a rotated token file again after 50 s, not before")
    func rotation() async throws {
        let source = try source(.tokenFile(try directory.write("one\n", to: "token")))
        #expect(try await token(source) == "one")
        try directory.write("two\n", to: "token")
        clock.advance(by: .seconds(49))
        #expect(try await token(source) == "one")
        clock.advance(by: .seconds(1))
        #expect(try await token(source) == "two")
    }

    @Test("follows the symlinks by which the kubelet rotates")
    func symlinkSwap() async throws {
        try directory.write("one", to: "..1/token")
        try directory.write("two", to: "..2/token")
        try directory.swapSymlink("..data", to: "..1")
        try FileManager.default.createSymbolicLink(atPath: directory("token"), withDestinationPath: "..data/token")
        let source = try source(.tokenFile(directory("token")))
        #expect(try await token(source) == "one")
        try directory.swapSymlink("..data", to: "..2")
        try directory.remove("..1")
        clock.advance(by: .seconds(50))
        #expect(try await token(source) == "two")
    }

    @Test("A1: keeps the old token when the file is empty, gone or no token", arguments: ["", " \n", "a b", nil])
    func keepsOld(content: String?) async throws {
        let source = try source(.tokenFile(try directory.write("one", to: "token")))
        #expect(try await token(source) == "one")
        if let content {
            try directory.write(content, to: "token")
        } else {
            try directory.remove("token")
        }
        clock.advance(by: .seconds(3600))
        #expect(try await token(source) == "one")
        try directory.write("two", to: "token")
        clock.advance(by: .seconds(1))
        #expect(try await token(source) == "two")
    }

    @Test(
        "without an old token says what is wrong with the file",
        arguments: [
            ("", "is empty; expected a token"), ("SECRET SECRET", "expected a token of visible ASCII"),
            (nil, "the token cannot be read: no such file or directory"),
        ] as [(String?, String)]
    )
    func noToken(content: String?, expected: String) async throws {
        if let content { try directory.write(content, to: "token") }
        let source = try source(.tokenFile(directory("token")))
        let message = try await configurationError { _ = try await source.current() }
        #expect(message == "\(directory("token")): \(expected)" || message.contains("\(expected) characters"))
        #expect(!message.contains("SECRET"))
        try directory.write("one", to: "token")
        #expect(try await token(source) == "one")
    }

    @Test("uses the kubeconfig's token until the token file is readable")
    func fallback() async throws {
        let source = try source(.tokenFile(directory("token"), fallback: "fallback"))
        #expect(try await token(source) == "fallback")
        try directory.write("file", to: "token")
        clock.advance(by: .seconds(1))
        #expect(try await token(source) == "file")
    }

    @Test("after a 401 reads the token file at once")
    func rejected() async throws {
        let source = try source(.tokenFile(try directory.write("one", to: "token")))
        let first = try await source.current()
        try directory.write("two", to: "token")
        clock.advance(by: .seconds(1))
        source.rejected(first, requestStarted: clock.now.advanced(by: .seconds(-2)))
        #expect(try await token(source) == "one", "the token is newer than that request")
        source.rejected(first, requestStarted: clock.now)
        #expect(try await token(source) == "two")
        try directory.write("three", to: "token")
        source.rejected(first, requestStarted: clock.now)
        #expect(try await token(source) == "two", "it was another token that was rejected")
    }

    /// A plugin that counts its runs and puts the number into the token.
    private func countingPlugin(_ status: String) -> Credentials {
        let script = "echo x >> '\(directory("runs"))'; N=$(grep -c x '\(directory("runs"))'); "
        return .exec(ExecConfiguration(command: "/bin/sh", arguments: ["-c", script + printing(status)]))
    }

    @Test("A6: runs a plugin once until shortly before its credentials expire")
    func execExpiry() async throws {
        let expiration = Timestamp(secondsSinceEpoch: 1_000_000 + 600)
        let source = try source(countingPlugin(#"{"token": "t$N", "expirationTimestamp": "\#(expiration)"}"#))
        let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<8 { group.addTask { try await token(source) } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(tokens == ["t1"])
        clock.advance(by: .seconds(589))
        #expect(try await token(source) == "t1")
        clock.advance(by: .seconds(1))
        #expect(try await token(source) == "t2")
    }

    @Test("A6: runs a plugin again after a 401, once for all requests that used the same credentials")
    func execRejected() async throws {
        let source = try source(countingPlugin(#"{"token": "t$N"}"#))
        let first = try await source.current()
        clock.advance(by: .seconds(100))
        for _ in 0..<3 {
            source.rejected(first, requestStarted: clock.now)
            #expect(try await token(source) == "t2")
        }
    }

    @Test("raises the generation when a plugin's certificate changes, not when only its token does")
    func execGeneration() async throws {
        // The certificate's body is the number of the run, halved.
        let status = #"""
            {"token": "t$N", "clientCertificateData": "-----BEGIN CERTIFICATE-----$((N / 2))", \#
            "clientKeyData": "-----BEGIN PRIVATE KEY-----"}
            """#
        let source = try source(countingPlugin(status))
        var generations: [Int] = []
        for _ in 0..<5 {
            let credentials = try await source.current()
            #expect(credentials.clientCertificate != nil)
            generations.append(credentials.generation)
            source.rejected(credentials, requestStarted: clock.now)
        }
        #expect(generations == [0, 1, 1, 2, 2])
    }

    @Test("A4: loads certificate files again every five minutes, and keeps the old pair when one is broken")
    func certificateFiles() async throws {
        try directory.write(FakePEM.certificate, to: "tls.crt")
        try directory.write(FakePEM.key, to: "tls.key")
        let source = try source(
            .token("abc"),
            clientCertificate: .init(certificate: .file(directory("tls.crt")), key: .file(directory("tls.key")))
        )
        let first = try await source.current()
        #expect(first.authorizationHeader == "Bearer abc")
        #expect(first.clientCertificate?.certificatePEM == [UInt8](FakePEM.certificate.utf8))
        #expect(first.clientCertificate?.keyPEM == [UInt8](FakePEM.key.utf8))

        try directory.write("", to: "tls.crt")
        clock.advance(by: .seconds(300))
        #expect(try await source.current().clientCertificate == first.clientCertificate)

        try directory.write(FakePEM.certificate + "new", to: "tls.crt")
        clock.advance(by: .seconds(10))
        let second = try await source.current()
        #expect(second.clientCertificate?.certificatePEM == [UInt8]((FakePEM.certificate + "new").utf8))
        #expect(second.generation == first.generation + 1)

        clock.advance(by: .seconds(300))
        #expect(try await source.current().generation == second.generation, "loaded again, but the same")
    }

    @Test("refuses certificate data that is no PEM text")
    func badCertificateData() throws {
        let bad = ClientCertificateSource(certificate: .data([1]), key: .data([1]))
        let message = try configurationError { _ = try source(.none, clientCertificate: bad) }
        #expect(message.contains("expected PEM text"))
    }
}
