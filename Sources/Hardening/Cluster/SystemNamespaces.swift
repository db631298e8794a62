/// The namespaces in which a cluster's own components run.
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/#initial-namespaces>. `default` is
/// among those, but people's work runs there.
public enum SystemNamespaces {
    /// All of them.
    public static let all: Set<String> = ["kube-system", "kube-public", "kube-node-lease"]
}
