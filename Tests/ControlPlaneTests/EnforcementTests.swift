import Foundation
import Hardening
import KubernetesAPI
import Testing

@testable import KubernetesClient

extension ControlPlaneTests {
    @Suite struct Enforcement {
        @Test("A new namespace that a profile selects has all four controls, and the status says so")
        func newNamespace() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                let namespace = try await scene.cluster.withOperator { process in
                    try await process.ready()
                    let namespace = try await scene.settledNamespace("new")
                    let status = try await scene.compliant(profile, namespaces: 1)
                    #expect(status.compliancePercent == scene.fullPercent)
                    #expect(status.findingsTotal == 0)
                    #expect(status.controls.map(\.name) == Scene.controls.sorted())
                    let admission = scene.cluster.hasPodSecurityAdmission
                    #expect(
                        status.controls.allSatisfy {
                            $0.compliant == ($0.name == .podSecurity && !admission ? 0 : 1) && $0.nonCompliant == 0
                        }
                    )
                    return namespace
                }
                let cluster = scene.cluster
                let deny = try #require(
                    try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                )
                #expect(deny.json["spec"] == ["podSelector": [:], "policyTypes": ["Ingress", "Egress"]])
                #expect(deny.metadata.labels["app.kubernetes.io/managed-by"] == "hardening-operator")
                #expect(deny.metadata.labels["hardening.dev/profile"] == profile)
                let allow = try #require(
                    try await cluster.object(NetworkPolicy.self, "hardening-default-allow", in: namespace)
                )
                let peers = (allow.value.spec.egress ?? []).flatMap { $0.to ?? [] }
                #expect(peers.contains { $0.ipBlock?.cidr == "10.96.0.10/32" }, "DNS stays reachable")
                let labels = try await cluster.object(Namespace.self, namespace)?.metadata.labels ?? [:]
                #expect(labels["pod-security.kubernetes.io/enforce"] == "restricted")
                #expect(labels["pod-security.kubernetes.io/enforce-version"]?.hasPrefix("v1.") == true)
                #expect(labels["pod-security.kubernetes.io/audit"] == "restricted")
                #expect(labels["pod-security.kubernetes.io/warn"] == "restricted")
                #expect(labels["hardening.dev/profile"] == profile)
                let account = try await cluster.object(ServiceAccount.self, "default", in: namespace)
                #expect(account?.value.automountServiceAccountToken == false)
                let limits = try #require(try await cluster.object(LimitRange.self, "hardening-limits", in: namespace))
                #expect(limits.json["spec"]?["limits"]?.elements?.first?["default"] == ["memory": "256Mi"])

                let table = try await cluster.kubectl("get", "hp", profile)
                #expect(table.contains("Enforce") && table.contains("\(scene.fullPercent)"))
            }
        }

        @Test(
            "Every drift is put back; prints how long it took from the edit to the repaired object",
            arguments: Drift.all
        )
        func drift(_ drift: Drift) async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("drift")
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let before = try await scene.content(of: namespace)
                    var times: [Duration] = []
                    // One more within the minute, and it would be contested.
                    for _ in 0..<4 {
                        times.append(try await drift.measure(scene.cluster, namespace))
                        try await eventually("\(drift): everything is as before") {
                            try await scene.content(of: namespace) == before
                        }
                    }
                    times.sort()
                    print(
                        "drift \(drift): median \(times[times.count / 2].milliseconds) ms, worst \(times[times.count - 1].milliseconds) ms of \(times.count)"
                    )
                    try await scene.compliant(profile, namespaces: 1)
                }
            }
        }

        @Test("The allowances follow the cluster: DNS that moves, and the API server")
        func factsFollowed() async throws {
            try await Scene.play { scene in
                try await scene.profile { spec in
                    spec["controls"] = [
                        "networkPolicy": ["directions": ["Egress"], "allow": ["apiServer": "Allow"]]
                    ]
                }
                let namespace = try await scene.settledNamespace("dns")
                let cluster = scene.cluster
                @Sendable func cidrs() async throws -> Set<String> {
                    let allow = try await cluster.object(NetworkPolicy.self, "hardening-default-allow", in: namespace)
                    return Set((allow?.value.spec.egress ?? []).flatMap { $0.to ?? [] }.compactMap { $0.ipBlock?.cidr })
                }
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await eventually("DNS and API server are allowed") {
                        try await cidrs().isSuperset(of: ["10.96.0.10/32", "198.51.100.10/32"])
                    }
                    let slice = "kube-dns-test"
                    try await cluster.kubectl(
                        "apply",
                        "-f",
                        "-",
                        input: """
                            apiVersion: apps/v1
                            kind: DaemonSet
                            metadata: {name: node-local-dns, namespace: kube-system}
                            spec:
                              selector: {matchLabels: {k8s-app: \(slice)}}
                              template:
                                metadata: {labels: {k8s-app: \(slice)}}
                                spec:
                                  containers:
                                    - {name: c, image: none, args: ["-localip", "169.254.20.99,10.96.0.10"]}
                            """
                    )
                    try await eventually("the node-local address is allowed") {
                        try await cidrs().contains("169.254.20.99/32")
                    }
                    try await cluster.kubectl("delete", "daemonset", "node-local-dns", "-n", "kube-system")
                    try await eventually("the node-local address is not allowed any more") {
                        try await !cidrs().contains("169.254.20.99/32")
                    }
                }
            }
        }

        @Test("An object of somebody else's with our name is not overwritten, and the finding says so")
        func nameConflict() async throws {
            try await Scene.play { scene in
                let namespace = try await scene.settledNamespace("conflict")
                let theirs: JSONValue = [
                    "spec": ["podSelector": ["matchLabels": ["app": "web"]], "policyTypes": ["Ingress"]]
                ]
                // The labels alone do not make it ours.
                try await scene.cluster.create(
                    NetworkPolicy.self,
                    "hardening-default-deny",
                    in: namespace,
                    labels: ["app.kubernetes.io/managed-by": "hardening-operator"],
                    theirs
                )
                let before = try await scene.cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                let profile = try await scene.profile()
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    let status = try await scene.status(of: profile, "a name conflict") {
                        $0.findings.contains { $0.reason == .nameConflict && $0.namespace == namespace }
                    }
                    #expect(status.condition(.compliant)?.status == .false)
                }
                let after = try await scene.cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                #expect(after?.metadata.resourceVersion == before?.metadata.resourceVersion)
            }
        }

        @Test(
            "An invalid profile is not accepted, names field and value, and leaves what it enforced before in force",
            arguments: [
                ("excludedNamespaces", ["Sandbox_*"], "Sandbox_*"),
                (
                    "controls", ["limitRange": ["limits": [["type": "Container", "default": ["memory": "256 MB"]]]]],
                    "256 MB"
                ),
                ("controls", ["podSecurity": ["enforceVersion": "1.30"]], "1.30"),
                (
                    "namespaceSelector",
                    ["matchExpressions": [["key": "a", "operator": "In", "values": []]]], "values"
                ),
            ] as [(String, JSONValue, String)]
        )
        func invalidProfile(field: String, value: JSONValue, mentioned: String) async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("invalid")
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let before = try await scene.content(of: namespace)
                    do {
                        try await scene.cluster.edit(HardeningProfile.self, profile, ["spec": [field: value]])
                    } catch let error as APIError where error.code == 422 {
                        // Servers that check the CRD's own rules do not even let it in.
                        #expect("\(error)".contains(mentioned) || "\(error)".contains(field))
                        return
                    }
                    let status = try await scene.status(of: profile, "not accepted") {
                        $0.condition(.accepted)?.status == .false
                    }
                    let message = status.condition(.accepted)?.message ?? ""
                    #expect(message.contains("spec.\(field)") && message.contains(mentioned))
                    #expect(status.condition(.compliant)?.status == .unknown)
                    #expect(try await scene.content(of: namespace) == before)
                }
            }
        }

        @Test("A new account that is bound a moment later never loses its token; one that is not does after a while")
        func boundLater() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile { $0["controls"] = ["serviceAccountToken": ["scope": "All"]] }
                let namespace = try await scene.settledNamespace("bound")
                let cluster = scene.cluster
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try await cluster.kubectl("create", "serviceaccount", "app", "-n", namespace)
                    try await cluster.kubectl("create", "serviceaccount", "idle", "-n", namespace)
                    try await scene.status(of: profile, "an account that hands out its token") {
                        $0.findings.contains { $0.reason == .tokenAutomounted }
                    }
                    try await cluster.kubectl(
                        "create",
                        "rolebinding",
                        "app",
                        "--clusterrole=view",
                        "--user=system:serviceaccount:\(namespace):app",
                        "-n",
                        namespace
                    )
                    try await eventually("the account that nobody bound is taken") {
                        try await cluster.object(ServiceAccount.self, "idle", in: namespace)?.value
                            .automountServiceAccountToken == false
                    }
                    let app = try #require(try await cluster.object(ServiceAccount.self, "app", in: namespace))
                    #expect(!app.managers.contains("hardening-operator"))
                    try await scene.compliant(profile, namespaces: 1)
                }
            }
        }

        @Test("A protected namespace is counted and never written to")
        func protectedNamespace() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile { $0["namespaceSelector"] = ["matchLabels": ["protect": "me"]] }
                let cluster = scene.cluster
                try await cluster.edit(Namespace.self, "kube-public", ["metadata": ["labels": ["protect": "me"]]])
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.status(of: profile, "one protected") {
                        $0.namespaces.protected == 1 && $0.namespaces.selected == 0
                    }
                }
                #expect(try await !scene.managers(of: "kube-public").contains("hardening-operator"))
                try await cluster.edit(Namespace.self, "kube-public", ["metadata": ["labels": ["protect": nil]]])
            }
        }
    }
}

