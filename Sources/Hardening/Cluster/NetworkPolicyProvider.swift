import KubernetesAPI

/// Signs of a network plugin that acts on NetworkPolicies: the API server stores them whether anybody does or not.
///
/// Source: the plugins' own manifests; Kubernetes documentation, *Network Plugins* and *Network Policies*.
public enum NetworkPolicyProvider {
    // By the name of its DaemonSet; with a container's name where the DaemonSet alone proves nothing.
    private static let known: [String: (plugin: String, container: String?)] = [
        "antrea-agent": ("Antrea", nil),
        "anetd": ("GKE Dataplane V2", nil),
        "aws-node": ("Amazon VPC CNI with its network policy agent", "aws-eks-nodeagent"),
        "azure-npm": ("Azure Network Policy Manager", nil),
        "calico-node": ("Calico", nil),
        "canal": ("Canal", nil),
        "cilium": ("Cilium", nil),
        "kindnet": ("kindnet", nil),
        "kube-network-policies": ("kube-network-policies", nil),
        "kube-ovn-cni": ("Kube-OVN", nil),
        "kube-router": ("kube-router", nil),
        "nsx-node-agent": ("NSX", nil),
        "ovnkube-node": ("OVN-Kubernetes", nil),
        "sdn": ("OpenShift SDN", nil),
        "terway-eniip": ("Terway", "policy"),
        "weave-net": ("Weave Net", nil),
    ]

    // Where their manifests put them. In any other namespace, anybody might call a DaemonSet so.
    private static let namespaces: Set<String> = [
        "kube-system", "calico-system", "cilium", "nsx-system", "openshift-ovn-kubernetes", "openshift-sdn",
    ]

    /// Whether a DaemonSet of this name, in this namespace, may be a sign.
    public static func isKnown(daemonSet name: String, in namespace: String) -> Bool {
        known[name] != nil && namespaces.contains(namespace)
    }

    /// What the cluster's DaemonSets show. Some plugins run within other processes (k3s), and show nothing.
    public static func evidence(
        _ daemonSets: [(namespace: String, daemonSet: ObservedWorkload)]
    ) -> ClusterFacts.Evidence {
        let signs = daemonSets.compactMap { namespace, daemonSet -> String? in
            guard isKnown(daemonSet: daemonSet.name, in: namespace), let (plugin, container) = known[daemonSet.name],
                !daemonSet.isOver
            else { return nil }
            if let container, daemonSet.facts?.images.contains(where: { $0.container == container }) != true {
                return nil
            }
            return "\(plugin): DaemonSet \(namespace)/\(daemonSet.name)"
        }
        return signs.min().map { .found($0) } ?? .absent
    }
}
