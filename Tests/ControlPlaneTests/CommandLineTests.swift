import Foundation
import KubernetesAPI
import Subprocess
import Testing

extension ControlPlaneTests {
    @Suite struct CommandLine {
        @Test("A missing CRD ends the start with one line that says what to install")
        func missingCRD() async throws {
            let cluster = try await ControlPlane.shared()
            try await cluster.kubectl("delete", "crd", "hardeningprofiles.hardening.dev")
            let start = try await ControlPlane.run(
                "run",
                "--kubeconfig",
                cluster.operatorKubeconfig,
                "--startup-timeout",
                "1",
                "--health-port",
                "0",
                "--metrics-port",
                "0",
                "--log-level",
                "error"
            )
            try await cluster.installProfiles()
            #expect(start.status == .exited(1))
            #expect(start.errors.contains("kubectl apply -f crds/hardeningprofiles.yaml"))
            #expect(start.errors.split(separator: "\n").count == 1)
        }

        /// What a kubeconfig may give to prove who one is.
        enum Credentials: CaseIterable {
            case token, tokenFile, execPlugin, certificateData, certificateFiles, listOfKubeconfigs
        }

        @Test("Reaches the cluster by every kind of credentials", arguments: Credentials.allCases)
        func credentials(_ kind: Credentials) async throws {
            let cluster = try await ControlPlane.shared()
            let directory = NSTemporaryDirectory() + "credentials-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            func write(_ name: String, _ data: Data) throws -> JSONValue {
                try data.write(to: URL(filePath: "\(directory)/\(name)"))
                return .string("\(directory)/\(name)")
            }
            let kubeconfig = "\(directory)/kubeconfig"
            var environment: [Environment.Key: String?] = [:]
            var arguments = ["release", "--profile", "never-was"]
            let token = try await cluster.token(of: "hardening-operator")
            let admin = try await cluster.administratorKubeconfig()["users"]?.elements?.first?["user"]
            var user = try #require(admin)
            switch kind {
            case .certificateData: break
            case .token: user = ["token": .string(token)]
            case .tokenFile: user = ["tokenFile": try write("token", Data(token.utf8))]
            case .execPlugin:
                let credential =
                    #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"$1"}}"#
                user = [
                    "exec": [
                        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "sh",
                        "args": ["-c", .string("printf '%s' '\(credential.replacing("$1", with: token))'")],
                    ]
                ]
            case .certificateFiles:
                for key in ["client-certificate", "client-key"] {
                    let text = try #require(user["\(key)-data"]?.string)
                    user[key] = try write(key, try #require(Data(base64Encoded: text)))
                    user["\(key)-data"] = nil
                }
            case .listOfKubeconfigs:
                // The first file only says which context, the second has everything else, under the same names.
                user = ["token": .string(token)]
                _ = try write("first", Data(#"{"apiVersion":"v1","kind":"Config","current-context":"test"}"#.utf8))
                environment["KUBECONFIG"] = "\(directory)/first:\(directory)/none:\(kubeconfig)"
            }
            try await cluster.writeKubeconfig(kubeconfig, user: user)
            if kind != .listOfKubeconfigs { arguments += ["--kubeconfig", kubeconfig] }
            let release = try await ControlPlane.run(arguments, environment: environment)
            #expect(release.errors == "")
            #expect(release.output == "never-was: nothing of it is left\n")
        }

        @Test(
            "A port that is taken ends the start with a line that names the flag",
            arguments: [("--health-port", "--metrics-port"), ("--metrics-port", "--health-port")]
        )
        func takenPort(option: String, other: String) async throws {
            let cluster = try await ControlPlane.shared()
            let server = try #require(try await cluster.administratorKubeconfig()["clusters"]?.elements?.first)
            // One that surely is taken: the API server's own.
            let port = try #require(server["cluster"]?["server"]?.string?.split(separator: ":").last)
            let start = try await ControlPlane.run(
                "run",
                "--kubeconfig",
                cluster.operatorKubeconfig,
                option,
                "\(port)",
                other,
                "0",
                "--log-level",
                "error"
            )
            #expect(start.status == .exited(1))
            #expect(start.errors.contains("\(option) \(port)"))
        }

        @Test("A profile that never was has nothing to release")
        func releaseNothing() async throws {
            let cluster = try await ControlPlane.shared()
            let release = try await cluster.release("never-was")
            #expect(release.status == .exited(0))
            #expect(release.output == "never-was: nothing of it is left\n")
        }
    }
}

/// What goes wrong before any cluster is reached.
@Suite struct CommandLineTests {
    @Test(
        "Wrong input ends with a non-zero status and a line that says what is wrong",
        arguments: [
            (["run", "--no-such-flag"], "--no-such-flag"),
            (["run", "--workers", "0"], "--workers must be between 1 and 256, not 0"),
            (["run", "--workers", "many"], "--workers"),
            (["run", "--log-format", "xml"], "--log-format"),
            (["run", "--log-level", "loud"], "--log-level"),
            (["run", "--kubeconfig", "/nonexistent/config"], "/nonexistent/config"),
            (["release"], "--profile"),
            (["release", "--profile", "p", "--kubeconfig", "/dev/null"], "/dev/null"),
            (["audit", "a.yaml"], "either --profile FILE or --pod-security LEVEL[@VERSION]"),
            (["audit", "--pod-security", "baseline", "--profile", "p", "a.yaml"], "either --profile FILE or"),
            (["audit", "--pod-security", "baseline"], "paths"),
            (["audit", "--pod-security", "strict", "a.yaml"], "--pod-security"),
            (["audit", "--pod-security", "baseline", "--fail-on", "Bad", "a.yaml"], "--fail-on"),
            (["audit", "--profile", "/nonexistent.yaml", "a.yaml"], "/nonexistent.yaml: no such file or directory"),
        ]
    )
    func wrongInput(arguments: [String], mentioned: String) async throws {
        let finished = try await ControlPlane.run(arguments)
        #expect(!finished.status.isSuccess)
        #expect(finished.errors.contains(mentioned))
        #expect(finished.output.isEmpty)
    }

