import Foundation
import KubernetesAPI
import Testing

@testable import KubernetesClient

/// A plugin that is a shell script. It runs as an argument of `/bin/sh`, since executing a file just written fails
/// ("text file busy") whenever another test forks at that moment.
func shellPlugin(
    _ script: String,
    variables: [ExecConfiguration.Variable] = [],
    cluster: ClusterConfiguration = ClusterConfiguration(server: "https://h", origin: "test"),
    environment: [String: String] = ["PATH": "/usr/bin:/bin"],
    timeLimit: Duration = .seconds(60),
    change: (inout ExecConfiguration) -> Void = { _ in }
) -> ExecPlugin {
    var configuration = ExecConfiguration(
        command: "/bin/sh",
        arguments: ["-c", script, "plugin"],
        environment: variables
    )
    change(&configuration)
    return ExecPlugin(
        configuration: configuration,
        cluster: cluster,
        environment: environment,
        timeLimit: timeLimit
    )
}

/// An `ExecCredential` as a plugin prints it, with this status; the shell expands what is between double quotes.
func printing(_ status: String, version: String = "v1") -> String {
    """
    cat <<END
    {"apiVersion": "client.authentication.k8s.io/\(version)", "kind": "ExecCredential", "status": \(status)}
    END

    """
}

@Suite("An exec plugin", .timeLimit(.minutes(15)))
struct ExecPluginTests {
    @Test("gives a token and when it expires", arguments: ["v1", "v1beta1"])
    func token(version: String) async throws {
        let status = #"{"token": "abc", "expirationTimestamp": "2026-01-31T09:30:00+01:00"}"#
        let plugin = shellPlugin(printing(status, version: version)) {
            $0.apiVersion = version == "v1" ? .v1 : .v1beta1
        }
        let expected = ExecCredential(token: "abc", expiration: Timestamp("2026-01-31T08:30:00Z"))
        #expect(try await plugin.run() == expected)
    }

