import Foundation
import Testing

@testable import KubernetesClient

@Suite("Nothing that is printed shows a secret")
struct RedactionTests {
    static let exec = ExecConfiguration(
        command: "plugin",
        arguments: ["--secret=HIDDEN"],
        environment: [.init(name: "A", value: "HIDDEN")],
        clusterExtension: ["a": "HIDDEN"]
    )
    static let certificate = ClientCertificate(certificatePEM: [65], keyPEM: [UInt8]("HIDDEN".utf8))

    static func configuration(_ credentials: Credentials) -> ClusterConfiguration {
        ClusterConfiguration(
            server: "https://h",
            clientCertificate: .init(certificate: .file("/c"), key: .data([UInt8]("HIDDEN".utf8))),
            credentials: credentials,
            proxyURL: "http://user:HIDDEN@proxy:80/x",
            origin: "test"
        )
    }

    static let values: [any Sendable] = [
        configuration(.token("HIDDEN")),
        configuration(.basic(username: "u", password: "HIDDEN")),
        configuration(.tokenFile("/t", fallback: "HIDDEN")),
        configuration(.exec(exec)),
        Optional(configuration(.token("HIDDEN"))) as any Sendable,
        exec.environment,
        ExecCredential(token: "HIDDEN", clientCertificate: certificate),
        RequestCredentials(
            authorizationHeader: "Bearer HIDDEN",
            clientCertificate: certificate,
            generation: 1,
            serials: []
        ),
        RequestCredentials(
            authorizationHeader: "HIDDEN",
            clientCertificate: nil,
            generation: 1,
            serials: []
        ),
        ClientCertificateSource(certificate: .file("/c"), key: .data([UInt8]("HIDDEN".utf8))),
    ]

    @Test("A7: by description, debugging, interpolation or dump", arguments: values.indices)
    func hidden(index: Int) {
        let value = Self.values[index]
        var dumped = ""
        dump(value, to: &dumped)
        let bytes = [UInt8]("HIDDEN".utf8).description.dropFirst().dropLast()
        for text in ["\(value)", String(reflecting: value), String(describing: [value]), dumped] {
            #expect(!text.contains("HIDDEN"))
            #expect(!text.contains(bytes))
            #expect(!text.contains("- 72"), "the bytes of a secret one by one")
        }
    }

    @Test("yet a configuration's line says what it is")
    func useful() {
        #expect(
            Self.configuration(.exec(Self.exec)).description
                == "https://h (test), credentials: exec plugin plugin, client certificate: /c,"
                + " proxy: http://(redacted)@proxy:80/x"
        )
        #expect(Self.configuration(.tokenFile("/t")).description.contains("token file /t"))
    }

    @Test(
        "and a proxy is shown without who uses it, also where a password has a slash in it that is not escaped",
        arguments: [
            ("http://u:HIDDEN@h:1/x", "http://(redacted)@h:1/x"), ("socks5://u/HIDDEN@h:1", "socks5://(redacted)@h:1"),
        ]
    )
    func proxies(_ url: String, _ shown: String) {
        #expect(ServerURL.withoutUser(url) == shown)
    }

    @Test("and an error is one printable line of bounded length")
    func errors() {
        let error = ConfigurationError("a\nb\u{1b}[31m\u{2028}c" + String(repeating: "x", count: 5000))
        #expect(error.message.hasPrefix(#"a\nb\u{1b}[31m\u{2028}cx"#))
        #expect(error.message.unicodeScalars.count == 2000)
        #expect(error.message.hasSuffix("..."))
        #expect("\(error)" == error.message)
    }
}
