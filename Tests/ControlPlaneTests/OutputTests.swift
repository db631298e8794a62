import Foundation
import Hardening
import KubernetesAPI
import Subprocess
import TestSupport
import Testing

extension ControlPlaneTests {
    /// What goes out: to logs, statuses, metrics and terminals.
    @Suite struct Outputs {
        /// All that an API server lets somebody write who may only make pods, and more.
        private static let hostile = "\u{1B}[2J\u{9B}31m\u{202E}\u{2066}\u{2028}\u{7}\nlevel=critical\u{7F}"
        /// What is made of its beginning.
        private static let shown = #"\u{1b}[2J\u{9b}31m\u{202e}"#
        private static let secret = "hunter2-\(UUID().uuidString)"

        private static func pod(_ name: String, in namespace: String, owner: JSONValue? = nil) -> JSONValue {
            var metadata: JSONValue = [
                "name": .string(name), "namespace": .string(namespace),
                "annotations": ["note": .string(hostile), "hardening.dev/exempt": .string(hostile)],
            ]
            metadata["ownerReferences"] = owner.map { [$0] }
            return [
                "apiVersion": "v1", "kind": "Pod", "metadata": metadata,
                "spec": [
                    "volumes": [["name": "v", "hostPath": ["path": .string("/" + hostile)]]],
                    "containers": [
                        [
                            "name": "app", "image": .string("registry.example.com/\(hostile)/app:latest"),
                            "env": [["name": "PASSWORD", "value": .string(secret)]],
                            "securityContext": [
                                "capabilities": ["add": [.string(hostile)]],
                                "seLinuxOptions": ["type": .string(hostile), "user": .string(hostile)],
                            ],
                        ]
                    ],
                ],
            ]
        }

        private static func strings(_ value: JSONValue) -> [String] {
            switch value {
            case .string(let text): [text]
            case .array(let elements): elements.flatMap(strings)
            case .object(let members): members.keys + members.values.flatMap(strings)
            default: []
            }
        }

