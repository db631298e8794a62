import Foundation
import KubernetesAPI
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
                "--log-level",
                "error"
            )
            try await cluster.kubectl(
                "apply",
                "--validate=false",
                "-f",
                "\(ControlPlane.package)/crds/hardeningprofiles.yaml"
            )
            try await cluster.kubectl("wait", "--for=condition=Established", "crd/hardeningprofiles.hardening.dev")
            #expect(start.status == .exited(1))
            #expect(start.errors.contains("kubectl apply -f crds/hardeningprofiles.yaml"))
            #expect(start.errors.split(separator: "\n").count == 1)
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
            ["run", "--kubeconfig", kubeconfig, "--startup-timeout", "1", "--health-port", "0", "--log-level", "error"]
        )
        #expect(finished.status == .exited(1))
        #expect(finished.errors.contains("https://127.0.0.1:1"))
        #expect(finished.errors.split(separator: "\n").count == 1)
    }

    @Test("--version says which version, and nothing else")
    func version() async throws {
        let finished = try await ControlPlane.run(["--version"])
        #expect(finished.status == .exited(0))
        #expect(finished.output.wholeMatch(of: /hardening-operator \d+\.\d+\.\d+\n/) != nil)
        #expect(finished.errors.isEmpty)
    }
}
