import Foundation
import KubernetesAPI

extension ControlPlane {
    /// Grants an account of its own what `manifests/` grants the operator, but for all that it may do to `plural`.
    ///
    /// - Returns: the path of its kubeconfig.
    @discardableResult
    func grantAll(but plural: String? = nil) async throws -> String {
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
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": ["name": "part-for-tests", "namespace": "hardening-system"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "hardening-operator"],
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
