import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// Somebody who has every right in one namespace, those of the ClusterRole `admin`, and none beyond it: their objects
    /// reach no other namespace.
    @Suite struct Tenants {
        /// The tenant of `mine`, and another namespace under the same profile.
        private struct House: Sendable {
            let scene: Scene
            let tenant: String
            let mine: String
            let other: String

            var cluster: ControlPlane { scene.cluster }

            static func open(_ scene: Scene) async throws -> House {
                let house = House(
                    scene: scene,
                    tenant: "tenant-\(scene.name)",
                    mine: try await scene.settledNamespace("mine"),
                    other: try await scene.settledNamespace("other")
                )
                try await house.cluster.kubectl("apply", "-f", "-", input: Harm.definitions)
                try await house.cluster.waitUntilServed("crd", "-l", "tests=definitions")
                try await house.grant(in: house.mine)
                return house
            }

            /// Gives the tenant a namespace.
            func grant(in namespace: String) async throws {
                try await cluster.kubectl(
                    "create",
                    "rolebinding",
                    "tenant",
                    "-n",
                    namespace,
                    "--clusterrole=admin",
                    "--user=\(tenant)"
                )
                try await cluster.kubectl(
                    "create",
                    "role",
                    "tenant",
                    "-n",
                    namespace,
                    "--verb=*",
                    "--resource=limitranges,httproutes.gateway.networking.k8s.io,servicemonitors.monitoring.coreos.com,"
                        + "podmonitors.monitoring.coreos.com"
                )
                try await cluster.kubectl(
                    "create",
                    "rolebinding",
                    "tenant-custom",
                    "-n",
                    namespace,
                    "--role=tenant",
                    "--user=\(tenant)"
                )
            }

            /// Does something as the tenant.
            @discardableResult
            func act(_ manifest: String, _ arguments: String...) async throws -> String {
                try await cluster.kubectl(as: tenant, arguments.isEmpty ? ["apply", "-f", "-"] : arguments, manifest)
            }

            /// Applies as the operator would, by its name.
            func forge(_ manifest: String) async throws {
                try await act(
                    manifest,
                    "apply",
                    "--server-side",
                    "--force-conflicts",
                    "--field-manager=\(Marks.fieldManager)",
                    "-f",
                    "-"
                )
            }

            func close() async throws {
                try await cluster.kubectl("delete", "crd", "-l", "tests=definitions")
            }
        }

        private static func play(_ body: @escaping @Sendable (House) async throws -> Void) async throws {
            try await Scene.play { scene in
                let house = try await House.open(scene)
                do {
                    try await body(house)
                } catch {
                    try? await house.close()
                    throw error
                }
                try await house.close()
            }
        }

        private static func web(_ namespace: String) -> String {
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: \(namespace), labels: {app: web}}
            spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
            ---

            """
        }

        @Test("A monitor or a route of theirs that selects another namespace opens nothing there, in their own it does")
        func opensNothing() async throws {
            try await Self.play { house in
                let profile = try await house.scene.profile {
                    $0["controls"] = [
                        "networkPolicy": [
                            "directions": ["Ingress"],
                            "allow": ["derive": ["Webhooks", "Ingress", "LoadBalancers", "Monitoring"]],
                        ]
                    ]
                }
                for namespace in [house.mine, house.other] {
                    try await house.cluster.kubectl("apply", "-f", "-", input: Self.web(namespace))
                }
                try await house.cluster.withOperator { process in
                    func policies() async throws -> [String: JSONValue] {
                        try await house.scene.content(of: house.other).filter { $0.key.hasPrefix("NetworkPolicy ") }
                    }
                    try await process.ready()
                    try await house.scene.compliant(profile, namespaces: 2)
                    let before = try await policies()
                    try await house.act(
                        """
                        apiVersion: gateway.networking.k8s.io/v1
                        kind: HTTPRoute
                        metadata: {name: theirs, namespace: \(house.mine)}
                        spec: {rules: [{backendRefs: [{name: web, namespace: \(house.other), port: 80}]}]}
                        ---
                        apiVersion: monitoring.coreos.com/v1
                        kind: ServiceMonitor
                        metadata: {name: theirs, namespace: \(house.mine)}
                        spec: {selector: {}, namespaceSelector: {any: true}, endpoints: [{port: http}]}
                        ---
                        apiVersion: monitoring.coreos.com/v1
                        kind: PodMonitor
                        metadata: {name: theirs, namespace: \(house.mine)}
                        spec: {selector: {}, namespaceSelector: {any: true}, podMetricsEndpoints: [{portNumber: 9}]}
                        """
                    )
                    try await eventually("what the monitor selects in its own namespace is let through") {
                        try await house.cluster.object(NetworkPolicy.self, "hardening-derived-1", in: house.mine) != nil
                    }
                    try await house.scene.status(of: profile, "the other namespace was looked at") {
                        $0.findings.contains { $0.namespace == house.other && $0.message.contains(house.mine) }
                    }
                    #expect(try await policies() == before)
                }
            }
        }

        @Test("A RoleBinding of theirs that names another namespace's account gives that one nothing back")
        func givesNothingBack() async throws {
            try await Self.play { house in
                let profile = try await house.scene.profile { $0["controls"] = ["serviceAccountToken": [:]] }
                let late = "\(house.scene.name)-late"
                try await house.cluster.withOperator { process in
                    func automount(_ namespace: String) async throws -> JSONValue? {
                        try await house.cluster.object(ServiceAccount.self, "default", in: namespace)?
                            .json["automountServiceAccountToken"]
                    }
                    try await process.ready()
                    try await house.scene.compliant(profile, namespaces: 2)
                    let subjects = [house.mine, house.other, late].map {
                        "{kind: ServiceAccount, name: default, namespace: \($0)}"
                    }
                    try await house.act(
                        """
                        apiVersion: rbac.authorization.k8s.io/v1
                        kind: RoleBinding
                        metadata: {name: theirs, namespace: \(house.mine)}
                        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
                        subjects: [\(subjects.joined(separator: ", "))]
                        """
                    )
                    try await eventually("their own account is given back") {
                        try await automount(house.mine) != .bool(false)
                    }
                    try await house.scene.settledNamespace("late")
                    try await eventually("a new namespace is hardened as well") {
                        try await automount(late) == .bool(false)
                    }
                    #expect(try await automount(house.other) == .bool(false))
                }
            }
        }

        private static func policy(_ name: String, _ namespace: String, _ labels: String) -> String {
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: \(name), namespace: \(namespace), labels: \(labels)}
            spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}
            """
        }

        @Test("Labels make nothing the operator's: neither in a namespace that it enforces, nor elsewhere, to the end")
        func labelsAdoptNothing() async throws {
            try await Self.play { house in
                let free = "\(house.scene.name)-free"
                try await house.cluster.create(Namespace.self, free, labels: ["free": house.scene.name])
                try await house.grant(in: free)
                let profile = try await house.scene.profile { $0["deletionPolicy"] = "Release" }
                let labels = "{\(Marks.managedByLabel): \(Marks.managedByValue), \(Marks.profileLabel): \(profile)}"
                for namespace in [house.mine, free] {
                    try await house.act(Self.policy("theirs", namespace, labels))
                    try await house.act(Self.policy("hardening-derived-3", namespace, labels))
                    try await house.act(
                        """
                        apiVersion: v1
                        kind: LimitRange
                        metadata: {name: hardening-limits, namespace: \(namespace), labels: \(labels)}
                        spec: {limits: [{type: Container, max: {memory: 64Gi}}]}
                        ---
                        apiVersion: v1
                        kind: ServiceAccount
                        metadata:
                          name: theirs
                          namespace: \(namespace)
                          labels: \(labels)
                          annotations: {\(Marks.previousAnnotation): '{"automountServiceAccountToken":"true"}'}
                        automountServiceAccountToken: false
                        """
                    )
                }
                @Sendable func theirs() async throws -> [String: JSONValue] {
                    var all: [String: JSONValue] = [:]
                    for namespace in [house.mine, free] {
                        let content = try await house.scene.content(of: namespace)
                        for (key, value) in content
                        where ["theirs", "hardening-derived-3", "hardening-limits"].contains(where: key.hasSuffix) {
                            all["\(namespace) \(key)"] = value
                        }
                    }
                    return all
                }
                try await house.cluster.withOperator { process in
                    try await eventually("the tenant's accounts are done") {
                        for namespace in [house.mine, free] {
                            guard try await house.cluster.isDone("theirs", in: namespace) else { return false }
                        }
                        return true
                    }
                    let before = try await theirs()
                    #expect(before.count == 8)
                    try await process.ready()
                    try await house.scene.status(of: profile, "that the name is taken") { status in
                        status.findings.contains { $0.reason == .nameConflict && $0.namespace == house.mine }
                            && status.namespaces.selected == 2
                    }
                    try await house.cluster.kubectl("delete", "hardeningprofile", profile, "--timeout=60s")
                    #expect(try await theirs() == before)
                    #expect(
                        try await house.cluster.object(NetworkPolicy.self, Marks.denyPolicyName, in: house.mine) == nil
                    )
                }
                try await house.cluster.delete(Namespace.self, free)
            }
        }

        @Test("Who writes by the operator's name widens no policy, and reaches only their own namespace")
        func forgery() async throws {
            try await Self.play { house in
                let profile = try await house.scene.profile()
                let second = try await house.scene.profile("second") {
                    $0["namespaceSelector"] = ["matchLabels": ["test": "nothing"]]
                }
                try await house.cluster.withOperator { process in
                    try await process.ready()
                    try await house.scene.compliant(profile, namespaces: 2)
                    let mine = try await house.scene.content(of: house.mine)
                    let other = try await house.scene.content(of: house.other)
                    func isRestored(_ what: String) async throws {
                        try await eventually("restored after \(what)") {
                            try await house.scene.content(of: house.mine) == mine
                        }
                    }
                    let labels = "{\(Marks.managedByLabel): \(Marks.managedByValue), \(Marks.profileLabel): \(second)}"
                    for name in [Marks.allowPolicyName, Marks.denyPolicyName, "hardening-derived-5"] {
                        try await house.forge(Self.policy(name, house.mine, labels))
                        try await isRestored("forging \(name)")
                    }
                    try await house.forge(
                        """
                        apiVersion: v1
                        kind: ServiceAccount
                        metadata:
                          name: default
                          namespace: \(house.mine)
                          labels: {\(Marks.profileLabel): \(second)}
                          annotations: {\(Marks.previousAnnotation): '{"automountServiceAccountToken":"false"}'}
                        automountServiceAccountToken: true
                        """
                    )
                    try await eventually("the account gives no token") {
                        try await house.cluster.object(ServiceAccount.self, "default", in: house.mine)?
                            .json["automountServiceAccountToken"] == .bool(false)
                    }
                    // Annotations of the namespace are beyond them.
                    await #expect(throws: Unmet.self) {
                        try await house.act("", "annotate", "namespace", house.mine, "\(Marks.inForceAnnotation)=x")
                    }
                    #expect(try await house.scene.content(of: house.other) == other)
                    try await house.scene.compliant(profile, namespaces: 2)
                }
            }
        }

        @Test("What the operator wrote on one namespace means nothing on another, though it be copied or made up")
        func copiedAnnotations() async throws {
            try await Self.play { house in
                let profile = try await house.scene.profile { $0["onDisruption"] = "Hold" }
                let port = "spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}"
                let copy = "\(house.scene.name)-copy"
                let annotations = try await house.cluster.withOperator { process in
                    try await process.ready()
                    try await house.scene.compliant(profile, namespaces: 2)
                    return try await house.cluster.object(Namespace.self, house.mine)?.metadata.annotations ?? [:]
                }
                let copied = annotations.filter { $0.key.hasPrefix("hardening.dev/") }
                #expect(copied[Marks.stateOfAnnotation] != nil)
                // By somebody who may make namespaces.
                try await house.cluster.create(
                    Namespace.self,
                    copy,
                    labels: ["test": house.scene.name, Marks.profileLabel: profile]
                )
                try await house.cluster.edit(
                    Namespace.self,
                    copy,
                    ["metadata": ["annotations": JSONValue(copied)]]
                )
                try await house.cluster.kubectl(
                    "apply",
                    "-f",
                    "-",
                    input: "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: \(copy)}\n\(port)\n"
                )
                try await house.cluster.withOperator { process in
                    try await process.ready()
                    try await house.scene.status(of: profile, "the copy is held, as if nothing were in force") {
                        status in
                        status.findings.contains {
                            $0.namespace == copy && $0.control == .networkPolicy && $0.reason == .enforcementHeld
                        }
                    }
                    #expect(try await house.cluster.object(NetworkPolicy.self, Marks.denyPolicyName, in: copy) == nil)
                    #expect(
                        try await house.cluster.object(NetworkPolicy.self, Marks.denyPolicyName, in: house.mine) != nil
                    )
                }
            }
        }
    }
}
