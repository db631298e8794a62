import Hardening
import KubernetesAPI
import KubernetesClient

/// Something that somebody undoes of what is in force in a namespace.
enum Disturbance: CaseIterable {
    case policyDeleted, limitsDeleted, tokenHandedOut, labelLowered

    func inflict(on namespace: String, _ client: KubernetesClient) async throws {
        switch self {
        case .policyDeleted: try await delete(NetworkPolicy.self, Marks.denyPolicyName, in: namespace, client)
        case .limitsDeleted: try await delete(LimitRange.self, Marks.limitRangeName, in: namespace, client)
        case .tokenHandedOut:
            try await edit(
                ServiceAccount.self,
                "default",
                in: namespace,
                ["automountServiceAccountToken": .null],
                client
            )
        case .labelLowered:
            try await edit(
                Namespace.self,
                namespace,
                in: nil,
                ["metadata": ["labels": ["pod-security.kubernetes.io/enforce": "privileged"]]],
                client
            )
        }
    }

    private func delete<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ name: String,
        in namespace: String,
        _ client: KubernetesClient
    ) async throws {
        let object = try await client.get(Receipt<Kind>.self, name: name, namespace: namespace)
        try await client.delete(Receipt<Kind>.self, name: name, namespace: namespace, uid: object.metadata.uid)
    }

    private func edit<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ name: String,
        in namespace: String?,
        _ patch: JSONValue,
        _ client: KubernetesClient
    ) async throws {
        _ = try await client.merge(
            Receipt<Kind>.self,
            name: name,
            namespace: namespace,
            patch: patch,
            fieldManager: "kubectl-edit"
        )
    }
}
