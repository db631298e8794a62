import Foundation
import KubernetesAPI

extension ControlPlane {
    /// Grants an account of its own what `manifests/` grants the operator, but for all that it may do to `plural`.
    ///
    /// - Returns: the path of its kubeconfig.
    @discardableResult
    func grantAll(but plural: String? = nil) async throws -> String {
        try await grant(Right.granted().filter { $0.resource != plural })
    }

    /// Grants an account of its own these rights and no others.
    ///
    /// - Returns: the path of its kubeconfig.
    @discardableResult
    func grant(_ rights: [Right]) async throws -> String {
        let subject: JSONValue = ["kind": "ServiceAccount", "name": "part", "namespace": "hardening-system"]
        var objects: [JSONValue] = [
            [
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": ["name": "part", "namespace": "hardening-system"],
            ]
        ]
        // Also where nothing is granted any more.
        for place in Set(try Right.granted().map(\.namespace)) {
            let kind = place == nil ? "ClusterRole" : "Role"
            var metadata: JSONValue = ["name": "part-for-tests"]
            // Older servers take Events elsewhere than manifests/ says.
            if let place { metadata["namespace"] = .string(place == "default" ? eventNamespace : place) }
            let rules = rights.filter { $0.namespace == place }.map { right -> JSONValue in
                var rule: JSONValue = [
                    "apiGroups": [.string(right.group)], "resources": [.string(right.resource)],
                    "verbs": [.string(right.verb)],
                ]
                if !right.names.isEmpty { rule["resourceNames"] = .array(right.names.sorted().map { .string($0) }) }
                return rule
            }
            objects.append([
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .string(kind), "metadata": metadata,
                "rules": .array(rules),
            ])
            objects.append([
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .string("\(kind)Binding"), "metadata": metadata,
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": .string(kind), "name": "part-for-tests",
                ],
                "subjects": [subject],
            ])
        }
        let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(objects)]
        let input = String(decoding: try JSONEncoder().encode(list), as: UTF8.self)
        try await kubectl("apply", "-f", "-", input: input)
        let kubeconfig = "\(directory)/part.conf"
        try await writeKubeconfig(kubeconfig, serviceAccount: "part")
        return kubeconfig
    }
}
