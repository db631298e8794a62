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
                let arguments = ["--metrics-port", "\(port)", "--log-level", "trace", "--leader-elect"]
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
            "resource", "le", "controller", "verb", "reason",
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
}