    @Test("A refused connection ends the start with one line that names the server")
    func refused() async throws {
        let kubeconfig = NSTemporaryDirectory() + "refused-\(UUID().uuidString).conf"
        defer { try? FileManager.default.removeItem(atPath: kubeconfig) }
        try """
        apiVersion: v1
        kind: Config
        current-context: gone
        clusters: [{name: gone, cluster: {server: "https://127.0.0.1:1"}}]
        contexts: [{name: gone, context: {cluster: gone, user: ""}}]
        """.write(toFile: kubeconfig, atomically: true, encoding: .utf8)
        let finished = try await ControlPlane.run(
            [
                "run", "--kubeconfig", kubeconfig, "--startup-timeout", "1", "--health-port", "0", "--metrics-port",
                "0",
                "--log-level", "error",
            ]
        )
        #expect(finished.status == .exited(1))
        #expect(finished.errors.contains("https://127.0.0.1:1"))
        #expect(finished.errors.split(separator: "\n").count == 1)
    }

    @Test("audit reads standard input; verdicts go to standard output, complaints to standard error, and nothing else")
    func audit() async throws {
        func audit(_ manifests: String) async throws -> (status: TerminationStatus, output: String, errors: String) {
            let result = try await Subprocess.run(
                .path(.init(OperatorProcess.program)),
                arguments: ["audit", "--pod-security", "baseline@v1.30", "-o", "json", "-"],
                input: .string(manifests),
                output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20)
            )
            return (result.terminationStatus, result.standardOutput, result.standardError)
        }
        let good = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: []}}\n"
        let bad = "{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {hostPID: true}}\n"
        var audited = try await audit(good)
        #expect(audited.status == .exited(0))
        #expect(audited.output.split(separator: "\n").count == 1)
        #expect(audited.errors.isEmpty)
        audited = try await audit(good + "---\n" + bad)
        #expect(audited.status == .exited(2))
        #expect(
            audited.output.hasSuffix(
                """
                {"file":"-","kind":"Pod","namespace":"","name":"b","level":"baseline","version":"v1.30","allowed":false,\
                "checks":["hostNamespaces"],"message":"violates PodSecurity \\"baseline:v1.30\\": host namespaces \
                (hostPID=true)"}

                """
            )
        )
        audited = try await audit(good + "---\nname: \"\u{1B}[2J\n---\n" + bad)
        #expect(audited.status == .exited(1))
        #expect(audited.output.split(separator: "\n").count == 2)
        #expect(audited.errors.hasPrefix("-:"))
        #expect(audited.errors.split(separator: "\n").count == 1)
        #expect(!audited.errors.contains("\u{1B}"))
    }

    @Test(
        "--help of the program and of each command goes to standard output",
        arguments: [[], ["run"], ["plan"], ["audit"], ["release"]]
    )
    func help(command: [String]) async throws {
        let finished = try await ControlPlane.run(command + ["--help"])
        #expect(finished.status == .exited(0))
        #expect(finished.output.contains("USAGE: "))
        #expect(finished.errors.isEmpty)
    }

    @Test("--version says which version, and nothing else")
    func version() async throws {
        let finished = try await ControlPlane.run(["--version"])
        #expect(finished.status == .exited(0))
        #expect(finished.output.wholeMatch(of: /hardening-operator \d+\.\d+\.\d+\n/) != nil)
        #expect(finished.errors.isEmpty)
    }
}
