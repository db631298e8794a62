import KubernetesAPI

extension WorkloadCheck {
    /// No pod is given the token of its account without need. The pod's own `automountServiceAccountToken` decides, else
    /// its account's, else it is given one. That is decided when the pod is created: one that runs keeps its token until
    /// it is created anew, and one that asks for a token still is one that has it.
    ///
    /// A workload that talks to the API server needs its token: that is what an exemption is for. Tokens that a pod's own
    /// volumes ask for are not looked at.
    ///
    /// Source: CIS Kubernetes Benchmark 5.1.6; NSA/CISA *Kubernetes Hardening Guide*, "Protecting Pod service account
    /// tokens"; `plugin/pkg/admission/serviceaccount` in `kubernetes/kubernetes`.
    static let serviceAccountTokenMounted = WorkloadCheck(
        id: "service-account-token-mounted",
        .high,
        "Pods have no token that they do not need",
        source: "CIS 5.1.6",
        needs: ["serviceaccounts"],
        .workload { group, view in
            // Of a live pod it can be seen; what is not created yet will be as the settings are then.
            let future = group.templates.filter { !$0.isLivePod }.compactMap { template in
                template.facts.map { (template, $0) }
            }
            for (template, facts) in future {
                guard let reason = reasonForToken(facts, view) else { continue }
                let needed =
                    view.allBoundAccounts.contains(facts.serviceAccount)
                    ? "; a binding names that account, so the pods may need it" : ""
                return "pods are given the token of ServiceAccount \(facts.serviceAccount), since \(reason)\(needed): "
                    + "set \(template.templatePrefix)spec.automountServiceAccountToken: false"
            }
            let holders = group.pods.filter { $0.facts?.mountsToken == true }
            guard let first = holders.first, let facts = first.facts else { return nil }
            let pods =
                holders.count == 1 ? "pod \(first.name) has" : "\(holders.count) pods, such as \(first.name), have"
            guard let reason = reasonForToken(facts, view) else {
                return
                    "\(pods) the token of ServiceAccount \(facts.serviceAccount) from before it was switched off, "
                    + "until created anew: restart the workload"
            }
            return "\(pods) the token of ServiceAccount \(facts.serviceAccount), since \(reason): create pods with "
                + "spec.automountServiceAccountToken: false"
        }
    )

    private static func reasonForToken(_ facts: PodFacts, _ view: NamespaceView) -> String? {
        if let own = facts.automount { return own ? "they ask for it" : nil }
        let account = view.serviceAccounts.first { $0.name == facts.serviceAccount }
        switch account?.automount {
        case false: return nil
        case true: return "the account says so and the pods do not"
        case nil: return "neither the pods nor the account say otherwise"
        }
    }
}

extension ObservedWorkload {
    /// Whether it is a pod of a cluster rather than of a file, so that what it was given can be seen.
    var isLivePod: Bool { kind == "Pod" && !uid.isEmpty }
}
