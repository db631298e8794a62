import KubernetesAPI

/// What a cluster has beside workloads, as people and the cluster's own controllers create it.
public enum ClusterDocuments {
    /// On every namespace that the profile selects.
    public static let label = "hardening"
    /// The profile's name.
    public static let profileName = "bench"

    /// A namespace that the profile selects.
    public static func namespace(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .string(name),
                "labels": [
                    label: "on", "kubernetes.io/metadata.name": .string(name), "team": .string(name),
                    "cost-centre": "4711",
                ],
                "annotations": ["example.com/owner": "platform@example.com"],
            ],
        ]
    }

    /// The account that every namespace has.
    public static let defaultAccount: JSONValue = [
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": ["name": "default"],
    ]

    /// A profile that enforces all controls in all of the namespaces.
    public static let profile: JSONValue = [
        "apiVersion": "hardening.dev/v1alpha1", "kind": "HardeningProfile", "metadata": ["name": .string(profileName)],
        "spec": [
            "mode": "Enforce",
            "namespaceSelector": ["matchLabels": [label: "on"]],
            "controls": [
                "networkPolicy": ["directions": ["Ingress", "Egress"]],
                "podSecurity": ["enforce": "restricted", "rollout": ["strategy": "Immediate"]],
                "serviceAccountToken": [:],
                "limitRange": ["limits": [["type": "Container", "default": ["memory": "256Mi"]]]],
            ],
        ],
    ]

    /// The Service of the cluster's DNS.
    public static let clusterDNS: JSONValue = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "kube-dns", "labels": ["k8s-app": "kube-dns"]],
        "spec": [
            "clusterIP": "10.96.0.10", "selector": ["k8s-app": "kube-dns"],
            "ports": [
                ["name": "dns", "port": 53, "protocol": "UDP"], ["name": "dns-tcp", "port": 53, "protocol": "TCP"],
            ],
        ],
    ]
}
