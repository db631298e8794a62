import Foundation
import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("A kubeconfig's context")
struct KubeconfigTests {
    @Test("brings every field of its cluster, user and itself")
    func everyField() throws {
        let text = kubeconfig(
            cluster: """
                {server: "https://h:1/prefix/", certificate-authority: /ca.crt, tls-server-name: name, \
                proxy-url: "socks5://p:1080"}
                """,
            user: """
                {client-certificate: /c.crt, client-key: /c.key, token: abc, as: eve, as-uid: "7", \
                as-groups: [a, b], as-user-extra: {scope: [x, y]}}
                """,
            context: ", namespace: team"
        )
        let expected = ClusterConfiguration(
            server: "https://h:1/prefix",
            certificateAuthority: .file("/ca.crt"),
            tlsServerName: "name",
            clientCertificate: .init(certificate: .file("/c.crt"), key: .file("/c.key")),
            credentials: .token("abc"),
            impersonation: .init(user: "eve", uid: "7", groups: ["a", "b"], extra: ["scope": ["x", "y"]]),
            proxyURL: "socks5://p:1080",
            namespace: "team",
            origin: "context c of /etc/kube/config"
        )
        #expect(try configuration(text) == expected)
    }

    @Test("may be written as JSON, indented by spaces or tabs", arguments: ["  ", "\t"])
    func json(indent: String) throws {
        let text = """
            {
            >"kind": "Config", "current-context": "c",
            >"clusters": [{"name": "k", "cluster": {"server": "https:\\/\\/h"}}],
            >"contexts": [
            >>{"name": "c", "context": {"cluster": "k"}}
            >]
            }
            """
        #expect(try configuration(text.replacingOccurrences(of: ">", with: indent)).server == "https://h")
    }

    @Test("may be written in UTF-16 or with a byte order mark", arguments: ["LE", "BE", "UTF-8"])
    func encodings(kind: String) throws {
        let text = kubeconfig(user: "{token: abc}")
        let bytes: [UInt8] =
            switch kind {
            case "LE": [0xff, 0xfe] + text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
            case "BE": [0xfe, 0xff] + text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            default: [0xef, 0xbb, 0xbf] + [UInt8](text.utf8)
            }
        #expect(try Kubeconfig(parsing: bytes, file: "f").configuration(context: nil).credentials == .token("abc"))
    }

    @Test("A5: means relative paths from its own file's directory")
    func relativePaths() throws {
        let text = kubeconfig(
            cluster: "{server: https://h, certificate-authority: ca.crt}",
            user: "{client-certificate: pki/c.crt, client-key: ../c.key, tokenFile: token}"
        )
        let found = try configuration(text)
        #expect(found.certificateAuthority == .file("/etc/kube/ca.crt"))
        #expect(found.clientCertificate?.certificate == .file("/etc/kube/pki/c.crt"))
        #expect(found.clientCertificate?.key == .file("/etc/kube/../c.key"))
        #expect(found.credentials == .tokenFile("/etc/kube/token"))
    }