/// Something that somebody does to a namespace that is hardened.
struct Drift: Sendable, CustomTestStringConvertible, CustomStringConvertible {
    var description: String
    var testDescription: String { description }
    /// Does it, and returns how long it took until the object was repaired.
    var measure: @Sendable (ControlPlane, _ namespace: String) async throws -> Duration

    init<Kind: KubernetesObject>(
        _ description: String,
        _ kind: Kind.Type,
        _ name: String?,
        patch: JSONValue?
    ) {
        self.description = description
        measure = { cluster, namespace in
            let name = name ?? namespace
            let place = Kind.resource.isNamespaced ? namespace : nil
            let before = try #require(try await cluster.object(Kind.self, name, in: place)).content
            return try await cluster.timeUntil(Kind.self, name, in: place, is: before) {
                if let patch {
                    try await cluster.edit(Kind.self, name, in: place, patch)
                } else {
                    try await cluster.delete(Kind.self, name, in: place)
                }
            }
        }
    }

    static let all = [
        Drift("deny policy deleted", NetworkPolicy.self, "hardening-default-deny", patch: nil),
        Drift(
            "deny policy edited",
            NetworkPolicy.self,
            "hardening-default-deny",
            patch: ["spec": ["ingress": [[:]], "policyTypes": ["Ingress"]]]
        ),
        Drift(
            "deny policy narrowed",
            NetworkPolicy.self,
            "hardening-default-deny",
            patch: ["spec": ["podSelector": ["matchLabels": ["app": "none"]]]]
        ),
        Drift("allow policy deleted", NetworkPolicy.self, "hardening-default-allow", patch: nil),
        Drift(
            "our label taken off",
            NetworkPolicy.self,
            "hardening-default-deny",
            patch: ["metadata": ["labels": ["app.kubernetes.io/managed-by": nil]]]
        ),
        Drift(
            "enforce label weakened",
            Namespace.self,
            nil,
            patch: ["metadata": ["labels": ["pod-security.kubernetes.io/enforce": "privileged"]]]
        ),
        Drift(
            "enforce label removed",
            Namespace.self,
            nil,
            patch: ["metadata": ["labels": ["pod-security.kubernetes.io/enforce": nil]]]
        ),
        Drift(
            "profile label changed",
            Namespace.self,
            nil,
            patch: ["metadata": ["labels": ["hardening.dev/profile": "none"]]]
        ),
        Drift("service account flipped", ServiceAccount.self, "default", patch: ["automountServiceAccountToken": true]),
        Drift("service account reset", ServiceAccount.self, "default", patch: ["automountServiceAccountToken": nil]),
        Drift("limit range deleted", LimitRange.self, "hardening-limits", patch: nil),
        Drift(
            "limit range edited",
            LimitRange.self,
            "hardening-limits",
            patch: ["spec": ["limits": [["type": "Container", "default": ["memory": "8Gi"]]]]]
        ),
    ]
}

