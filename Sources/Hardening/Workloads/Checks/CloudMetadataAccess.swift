import KubernetesAPI

extension WorkloadCheck {
    /// No pod reaches the address at which clouds hand out the node's own credentials. A pod does that is on the node's
    /// network; that no NetworkPolicy isolates outwards; or that some policy which selects it lets through to there.
    ///
    /// Source: NSA/CISA *Kubernetes Hardening Guide*, "Protecting sensitive cloud infrastructure"; Kubernetes
    /// documentation, *Security Checklist*, "Network security".
    static let cloudMetadataAccess = WorkloadCheck(
        id: "cloud-metadata-access",
        .high,
        "No pod reaches the cloud's metadata",
        source: "Kubernetes Security Checklist, \"Network security\"",
        needs: ["networkpolicies"],
        .namespace { view in
            let isolating = view.networkPolicies.filter { $0.directions.contains(.egress) }
            var onHost: [WorkloadGroup] = []
            var open: [WorkloadGroup] = []
            var allowed: [WorkloadGroup] = []
            var policies: Set<String> = []
            var addresses: MetadataAddresses = []
            for group in view.workloads {
                let members = group.members.filter { $0.facts != nil }
                if members.contains(where: { $0.facts?.isOnHostNetwork == true }) { onHost.append(group) }
                let onPodNetwork = members.filter { $0.facts?.isOnHostNetwork == false }
                let selecting = onPodNetwork.map { member in
                    isolating.filter { $0.podSelector.matches(member.podLabels) }
                }
                if selecting.contains(where: \.isEmpty) { open.append(group) }
                let letting = selecting.joined().filter { !$0.metadataAddresses.isEmpty }
                guard !letting.isEmpty else { continue }
                allowed.append(group)
                for policy in letting {
                    policies.insert(policy.name)
                    addresses.formUnion(policy.metadataAddresses)
                }
            }
            var sentences: [String] = []
            if !open.isEmpty {
                sentences.append("no NetworkPolicy isolates \(open.inWords) outwards: deny Egress by default")
            }
            if !allowed.isEmpty {
                sentences.append(
                    "NetworkPolicy \(policies.sorted().prefix(5).joined(separator: ", ")) lets \(allowed.inWords) through to "
                        + "\(addresses.inWords): add these to spec.egress[].to[].ipBlock.except"
                )
            }
            if !onHost.isEmpty {
                sentences.append(
                    "no NetworkPolicy reaches \(onHost.inWords) on the node's network: set hostNetwork: false"
                )
            }
            guard !sentences.isEmpty else { return nil }
            return "the cloud's metadata service can be reached: \(sentences.joined(separator: "; "))"
        }
    )
}
