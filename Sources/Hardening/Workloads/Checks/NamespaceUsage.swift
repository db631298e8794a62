import KubernetesAPI

extension WorkloadCheck {
    /// Nobody's workloads are in the namespace `default`, which everyone gets who forgets to say one, and whose rights
    /// and policies nobody thought of.
    ///
    /// Source: CIS Kubernetes Benchmark 5.6.1 and 5.6.4.
    static let defaultNamespaceUsage = WorkloadCheck(
        id: "default-namespace-usage",
        .low,
        "Nothing runs in the namespace default",
        source: "CIS 5.6.4",
        .workload { _, view in
            guard view.namespace.name == "default" else { return nil }
            return "it is in the namespace default: move it to a namespace of its own (metadata.namespace)"
        }
    )

    /// Nobody's workloads are among the system's own, where protections are off and secrets are those of the cluster.
    ///
    /// What is the system's cannot be told for certain, so whatever has one of the marks by which distributions and
    /// add-on managers know their own is taken for theirs. No marks count in `kube-public` and `kube-node-lease`, where
    /// nothing of the system's runs.
    ///
    /// Source: NSA/CISA *Kubernetes Hardening Guide*, "Namespaces"; CIS Kubernetes Benchmark 5.6.1.
    static let systemNamespaceUsage = WorkloadCheck(
        id: "system-namespace-usage",
        .medium,
        "Only the system's own runs in its namespaces",
        source: "NSA/CISA Kubernetes Hardening Guide, \"Namespaces\"",
        .workload { group, view in
            let namespace = view.namespace.name
            guard SystemNamespaces.all.contains(namespace) else { return nil }
            if namespace == "kube-system", isSystemOwn(group) { return nil }
            return
                "it is in \(namespace), where only what belongs to the cluster itself should be: move it to a namespace "
                + "of its own (metadata.namespace)"
        }
    )

    /// A namespace's name does not begin with `kube-`, which is for those of the system. Vendors do it nevertheless.
    ///
    /// Source: Kubernetes documentation, *Namespaces*, "Avoid creating namespaces with the prefix `kube-`".
    static let reservedNamespacePrefix = WorkloadCheck(
        id: "reserved-namespace-prefix",
        .low,
        "No namespace takes the system's prefix",
        source: "Kubernetes documentation, \"Namespaces\"",
        .namespace { view in
            let name = view.namespace.name
            guard name.hasPrefix("kube-"), !SystemNamespaces.all.contains(name) else { return nil }
            return
                "the namespace's name begins with kube-, which is reserved for the system: move what is in it to one of "
                + "another name"
        }
    )

    // Labels that only installers and add-on managers set.
    private static let systemLabels: Set<String> = [
        "k8s-app", "kubernetes.io/cluster-service", "addonmanager.kubernetes.io/mode", "kubernetes.io/name",
        "eks.amazonaws.com/component", "objectset.rio.cattle.io/hash", "k8s-addon",
    ]
    private static let systemNames = [
        "aws-", "azure-", "calico-", "cilium", "cloud-controller-manager", "coredns", "csi-", "ebs-csi-", "efs-csi-",
        "etcd", "fluentbit-gke", "gke-", "kindnet", "konnectivity-agent", "kube-", "l7-", "local-path-provisioner",
        "metrics-server", "node-local-dns", "svclb-", "tunnelfront", "weave-",
    ]

    private static func isSystemOwn(_ group: WorkloadGroup) -> Bool {
        systemNames.contains { group.identity.name.hasPrefix($0) } || isMarked(group.labels)
            || group.members.contains { isMarked($0.labels) || isMarked($0.podLabels) }
            || group.identity.kind == "Node"
    }

    private static func isMarked(_ labels: [String: String]) -> Bool {
        labels["tier"] == "control-plane" || labels["tier"] == "node"
            || labels.keys.contains { systemLabels.contains($0) }
    }
}