        @Test(
            "Whatever text is in the cluster, status, log, plan and metrics stay clean, say it all the same, and show no secret"
        )
        func hostileCluster() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("hostile")
                try await cluster.edit(
                    Namespace.self,
                    namespace,
                    ["metadata": ["annotations": ["hardening.dev/previous": .string(Self.hostile)]]]
                )
                let profile = try await scene.profile {
                    $0["controls"]?["workloads"] = ["level": "restricted", "allowedRegistries": ["good.example.com"]]
                }
                // Server-side apply takes no control characters.
                let exemption: JSONValue = [
                    "name": "e", "checks": ["replica-count"], "namespaces": [.string(namespace)],
                    "reason": .string(Self.hostile),
                ]
                try await cluster.edit(HardeningProfile.self, profile, ["spec": ["exemptions": [exemption]]])
                let owner: JSONValue = [
                    "apiVersion": "evil.example.com/v1", "kind": .string("Evil" + Self.hostile),
                    "name": .string("owner" + Self.hostile), "uid": "11111111-2222-3333-4444-555555555555",
                    "controller": true,
                ]
                for pod in [
                    Self.pod("bare-object", in: namespace), Self.pod("owned-object", in: namespace, owner: owner),
                ] {
                    let text = String(decoding: try JSONEncoder().encode(pod), as: UTF8.self)
                    try await cluster.kubectl("create", "-f", "-", input: text)
                }
                try await cluster.delete(Lease.self, "hardening-operator", in: "hardening-system")
                try await cluster.create(Lease.self, "hardening-operator", in: "hardening-system")
                try await cluster.edit(
                    Lease.self,
                    "hardening-operator",
                    in: "hardening-system",
                    ["spec": ["holderIdentity": .string("other" + Self.hostile), "leaseDurationSeconds": 4]]
                )
                let port = try freePort()
                let arguments = [
                    "--metrics-port", "\(port)", "--log-level", "trace", "--leader-elect",
                    "--leader-elect-lease-duration", "4s", "--leader-elect-renew-deadline", "3s",
                    "--leader-elect-retry-period", "1s",
                ]
                try await cluster.withOperator(arguments) { process in
                    try await process.ready()
                    let status = try await scene.status(of: profile, "what is wrong with both pods") {
                        $0.condition(.ready)?.status == .true
                            && $0.findings.contains { $0.message.contains(Self.shown) }
                            && $0.findings.contains { $0.workload?.contains(Self.shown) == true }
                    }
                    #expect(
                        status.findings.contains { $0.check == "literal-secret" && $0.message.contains("PASSWORD") }
                    )
                    let json = try #require(try await cluster.object(HardeningProfile.self, profile)?.json["status"])
                    for text in Self.strings(json) {
                        #expect(HostileText.hidden(in: text) == [], "status: \(text)")
                        #expect(text.unicodeScalars.count <= 1_024)
                        #expect(!text.contains(Self.secret))
                    }
                    #expect(try process.text.contains("other" + Self.shown.replacing("\\", with: "\\\\")))
                    for format in ["text", "json"] {
                        let plan = try await ControlPlane.run(
                            "plan",
                            "--kubeconfig",
                            "\(cluster.directory)/admin.conf",
                            "--namespace",
                            namespace,
                            "--log-level",
                            "trace",
                            "-o",
                            format
                        )
                        #expect(plan.output.contains(format == "text" ? Self.shown : #"\\u{1b}"#), "\(plan.output)")
                        for text in [plan.output, plan.errors] {
                            #expect(HostileText.hidden(in: text, except: ["\n"]) == [], "plan -o \(format)")
                            #expect(!text.contains(Self.secret))
                        }
                    }
                    let metrics = try await fetch(port, accept: nil).text
                    #expect(HostileText.hidden(in: metrics, except: ["\n"]) == [])
                    #expect(!metrics.contains(Self.secret))
                    try await Self.namesNoObject(metrics, cluster)
                    let log = try process.text
                    #expect(HostileText.hidden(in: log, except: ["\n"]) == [], "log")
                    #expect(!log.contains(Self.secret))
                    for line in log.split(separator: "\n") {
                        let json = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
                        #expect(json["level"] != "critical")
                        #expect(line.utf8.count < 20_000)
                    }
                }
            }
        }

        /// What labels there may be. Those that have values out of the cluster are `profile` and `namespace`.
        private static let labels: Set<String> = [
            "profile", "namespace", "control", "severity", "state", "result", "code", "method", "host", "name",
            "resource", "le", "controller", "verb",
        ]

        /// Metrics need no secret to be read, so they name no object but profiles and namespaces.
        private static func namesNoObject(_ metrics: String, _ cluster: ControlPlane) async throws {
            let kinds = """
                pods,deployments,replicasets,daemonsets,services,serviceaccounts,networkpolicies,limitranges,secrets,\
                configmaps,nodes,roles,rolebindings,clusterroles,clusterrolebindings
                """
            let names = try await cluster.kubectl(
                "get",
                kinds,
                "--all-namespaces",
                "-o",
                "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}"
            )
            // The operator's own lease is called as its account is.
            let objects = Set(names.split(separator: "\n").map(String.init)).subtracting(["hardening-operator"])
            #expect(objects.contains("bare-object"))
            var seen: Set<String> = []
            for label in metrics.matches(of: /([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"/) {
                let (key, value) = (String(label.output.1), String(label.output.2))
                seen.insert(key)
                #expect(Self.labels.contains(key), "label \(key)")
                #expect(!objects.contains(value) || key == "verb", "\(key)=\"\(value)\" names an object")
                #expect(!value.contains("-object"), "\(key)=\"\(value)\"")
            }
            #expect(seen.isSuperset(of: ["profile", "control", "severity"]))
        }
    }

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