/// Ends a watch: it has shown what was waited for.
private struct Seen: Error {
    var at: ContinuousClock.Instant
}

extension ControlPlane {
    /// How long it takes from the beginning of `edit` until a watch shows the object with this content again.
    func timeUntil<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ name: String,
        in namespace: String?,
        is wanted: JSONValue,
        after edit: @escaping @Sendable () async throws -> Void
    ) async throws -> Duration {
        let selection = Selection(namespace: namespace, fields: "metadata.name=\(name)")
        let version = try #require(try await object(kind, name, in: namespace)).metadata.resourceVersion
        let start = ContinuousClock.now
        async let edited: Void = edit()
        let hasDrifted = Collected<Bool>()
        do {
            let query = WatchQuery(resourceVersion: version, timeout: .seconds(60))
            try await client.watch(Document<Kind>.self, of: selection, query) { event in
                switch event {
                case .added(let object), .modified(let object):
                    if object.content != wanted {
                        hasDrifted.append(true)
                    } else if !hasDrifted.all.isEmpty {
                        throw Seen(at: .now)
                    }
                case .deleted: hasDrifted.append(true)
                default: break
                }
            }
        } catch let seen as Seen {
            try await edited
            return seen.at - start
        }
        throw Unmet(description: "\(Kind.resource.kind) \(name) is not as before; drifted: \(hasDrifted.all)")
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
