import KubernetesAPI

extension WorkloadCheck {
    /// A network plugin that acts on NetworkPolicies is there: without one they are stored and do nothing.
    ///
    /// Source: CIS Kubernetes Benchmark 5.3.1.
    static let networkPolicyProvider = WorkloadCheck(
        id: "network-policy-provider",
        .critical,
        "Somebody acts on NetworkPolicies",
        source: "CIS 5.3.1",
        .cluster { cluster, _ in
            switch cluster.networkPolicyProvider {
            case .found: .passed
            case .absent:
                .failed(
                    "no network plugin that acts on NetworkPolicies was found, and without one they do nothing: install one, "
                        + "such as Calico, Cilium or Antrea"
                )
            case .notObserved(let reason):
                .notObserved("whether a network plugin acts on NetworkPolicies cannot be seen: \(reason)")
            }
        }
    )

    /// The API server is of the release that the profile asks for, or a later one. Off until it asks for one.
    ///
    /// Source: NSA/CISA *Kubernetes Hardening Guide*, "Upgrading and application security practices"; Kubernetes
    /// documentation, *Releases* (patch releases are made for the three newest).
    static let kubernetesVersion = WorkloadCheck(
        id: "kubernetes-version",
        .high,
        "Kubernetes is as new as asked for",
        source: "NSA/CISA Kubernetes Hardening Guide, \"Upgrading and application security practices\"",
        isOnByDefault: false,
        .cluster { cluster, parameters in
            guard let minimum = parameters.minimumKubernetesMinor else { return .passed }
            guard cluster.isServerMinorObserved else {
                return .notObserved(
                    "whether the API server is of Kubernetes 1.\(minimum) or later cannot be seen: manifests do not show it; "
                        + "say which it is: audit --server-version 1.N"
                )
            }
            guard cluster.serverMinor < minimum else { return .passed }
            return .failed(
                "the API server is of Kubernetes 1.\(cluster.serverMinor), and the profile asks for 1.\(minimum) or later: "
                    + "upgrade it"
            )
        }
    )

    /// No kubelet is newer than the API server, or older by more than three minor releases, or two before 1.28.
    ///
    /// Source: Kubernetes documentation, *Version Skew Policy*, "kubelet".
    static let nodeVersionSkew = WorkloadCheck(
        id: "node-version-skew",
        .medium,
        "Kubelets are of releases that the API server supports",
        source: "Kubernetes documentation, \"Version Skew Policy\"",
        .cluster { cluster, _ in
            guard let versions = cluster.kubeletVersions else {
                return .notObserved("the nodes' versions cannot be seen, since nodes cannot be observed")
            }
            let server = cluster.serverMinor
            let oldest = server - (server >= 28 ? 3 : 2)
            func nodes(_ isMeant: (Int) -> Bool) -> [String] {
                versions.sorted { $0.key < $1.key }.filter { minor(of: $0.key).map(isMeant) ?? false }
                    .map { "\($0.key) (\($0.value) \($0.value == 1 ? "node" : "nodes"))" }
            }
            let newer = nodes { $0 > server }
            let older = nodes { $0 < oldest }
            let unread = versions.keys.filter { minor(of: $0) == nil }.sorted()
            var sentences: [String] = []
            if !newer.isEmpty {
                sentences.append(
                    "kubelets newer than the API server: \(newer.joined(separator: ", ")); upgrade that first"
                )
            }
            if !older.isEmpty {
                sentences.append(
                    "kubelets older than 1.\(oldest): \(older.joined(separator: ", ")); upgrade these nodes"
                )
            }
            if !sentences.isEmpty {
                return .failed("the API server is of 1.\(server). \(sentences.joined(separator: ". "))")
            }
            if !unread.isEmpty {
                return .notObserved("versions of kubelets that cannot be understood: \(unread.joined(separator: ", "))")
            }
            return .passed
        }
    )

    /// N of `v1.N.P`, whatever a vendor puts after it: `v1.34.1-gke.5`, `v1.34+`. `nil` for anything else.
    static func minor(of version: String) -> Int? {
        let parts = version.drop { $0 == "v" }.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "1" else { return nil }
        let digits = parts[1].utf8.prefix { 48...57 ~= $0 }
        return digits.isEmpty ? nil : Int(Substring(digits))
    }
}