    @Test("A6: is told what is asked of it, and about the cluster only on request", arguments: [false, true])
    func execInfo(withCluster: Bool) async throws {
        let directory = try TemporaryDirectory()
        let authority = try directory.write(FakePEM.certificate, to: "ca.crt")
        let cluster = ClusterConfiguration(
            server: "https://h:1/p",
            certificateAuthority: .file(authority),
            tlsServerName: "name",
            proxyURL: "http://p:1",
            origin: "test"
        )
        let script = #"printf %s "$KUBERNETES_EXEC_INFO" > "$OUT"; "# + printing(#"{"token": "abc"}"#)
        let plugin = shellPlugin(
            script,
            variables: [.init(name: "OUT", value: directory("info"))],
            cluster: cluster,
            environment: ["KUBERNETES_EXEC_INFO": "inherited", "PATH": "/usr/bin:/bin"]
        ) {
            $0.provideClusterInfo = withCluster
            $0.clusterExtension = ["audience": "x"]
        }
        _ = try await plugin.run()
        let info = #"""
            "cluster":{"certificate-authority-data":"\#(FakePEM.certificateBase64)","config":{"audience":"x"},\#
            "proxy-url":"http://p:1","server":"https://h:1/p","tls-server-name":"name"},
            """#
        let expected = #"""
            {"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",\#
            "spec":{\#(withCluster ? info : "")"interactive":false}}
            """#
        #expect(try String(decoding: SmallFile.contents(of: directory("info")), as: UTF8.self) == expected)
    }

    @Test("gets its arguments, its variables over the environment, and the rest of the environment")
    func argumentsAndEnvironment() async throws {
        let plugin = shellPlugin(
            printing(#"{"token": "$1-$A-$B"}"#),
            variables: [.init(name: "A", value: "first"), .init(name: "A", value: "plugin")],
            environment: ["A": "environment", "B": "kept", "PATH": "/usr/bin:/bin", "1BAD": "ignored"]
        ) { $0.arguments.append("argument") }
        #expect(try await plugin.run().token == "argument-plugin-kept")
    }

    @Test("is found by name in PATH, or by path")
    func found() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: directory("kube-plugin"),
            withDestinationPath: "/bin/sh"
        )
        for command in ["kube-plugin", directory("kube-plugin")] {
            let plugin = shellPlugin(
                printing(#"{"token": "abc"}"#),
                environment: ["PATH": "/nowhere:\(directory.path):/usr/bin:/bin"]
            ) { $0.command = command }
            #expect(try await plugin.run().token == "abc")
        }
    }

    @Test(
        "that is not there is an error with the install hint",
        arguments: [("kube-nowhere", "in PATH"), ("/nowhere/plugin", "there"), ("/etc/passwd", "may not be executed")]
    )
    func notFound(command: String, expected: String) async throws {
        let plugin = shellPlugin("") {
            $0.command = command
            $0.installHint = "install it\nfrom example.com"
        }
        let message = try await configurationError { _ = try await plugin.run() }
        #expect(message.hasPrefix("exec plugin \(command) (test): no such program"))
        #expect(message.contains(expected))
        #expect(message.hasSuffix(#"install it\nfrom example.com"#))
    }

    @Test(
        "that fails is an error with the end of what it said",
        arguments: [
            (
                "echo one >&2; echo two >&2; echo three >&2; echo ' four ' >&2; echo >&2; exit 3",
                "exited with status 3: two | three | four"
            ),
            ("exit 1", "exited with status 1 and said nothing"),
            ("echo gone >&2; kill -9 $$", "was killed by signal 9: gone"),
        ]
    )
    func failure(script: String, expected: String) async throws {
        let message = try await configurationError { _ = try await shellPlugin(script).run() }
        #expect(message.hasPrefix("exec plugin /bin/sh (test): \(expected)"))
    }

    @Test(
        "A6: that hangs is killed at the time limit, with its children and against its will",
        arguments: ["exec sleep 1000", "sleep 1000; echo", "trap '' TERM; sleep 1000; sleep 1000"]
    )
    func hanging(script: String) async throws {
        let plugin = shellPlugin(script, timeLimit: .milliseconds(200))
        let message = try await configurationError { _ = try await plugin.run() }
        #expect(message.contains("gave no answer within 0.2 seconds"))
    }

    @Test("is not waited for beyond its end when a child of it keeps the output open")
    func backgroundChild() async throws {
        let directory = try TemporaryDirectory()
        let script = "sleep 1000 & echo $! > '\(directory("pid"))'; " + printing(#"{"token": "abc"}"#)
        defer {
            let written = try? String(contentsOfFile: directory("pid"), encoding: .utf8)
            if let child = written.flatMap({ pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
                kill(child, SIGKILL)
            }
        }
        #expect(try await shellPlugin(script, timeLimit: .seconds(10)).run().token == "abc")
    }

    @Test("is killed when the task is cancelled")
    func cancelled() async throws {
        let task = Task { try await shellPlugin("sleep 1000").run() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("may print so much and no more, but complain at length")
    func outputLimit() async throws {
        var plugin = shellPlugin("head -c 5000 /dev/zero")
        plugin.outputLimit = 4999
        let message = try await configurationError { _ = try await plugin.run() }
        #expect(message.contains("printed more than 4999 bytes"))
        let noisy = shellPlugin("head -c 3000000 /dev/zero >&2; " + printing(#"{"token": "abc"}"#))
        #expect(try await noisy.run().token == "abc")
    }

    @Test("that needs a terminal is not run")
    func interactive() async throws {
        let directory = try TemporaryDirectory()
        let plugin = shellPlugin("touch '\(directory("ran"))'") { $0.interactiveMode = .always }
        let message = try await configurationError { _ = try await plugin.run() }
        #expect(message.contains("interactiveMode is Always"))
        #expect(!SmallFile.exists(directory("ran")))
    }

    @Test("gives a client certificate with its key")
    func certificate() throws {
        let output = #"""
            {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "spec": {}, "status": {
            "clientCertificateData": "-----BEGIN CERTIFICATE-----\nA", "clientKeyData": "-----BEGIN KEY-----\nB"}}
            """#
        let expected = ClientCertificate(
            certificatePEM: [UInt8]("-----BEGIN CERTIFICATE-----\nA".utf8),
            keyPEM: [UInt8]("-----BEGIN KEY-----\nB".utf8)
        )
        let credential = try ExecCredential(parsing: [UInt8](output.utf8), version: .v1, place: "p")
        #expect(credential == ExecCredential(token: nil, clientCertificate: expected))
    }

    @Test(
        "that prints something else is an error which does not quote it",
        arguments: [
            ("", "expected an ExecCredential as JSON"),
            ("SECRET", "expected an ExecCredential as JSON"),
            (#"{"kind": "Secret"}"#, "expected kind \"ExecCredential\" in its output, found \"Secret\""),
            (
                #"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1"}"#,
                "it answered with apiVersion \"client.authentication.k8s.io/v1beta1\", the kubeconfig asks for"
            ),
            (#"{V}"#, "its output has no status"),
            (#"{V, "status": {}}"#, "neither a token nor a client certificate"),
            (#"{V, "status": {"token": ""}}"#, "neither a token nor a client certificate"),
            (#"{V, "status": {"token": 5}}"#, "its output's status.token is not of the type"),
            (#"{V, "status": {"token": "SECRET\nX-Injected: 1"}}"#, "status.token: expected a token"),
            (#"{V, "status": {"token": "SECRET", "clientCertificateData": "x"}}"#, "both or none are needed"),
            (#"{V, "status": {"token": "SECRET", "clientKeyData": "x"}}"#, "both or none are needed"),
            (#"{V, "status": {"clientCertificateData": "SECRET", "clientKeyData": "x"}}"#, "expected PEM text"),
            (#"{V, "status": {"token": "SECRET", "expirationTimestamp": "soon"}}"#, "status.expirationTimestamp"),
        ]
    )
    func malformed(output: String, expected: String) throws {
        let envelope = #""kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1""#
        let full = output.hasPrefix("{V") ? output.replacingOccurrences(of: "{V", with: "{" + envelope) : output
        let message = try configurationError {
            _ = try ExecCredential(parsing: [UInt8](full.utf8), version: .v1, place: "p")
        }
        #expect(message.hasPrefix("p: "))
        #expect(message.contains(expected))
        #expect(!message.contains("SECRET"))
    }
}
