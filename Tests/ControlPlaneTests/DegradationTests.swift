import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// What goes on while a part of what should be seen cannot be.
    @Suite struct Degradation {
        @Test(
            "What may not be watched is named; what would break unseen is held, the rest goes on, and all is well once it may",
            arguments: ["pods", "deployments", "ingresses"]
        )
        func unobserved(_ plural: String) async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let kubeconfig = try await cluster.grantAll(but: plural)
                let blind = try await scene.settledNamespace("held", labels: ["profile": "hold"])
                let open = try await scene.settledNamespace("proceeded", labels: ["profile": "proceed"])
                let holding = try await scene.profile("hold") {
                    $0["onDisruption"] = nil
                    $0["namespaceSelector"] = ["matchLabels": ["test": .string(scene.name), "profile": "hold"]]
                    $0["controls"]?["podSecurity"] = ["rollout": ["observe": "0s"]]
                }
                let proceeding = try await scene.profile("proceed") {
                    $0["namespaceSelector"] = ["matchLabels": ["test": .string(scene.name), "profile": "proceed"]]
                }
                try await cluster.withOperator(kubeconfig: kubeconfig) { process in
                    try await process.ready()
                    let held = try await scene.status(of: holding, "\(plural) is not observed") { status in
                        guard let observed = status.condition(.workloadsObserved) else { return false }
                        return observed.status == .false && observed.message.contains("\(plural) (")
                            && status.condition(.ready)?.status == .true
                    }
                    for control in Scene.controls {
                        let waits = held.obstacles(of: control) == 1
                        #expect(waits == control.needs(plural), "\(control)")
                    }
                    #expect(
                        held.findings.contains {
                            $0.reason == .enforcementHeld && $0.message.contains("\(plural) cannot be observed")
                        }
                    )
                    let limits = try await cluster.object(LimitRange.self, "hardening-limits", in: blind)
                    #expect((limits == nil) == ControlName.limitRange.needs(plural))
                    #expect(try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: blind) == nil)

                    try await scene.compliant(proceeding, namespaces: 1)
                    #expect(try await cluster.object(LimitRange.self, "hardening-limits", in: open) != nil)

                    try await cluster.grantAll()
                    try await scene.status(of: holding, "all is observed") {
                        $0.condition(.workloadsObserved)?.status == .true
                    }
                    try await scene.compliant(holding, namespaces: 1)
                }
                try await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "part-for-tests")
            }
        }
    }
}

extension ControlName {
    /// Whether this control, before it is enforced, looks at such objects.
    fileprivate func needs(_ plural: String) -> Bool { plural != "ingresses" || self == .networkPolicy }
}

extension ControlPlane {
    /// Grants an account of its own what `manifests/` grants the operator, but for watching `plural`.
    ///
    /// - Returns: the path of its kubeconfig.
    @discardableResult
    fileprivate func grantAll(but plural: String? = nil) async throws -> String {
        let text = try await kubectl("get", "clusterrole", "hardening-operator", "-o", "json")
        let role = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        let rules = (role["rules"]?.elements ?? []).map { rule -> JSONValue in
            var rule = rule
            let left = (rule["resources"]?.elements ?? []).filter { $0.string != plural }
            // A rule of nothing is not taken.
            rule["resources"] = .array(left.isEmpty ? ["none"] : left)
            return rule
        }
        let kubeconfig = "\(directory)/part.conf"
        let objects: [JSONValue] = [
            [
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": ["name": "part", "namespace": "hardening-system"],
            ],
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
                "metadata": ["name": "part-for-tests"], "rules": .array(rules),
            ],
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                "metadata": ["name": "part-for-tests"],
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "part-for-tests",
                ],
                "subjects": [["kind": "ServiceAccount", "name": "part", "namespace": "hardening-system"]],
            ],
        ]
        let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(objects)]
        let input = String(decoding: try JSONEncoder().encode(list), as: UTF8.self)
        try await kubectl("apply", "-f", "-", input: input)
        if plural != nil { try await writeKubeconfig(kubeconfig, serviceAccount: "part") }
        return kubeconfig
    }
}
