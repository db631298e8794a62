import Hardening
import KubernetesAPI
import KubernetesClient

/// Finds out what the API server's Pod Security admission does, without changing anything.
struct AdmissionProbe: Sendable {
    let client: KubernetesClient

    // It is always there, and what refuses strange namespaces usually lets it alone.
    private static let namespace = "kube-system"

    /// Whether the admission is on: it refuses a level that there is not.
    func evidence() async -> ClusterFacts.Evidence {
        do {
            _ = try await client.tryMerge(
                Namespace.self,
                name: Self.namespace,
                patch: ["metadata": ["labels": ["pod-security.kubernetes.io/enforce": "no-such-level"]]],
                fieldManager: Marks.fieldManager
            )
            return .absent
        } catch let error as APIError where error.code == 422 {
            return .found("the API server refuses a Pod Security level that there is not")
        } catch {
            return .notObserved("\(error)")
        }
    }

}