    @Test(
        "means an exec command with a slash from its file's directory, and one without as a name",
        arguments: [("bin/plugin", "/etc/kube/bin/plugin"), ("/bin/plugin", "/bin/plugin"), ("plugin", "plugin")]
    )
    func execCommand(command: String, expected: String) throws {
        let text = kubeconfig(
            user: "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: \(command)}}"
        )
        #expect(
            try configuration(text).credentials == .exec(ExecConfiguration(command: expected, apiVersion: .v1beta1))
        )
    }

    @Test("brings every field of an exec plugin, and the cluster's extension for it")
    func execFields() throws {
        let text = kubeconfig(
            cluster: """
                {server: https://h, extensions: [{name: other, extension: {}}, \
                {name: client.authentication.k8s.io/exec, extension: {a: "1", b: 2, c: [true, null, 1.5]}}]}
                """,
            user: """
                {exec: {apiVersion: client.authentication.k8s.io/v1, command: p, args: [x, 1], \
                env: [{name: A, value: b}, {name: E}], installHint: brew it, provideClusterInfo: true, \
                interactiveMode: Never}}
                """
        )
        let expected = ExecConfiguration(
            command: "p",
            arguments: ["x", "1"],
            environment: [.init(name: "A", value: "b"), .init(name: "E", value: "")],
            installHint: "brew it",
            provideClusterInfo: true,
            interactiveMode: .never,
            clusterExtension: ["a": "1", "b": 2, "c": [true, nil, .number(1.5)]]
        )
        #expect(try configuration(text).credentials == .exec(expected))
    }

    @Test("prefers data to the file of the same kind")
    func dataOverFile() throws {
        let text = kubeconfig(
            cluster: """
                {server: https://h, certificate-authority: /no, \
                certificate-authority-data: \(FakePEM.certificateBase64)}
                """,
            user: """
                {client-certificate: /no, client-certificate-data: \(FakePEM.certificateBase64), \
                client-key: /no, client-key-data: \(FakePEM.keyBase64)}
                """
        )
        let found = try configuration(text)
        #expect(found.certificateAuthority == .data([UInt8](FakePEM.certificate.utf8)))
        #expect(found.clientCertificate?.certificate == .data([UInt8](FakePEM.certificate.utf8)))
        #expect(found.clientCertificate?.key == .data([UInt8](FakePEM.key.utf8)))
    }

    @Test(
        "prefers static credentials to an exec plugin, and a token file to the token beside it",
        arguments: [
            ("token: abc", Credentials.token("abc")),
            ("username: a, password: b", .basic(username: "a", password: "b")),
            ("client-certificate: /c, client-key: /k", .none),
            ("tokenFile: /t, token: abc", .tokenFile("/t", fallback: "abc")),
        ]
    )
    func credentialOrder(fields: String, expected: Credentials) throws {
        let exec = "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: p}"
        #expect(try configuration(kubeconfig(user: "{\(fields), \(exec)}")).credentials == expected)
    }

    @Test("A7: sends no credentials to a server without TLS")
    func plainHTTP() throws {
        let user = "{token: abc, client-certificate: /c, client-key: /k, as: eve}"
        let found = try configuration(kubeconfig(cluster: "{server: \"http://localhost:8001\"}", user: user))
        #expect(found.credentials == .none)
        #expect(found.clientCertificate == nil)
        #expect(found.impersonation?.user == "eve")
    }

    static let unprovenClusters = [
        "{server: https://h, insecure-skip-tls-verify: true}", "{server: \"http://10.0.0.1:8080\"}",
        "{server: \"http://localhost.example.com\"}", "{server: \"http://127.0.0.1.example.com\"}",
        "{server: \"http://[fe80::1]:8080\"}",
    ]

    @Test(
        "whose server need not prove who it is, is refused with file, cluster and remedy",
        arguments: unprovenClusters
    )
    func unproven(cluster: String) throws {
        let message = try configurationError { _ = try configuration(kubeconfig(cluster: cluster)) }
        #expect(message.hasPrefix("/etc/kube/config: clusters[name=k].cluster."))
        #expect(message.contains("--allow-insecure-tls"))
        #expect(message.contains(cluster.contains("skip") ? "certificate-authority-data" : "use https"))
        let found = try configuration(kubeconfig(cluster: cluster), allowsInsecureTLS: true)
        #expect(!found.provesServer)
    }

    @Test(
        "whose server is on this machine, or proves who it is, is accepted",
        arguments: [
            "{server: https://h}", "{server: \"http://localhost:8001\"}", "{server: \"http://127.0.0.1:8001/p\"}",
            "{server: \"http://127.1.2.3\"}", "{server: \"http://[::1]:8001\"}",
            "{server: https://h, insecure-skip-tls-verify: false}",
        ]
    )
    func proven(cluster: String) throws {
        #expect(try configuration(kubeconfig(cluster: cluster)).provesServer)
    }

    @Test("may use YAML anchors and merge keys")
    func mergeKeys() throws {
        let text = kubeconfig(cluster: "{<<: {server: https://h, tls-server-name: a}, tls-server-name: b}")
        let found = try configuration(text)
        #expect(found.server == "https://h")
        #expect(found.tlsServerName == "b")
    }

    @Test(
        "whose aliases stand for more than a file of its size could hold is refused, not followed",
        .timeLimit(.minutes(15)),
        arguments: [
            bomb("<<", levels: 14) + kubeconfig(cluster: "{<<: *a14, server: 'https://h'}"),
            bomb("v", levels: 14) + kubeconfig(cluster: "{server: 'https://h', e: *a14}"),
            bomb("v", levels: 14) + "? *a14\n: 1\n? [*a14]\n: 2\n",
            bomb("v", times: 1, levels: 1000) + kubeconfig(cluster: "{e: *a1000}"),
            bomb("v", times: 1, levels: 20_000) + kubeconfig(cluster: "{e: *a20000}"),
        ]
    )
    func aliasBombs(text: String) throws {
        let message = try configurationError { _ = try configuration(text) }
        #expect(message.contains("aliases"))
    }

    /// Mappings, each of which names the one before so many times.
    private static func bomb(_ key: String, times: Int = 9, levels: Int) -> String {
        (1...levels).reduce(into: "a0: &a0 {x: 1}\n") { text, level in
            let aliases = Array(repeating: "*a\(level - 1)", count: times).joined(separator: ", ")
            text += "a\(level): &a\(level) {\(key): [\(aliases)]}\n"
        }
    }

    @Test("is not hindered by a broken entry that it does not use")
    func unusedEntries() throws {
        let broken = kubeconfig().replacingOccurrences(
            of: "users: [",
            with: "users: [{name: other, user: {client-key-data: '%'}}, {name: empty}, "
        )
        #expect(try configuration(broken).server == "https://example:6443")
    }

    @Test("is chosen by name before current-context")
    func chosen() throws {
        let text = kubeconfig().replacingOccurrences(of: "current-context: c", with: "current-context: gone")
        #expect(try configuration(text, context: "c").server == "https://example:6443")
    }

    @Test(
        "that is wrong is refused with file, entry, field and reason, without quoting the value",
        arguments: [
            (kubeconfig(user: "{client-key-data: '%SECRET%'}"), "users[name=u].user.client-key-data: not valid base64"),
            (kubeconfig(user: "{client-key-data: U0VDUkVU}"), "user.client-key-data: expected base64 of PEM"),
            (
                kubeconfig(cluster: "{server: https://h, certificate-authority-data: '!'}"),
                "clusters[name=k].cluster.certificate-authority-data: not valid base64"
            ),
            (kubeconfig(user: "{client-certificate: /c}"), "users[name=u].user: client-certificate is there without"),
            (kubeconfig(user: "{client-key: /c}"), "users[name=u].user: client-key is there without"),
            (kubeconfig(user: "{token: [SECRET]}"), "users[name=u].user.token: expected a string"),
            (kubeconfig(user: "{token: \"SECRET SECRET\"}"), "users[name=u].user.token: expected a token"),
            (kubeconfig(user: "{token: SECRET, username: a}"), "only one is allowed"),
            (kubeconfig(user: "{tokenFile: f, password: SECRET}"), "only one is allowed"),
            (kubeconfig(user: "{username: 'a:b', password: SECRET}"), "users[name=u].user.username: a colon"),
            (kubeconfig(user: "{as-groups: [a]}"), "need \"as\""),
            (kubeconfig(user: "{as-uid: a}"), "need \"as\""),
            (kubeconfig(user: "{as: eve, as-user-extra: {x: y}}"), "user.as-user-extra.x: expected a list"),
            (
                kubeconfig(user: "{auth-provider: {name: gcp, config: {access-token: SECRET}}}"),
                "users[name=u].user.auth-provider: Kubernetes 1.26 removed"
            ),
            (kubeconfig(user: "{exec: {command: p}}"), "user.exec.apiVersion: expected client.authentication"),
            (
                kubeconfig(user: "{exec: {command: p, apiVersion: client.authentication.k8s.io/v1alpha1}}"),
                "found \"client.authentication.k8s.io/v1alpha1\"; update"
            ),
            (
                kubeconfig(user: "{exec: {command: p, apiVersion: client.authentication.k8s.io/v1}}"),
                "user.exec.interactiveMode: client.authentication.k8s.io/v1 requires"
            ),
            (
                kubeconfig(
                    user: "{exec: {command: p, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Often}}"
                ),
                "user.exec.interactiveMode: expected Never"
            ),
            (
                kubeconfig(user: "{exec: {apiVersion: client.authentication.k8s.io/v1beta1}}"),
                "user.exec.command: expected a command"
            ),
            (
                kubeconfig(
                    user: """
                        {exec: {command: p, apiVersion: client.authentication.k8s.io/v1beta1, \
                        env: [{value: SECRET}]}}
                        """
                ),
                "users[name=u].user.exec.env[0].name: expected a variable's name"
            ),
            (kubeconfig(cluster: "{}"), "clusters[name=k].cluster: server: expected a URL"),
            (
                kubeconfig(
                    cluster: "{server: https://h, insecure-skip-tls-verify: true, certificate-authority: /ca}"
                ),
                "insecure-skip-tls-verify: not allowed together with a certificate-authority"
            ),
            (
                kubeconfig(cluster: "{server: https://h, insecure-skip-tls-verify: perhaps}"),
                "insecure-skip-tls-verify: expected true or false"
            ),
            (
                kubeconfig(cluster: "{server: https://h, proxy-url: \"ftp://u:SECRET@p\"}"),
                "clusters[name=k].cluster: proxy-url: expected a URL of scheme"
            ),
            ("users: {}", "users: expected a list"),
            ("users: [{user: {token: SECRET}}]", "users[0]: expected a name"),
            ("users: [{name: a}, {name: a}]", "users[name=a]: the name stands there twice"),
            ("- SECRET", "expected a mapping"),
            ("kind: Deployment", "kind: expected \"Config\", found \"Deployment\""),
            ("a: 1\nb: 'SECRET", "line 2: not valid YAML"),
            ("token: SECRET\ntoken: SECRET", "the same key stands there twice"),
        ]
    )
    func refused(text: String, expected: String) throws {
        let message = try configurationError { _ = try configuration(text) }
        #expect(message.hasPrefix("/etc/kube/config: "))
        #expect(message.contains(expected))
        #expect(!message.contains("SECRET"))
        #expect(!message.contains("\n"))
    }

    @Test(
        "that is not there is answered with those that are",
        arguments: [
            (kubeconfig(), "x" as String?, "there is no context \"x\"; there are: \"c\""),
            (
                kubeconfig().replacingOccurrences(of: "current-context: c", with: ""), nil,
                "choose one with --context, there are: \"c\""
            ),
            (
                kubeconfig().replacingOccurrences(of: "cluster: k,", with: "cluster: x,"), nil,
                "contexts[name=c].context.cluster: there is no cluster \"x\"; there are: \"k\""
            ),
            (
                kubeconfig().replacingOccurrences(of: "user: u}", with: "user: x}"), nil,
                "contexts[name=c].context.user: there is no user \"x\"; there are: \"u\""
            ),
        ]
    )
    func missing(text: String, context: String?, expected: String) throws {
        let message = try configurationError { _ = try configuration(text, context: context) }
        #expect(message.contains(expected))
    }

    @Test("that is not there among many is answered with ten of them")
    func missingAmongMany() throws {
        let contexts = (10..<40).map { "{name: c\($0), context: {}}" }.joined(separator: ", ")
        let message = try configurationError { _ = try configuration("contexts: [\(contexts)]", context: "x") }
        #expect(message.contains("\"c10\", \"c11\""))
        #expect(message.hasSuffix("\"c19\" and 20 more"))
    }
}
