import KubernetesAPI

extension WorkloadCheck {
    /// Every pod is selected by some NetworkPolicy for each direction: one that none selects may talk to everyone and be
    /// talked to by everyone. What is not on the pod network is left out, since policies do not reach it.
    ///
    /// Source: CIS Kubernetes Benchmark 5.3.2; Kubernetes documentation, *Security Checklist*, "Network security".
    static let networkPolicyCoverage = WorkloadCheck(
        id: "network-policy-coverage",
        .high,
        "NetworkPolicies select every pod in both directions",
        source: "CIS 5.3.2",
        needs: ["networkpolicies"],
        .namespace { view in
            var open: [(direction: NetworkPolicy.Direction, groups: [WorkloadGroup])] = []
            for direction in NetworkPolicy.Direction.allCases {
                let policies = view.networkPolicies.filter { $0.directions.contains(direction) }
                let groups = view.workloads.filter { group in
                    group.members.contains { member in
                        member.facts?.isOnHostNetwork == false
                            && !policies.contains { $0.podSelector.matches(member.podLabels) }
                    }
                }
                if !groups.isEmpty { open.append((direction, groups)) }
            }
            guard let first = open.first else { return nil }
            // Most often, both directions are open for the same.
            let areAlike = open.count == 2 && open[0].groups.map(\.identity) == open[1].groups.map(\.identity)
            let text =
                areAlike
                ? "\(NetworkPolicy.Direction.ingress.rawValue) or \(NetworkPolicy.Direction.egress.rawValue) of "
                    + first.groups.inWords
                : open.map { "\($0.direction.rawValue) of \($0.groups.inWords)" }.joined(separator: "; nor ")
            return "no NetworkPolicy selects pods for \(text). Select all pods (podSelector: {}) by one that denies by "
                + "default (policyTypes: [Ingress, Egress]), and allow what is needed beside it"
        }
    )

    /// No NetworkPolicy selects all pods and allows them everything: since policies only ever add, that voids all that
    /// the others deny.
    ///
    /// Source: Kubernetes documentation, *Network Policies*, "The two sorts of pod isolation".
    static let networkPolicyAllowAll = WorkloadCheck(
        id: "network-policy-allow-all",
        .high,
        "No NetworkPolicy allows everything",
        source: "Kubernetes documentation, \"Network Policies\"",
        needs: ["networkpolicies"],
        .namespace { view in
            let open = view.networkPolicies.filter { !$0.opened.isEmpty }
            guard !open.isEmpty else { return nil }
            let policies = open.prefix(5).map { policy in
                "\(policy.name) (\(policy.opened.sorted().map(\.rawValue).joined(separator: ", ")))"
            }
            let more = open.count > 5 ? " and \(open.count - 5) more" : ""
            return "NetworkPolicies that select all pods and allow them everything: "
                + "\(policies.joined(separator: ", "))\(more). Narrow spec.podSelector or the rule, or delete them"
        }
    )
}

extension [WorkloadGroup] {
    /// The first few by name, and how many more.
    var inWords: String {
        let shown = prefix(5).map { "\($0.identity)" }.joined(separator: ", ")
        return count > 5 ? "\(shown) and \(count - 5) more workloads" : shown
    }
}
