import Foundation
import Hardening
import KubernetesAPI
import Subprocess
import TestSupport
import Testing

extension ControlPlaneTests {
    /// How it makes sure that it talks to the right server, and what it says of how it proves who it is itself.
    @Suite struct Trust {
        private static let commands: [[String]] = [
            ["run", "--startup-timeout", "1", "--health-port", "0", "--metrics-port", "0"], ["plan"],
            ["release", "--profile", "never-was"],
        ]

        /// A kubeconfig for this cluster whose cluster entry is changed.
        private static func kubeconfig(
            _ cluster: ControlPlane,
            _ change: (inout JSONValue) -> Void,
            user: JSONValue? = nil
        ) async throws -> String {
            let path = NSTemporaryDirectory() + "trust-\(UUID().uuidString).conf"
            let own: JSONValue = ["token": .string(try await cluster.token(of: "hardening-operator"))]
            try await cluster.writeKubeconfig(path, user: user ?? own)
            var document = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: URL(filePath: path)))
            guard var entry = document["clusters"]?.elements?.first, var server = entry["cluster"] else {
                throw Unmet(description: "no cluster in \(path)")
            }
            change(&server)
            entry["cluster"] = server
            document["clusters"] = [entry]
            try JSONEncoder().encode(document).write(to: URL(filePath: path))
            return path
        }

        private static func insecure(_ server: inout JSONValue) {
            server["certificate-authority-data"] = nil
            server["insecure-skip-tls-verify"] = true
        }

        @Test("insecure-skip-tls-verify needs its flag, for every command that connects", arguments: commands)
        func refused(command: [String]) async throws {
            let cluster = try await ControlPlane.shared()
            let path = try await Self.kubeconfig(cluster, Self.insecure)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let finished = try await ControlPlane.run(command + ["--kubeconfig", path])
            #expect(finished.status == .exited(1))
            #expect(finished.output.isEmpty)
            #expect(finished.errors.split(separator: "\n").count == 1)
            for part in [
                path, "clusters[name=control-plane].cluster.insecure-skip-tls-verify", "--allow-insecure-tls",
                "certificate-authority-data",
            ] {
                #expect(finished.errors.contains(part), "\(finished.errors)")
            }
        }

        @Test("with the flag it connects, and warns once", arguments: ["run", "plan", "release"])
        func accepted(command: String) async throws {
            let cluster = try await ControlPlane.shared()
            let path = try await Self.kubeconfig(cluster, Self.insecure)
            defer { try? FileManager.default.removeItem(atPath: path) }
            let flag = "--allow-insecure-tls"
            let errors: String
            if command == "run" {
                // Two clients: one is the lease's.
                errors = try await cluster.withOperator([flag, "--leader-elect"], kubeconfig: path) { process in
                    try await process.ready()
                    return try process.text
                }
            } else {
                let arguments = command == "plan" ? [] : ["--profile", "never-was"]
                let finished = try await ControlPlane.run([command, "--kubeconfig", path, flag] + arguments)
                #expect(finished.status == .exited(0) || finished.status == .exited(2), "\(finished.errors)")
                errors = finished.errors
            }
            #expect(errors.split(separator: "\n").count { $0.contains("NOT verified") } == 1)
        }

        @Test("A certificate of another authority is refused, with the flag too", arguments: commands)
        func wrongAuthority(command: [String]) async throws {
            let cluster = try await ControlPlane.shared()
            // The system's roots.
            let path = try await Self.kubeconfig(cluster, { $0["certificate-authority-data"] = nil })
            defer { try? FileManager.default.removeItem(atPath: path) }
            let finished = try await ControlPlane.run(
                command + ["--kubeconfig", path, "--allow-insecure-tls", "--log-level", "error"]
            )
            #expect(finished.status == .exited(1))
            #expect(finished.errors.contains("TLS"), "\(finished.errors)")
        }

        /// How somebody proves who they are; `isRight` if the server believes it.
        struct Proof: CustomTestStringConvertible, Sendable {
            var name: String
            var isRight: Bool
            /// The user's entry, and all in it that must not be shown.
            var user: @Sendable (_ token: String) -> (JSONValue, [String])

            var testDescription: String { "\(name), \(isRight ? "right" : "wrong")" }
        }

        private static func exec(_ token: String) -> (JSONValue, [String]) {
            let credential =
                #"{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"$1"}}"#
            let (argument, variable) = ("argument-\(UUID().uuidString)", "variable-\(UUID().uuidString)")
            let exec: JSONValue = [
                "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": "sh",
                "args": [
                    "-c", .string("printf '%s' '\(credential.replacing("$1", with: token))'"), .string(argument),
                ],
                "env": [["name": "PLUGIN_SECRET", "value": .string(variable)]],
            ]
            return (["exec": exec], [token, argument, variable])
        }

        static let proofs: [Proof] =
            [true, false].flatMap { isRight in
                [
                    Proof(name: "token", isRight: isRight) { (["token": .string($0)], [$0]) },
                    Proof(name: "exec plugin", isRight: isRight) { exec($0) },
                ]
            } + [
                Proof(name: "basic", isRight: false) { token in
                    let pair = Data("somebody:\(token)".utf8).base64EncodedString()
                    return (["username": "somebody", "password": .string(token)], [token, pair])
                },
                Proof(name: "broken exec plugin", isRight: false) { token in
                    var (user, secrets) = exec(token)
                    user["exec"]?["args"] = ["-c", .string("printf '%s' '{\"token\": \"\(token)'; exit 0")]
                    secrets.removeSubrange(1...)
                    return (user, secrets)
                },
            ]

        @Test("No secret is shown at trace, whether the server believes it or not", arguments: proofs)
        func secrets(proof: Proof) async throws {
            let cluster = try await ControlPlane.shared()
            let right = try await cluster.token(of: "hardening-operator")
            // Of the same form, and signed by nobody.
            let token = proof.isRight ? right : String(right.dropLast(24)) + "AAAAAAAAAAAAAAAAAAAAAAAA"
            let (user, secrets) = proof.user(token)
            let path = try await Self.kubeconfig(cluster, { _ in }, user: user)
            defer { try? FileManager.default.removeItem(atPath: path) }
            var texts: [String] = []
            for command in Self.commands.dropFirst(proof.isRight ? 1 : 0) {
                for format in ["text", "json"] {
                    let finished = try await ControlPlane.run(
                        command + ["--kubeconfig", path, "--log-level", "trace", "--log-format", format]
                    )
                    #expect((finished.status == .exited(1)) != proof.isRight, "\(command[0]): \(finished.errors)")
                    texts += [finished.output, finished.errors]
                }
            }
            if proof.isRight {
                texts.append(
                    try await cluster.withOperator(["--log-level", "trace"], kubeconfig: path) { process in
                        try await process.ready()
                        return try process.text
                    }
                )
            }
            #expect(texts.contains { !$0.isEmpty })
            for text in texts {
                for secret in secrets {
                    #expect(!text.contains(secret), "\(text)")
                    // Nor the part of a token that signs it.
                    #expect(!text.contains(secret.suffix(24)), "\(text)")
                    #expect(!text.contains(Data(secret.utf8).base64EncodedString()), "\(text)")
                }
            }
        }
    }
}
