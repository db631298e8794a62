import KubernetesAPI

// What denying by default would cut off. A pod that a policy of somebody else's isolates already loses nothing by one
// more: what passes then is what policies allow, and ours takes nothing away from that.

extension NetworkPolicyControl {
    /// What runs, and all by which it may be called.
    public static var evidence: Set<String> {
        let callers = [
            "services", "ingresses", "validatingwebhookconfigurations", "mutatingwebhookconfigurations",
            "customresourcedefinitions", "apiservices", "httproutes", "servicemonitors", "podmonitors", "rolebindings",
            "clusterrolebindings",
        ]
        return WorkloadKinds.plurals.union(callers)
    }

    /// The directions that are denied, a digest of what is allowed all the same, and one of each thing that is cut off
    /// nevertheless: so that an edit that takes an allowance away can be told from one that does not.
    public func extent(_ view: NamespaceView) -> String {
        // What is denied stays so while its allowances cannot be named.
        let denied = view.namespace.inForce[.networkPolicy].map { Extent($0).directions } ?? []
        let all = deniable(in: view).union(denied.intersection(directions))
        if all.isEmpty { return "" }
        return Extent(directions: all, allowances: allowancesDigest, losses: losses(in: view)).text
    }

    /// If these directions are among those, and no more is cut off.
    public func isCovered(by extent: String, in view: NamespaceView) -> Bool {
        let extent = Extent(extent)
        guard deniable(in: view).isSubset(of: extent.directions) else { return false }
        return extent.allowances == allowancesDigest || losses(in: view).isSubset(of: extent.losses)
    }

    /// What our policies deny, and whether they allow what is to be allowed.
    public func observedExtent(_ view: NamespaceView) -> String? {
        guard let deny = view.networkPolicies.first(where: { $0.name == Marks.denyPolicyName && $0.isOurs }),
            !deny.denied.isEmpty
        else { return nil }
        let allowances = areAllowancesAsWanted(for: deny.denied, in: view) ? allowancesDigest : Extent.unknown
        return Extent(directions: deny.denied, allowances: allowances, losses: []).text
    }

    /// The same for these directions; `nil` if something else was allowed then.
    public func limited(to extent: String, in view: NamespaceView) -> (any Control)? {
        let extent = Extent(extent)
        guard extent.allowances == allowancesDigest else { return nil }
        var limited = self
        limited.directions.formIntersection(extent.directions)
        return limited.directions.isEmpty ? nil : limited
    }

    // `Ingress+Egress.9f86d081.2c26b46b`.
    private struct Extent {
        // What no digest is.
        static let unknown = "0"

        var directions: Set<NetworkPolicy.Direction>
        var allowances: String
        var losses: Set<String>

        init(directions: Set<NetworkPolicy.Direction>, allowances: String, losses: Set<String>) {
            self.directions = directions
            self.allowances = allowances
            self.losses = losses
        }

        init(_ text: String) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            directions = Set((parts.first ?? "").split(separator: "+").compactMap { .init(rawValue: String($0)) })
            allowances = parts.dropFirst().first ?? Self.unknown
            losses = Set(parts.dropFirst(2))
        }

        var text: String {
            ([directions.sorted().map(\.rawValue).joined(separator: "+"), allowances] + losses.sorted())
                .joined(separator: ".")
        }
    }

    // By what it is and what it loses; of very many, the first.
    private func losses(in view: NamespaceView) -> Set<String> {
        let digests = impact(view).filter(\.holds).map {
            String(StableHash.hex("\($0.reason.rawValue) \($0.subject)").prefix(8))
        }
        return Set(Set(digests).sorted().prefix(64))
    }

    /// Policies are data to the API server: whether they act is up to the network plugin, which does not say.
    public func doubt(_ view: NamespaceView) -> String? {
        switch view.cluster.networkPolicyProvider {
        case .found: nil
        case .absent:
            "no network plugin is known here that acts on NetworkPolicies, so they may have no effect. If one does, say "
                + "so: run --network-policy-provider NAME"
        case .notObserved(let why):
            "whether a network plugin acts on NetworkPolicies cannot be seen: \(why)"
        }
    }

    // Egress is not denied while what is to be let through cannot be named.
    private func deniable(in view: NamespaceView) -> Set<NetworkPolicy.Direction> {
        isEgressUndeniable(in: view.cluster) ? directions.subtracting([.egress]) : directions
    }

    /// What enforcing it here would break.
    public func impact(_ view: NamespaceView) -> [Impact] {
        var impacts: [Impact] = []
        if directions.contains(.ingress) {
            let derived = Set(derived(view).values.joined())
            impacts += view.exposures.filter { !derived.contains($0) && isCutOff($0, in: view) }
                .compactMap { exposure in
                    switch allowance(for: exposure, in: view.cluster) {
                    case .certain: nil
                    case .doubtful(let why): impact(of: exposure, in: view, unless: why)
                    case .none: impact(of: exposure, in: view)
                    }
                }
        }
        if directions.contains(.egress) {
            if allow.apiServer != .allow { impacts += clientsOfAPIServer(view) }
            // Who denies it already has lost nothing by us.
            let isDenied = view.networkPolicies.contains { $0.denied.contains(.egress) }
            if isDNSUndiscovered(in: view.cluster), !isDenied {
                impacts.append(
                    Impact(
                        .critical,
                        .dnsNotDiscovered,
                        "Namespace/\(view.namespace.name)",
                        "every pod would lose DNS: no DNS service was found to allow (kube-system/kube-dns or "
                            + "openshift-dns/dns-default), so egress is not denied. Name yours in allow.egressTo and set "
                            + "allow.dns: Deny",
                        // Of itself egress is left alone, and ingress need not wait for it.
                        holds: false
                    )
                )
            }
        }
        return impacts
    }

    // MARK: Ingress

    private func isCutOff(_ exposure: Exposure, in view: NamespaceView) -> Bool {
        // Endpoints that somebody maintains by hand are not pods of a namespace that has none.
        if exposure.podSelector.isEmpty, view.members(exposure.podSelector).isEmpty { return false }
        return !isIsolated(exposure.podSelector, .ingress, in: view)
    }

    /// Whether policies of others isolate all pods that `selector` selects, or none of them can be isolated.
    private func isIsolated(
        _ selector: LabelSelector,
        _ direction: NetworkPolicy.Direction,
        in view: NamespaceView
    ) -> Bool {
        let foreign = view.networkPolicies.filter { !$0.isOurs && $0.directions.contains(direction) }
        if foreign.contains(where: \.podSelector.isEmpty) { return true }
        let members = view.members(selector)
        // Pods that are yet to come may be what the selector is for.
        guard !members.isEmpty else { return false }
        return members.allSatisfy { member in
            member.facts?.isOnHostNetwork == true
                || foreign.contains { $0.podSelector.matches(member.podLabels) }
        }
    }

    // Whether a rule of the profile lets it through.
    private func allowance(for exposure: Exposure, in cluster: ClusterFacts) -> Allowance {
        let rules = (allow.ingressFrom ?? []).filter { rule in
            let ports = rule.ports ?? []
            return ports.isEmpty || exposure.isWithin(ports)
        }
        if rules.contains(where: { ($0.from ?? []).isEmpty }) { return .certain }
        return exposure.allowance(by: rules.flatMap { $0.from ?? [] }, in: cluster)
    }

    // With `doubt`, it is only worth knowing of: nothing is held for it.
    private func impact(of exposure: Exposure, in view: NamespaceView, unless doubt: String? = nil) -> Impact {
        var impact = certainImpact(of: exposure)
        if exposure.otherNamespace == nil, allow.derive?.contains(exposure.derivation) == true {
            impact.message +=
                " (it is asked for, but of the \(Marks.derivedPolicyNames.count) policies that allowances can be derived into "
                + "none is left: some names may be taken by policies of somebody else's)"
        }
        guard let doubt else { return impact }
        impact.holds = false
        impact.severity = .low
        impact.message = "unless \(doubt), " + impact.message
        return impact
    }

    private func certainImpact(of exposure: Exposure) -> Impact {
        let ports = exposure.ports.compactMap(\.port).map(\.description).joined(separator: ", ")
        let at = ports.isEmpty ? "" : " at port \(ports) of its pods"
        let object = exposure.object + (exposure.otherNamespace.map { " of namespace \($0)" } ?? "")
        let remedy = "Allow it: \(exposure.remedy)\(exposure.podSelector.isEmpty ? Self.ofAllPods : "")"
        switch exposure.caller {
        case .apiServer(let kind):
            let loses =
                switch kind {
                case .admissionWebhook: "an admission webhook that the API server calls before it accepts requests"
                case .conversionWebhook: "a conversion webhook without which its objects cannot be read"
                default: "a part of the Kubernetes API"
                }
            return Impact(
                .critical,
                exposure.reason,
                exposure.target,
                "\(exposure.object) would lose \(exposure.target)\(at), \(loses): the whole cluster may stop. \(remedy)"
            )
        case .external(let type):
            return Impact(
                .high,
                exposure.reason,
                exposure.target,
                "clients outside the cluster would lose \(exposure.target) (\(type))\(at). \(remedy)"
            )
        case .proxy:
            return Impact(
                .high,
                exposure.reason,
                exposure.target,
                "\(object) would lose its backend \(exposure.target)\(at). \(remedy)"
            )
        case .monitoring:
            return Impact(
                .medium,
                exposure.reason,
                exposure.target,
                "Prometheus would no longer scrape \(exposure.target)\(at) (\(object)). \(remedy)"
            )
        }
    }

    private static let ofAllPods = "; nothing says which pods are behind it, so that would be for all of the namespace"

    // MARK: Egress

    private func clientsOfAPIServer(_ view: NamespaceView) -> [Impact] {
        let accounts = view.allBoundAccounts
        if accounts.isEmpty { return [] }
        let endpoints = view.cluster.apiServer?.endpoints ?? []
        let isAllowed = (allow.egressTo ?? []).contains { rule in
            endpoints.contains { endpoint in
                guard let address = CIDR(host: endpoint.address) else { return false }
                let isWithin =
                    (rule.ports ?? []).isEmpty
                    || endpoint.ports.contains { (rule.ports ?? []).letThrough(.init(protocol: "TCP", port: .int($0))) }
                let peers = rule.to ?? []
                return isWithin && (peers.isEmpty || peers.contains { $0.ipBlock?.contains(address) == true })
            }
        }
        if isAllowed { return [] }
        let foreign = view.networkPolicies.filter { !$0.isOurs && $0.directions.contains(.egress) }
        return view.workloads.compactMap { group in
            let clients = group.members.filter { member in
                guard let facts = member.facts, !facts.isOnHostNetwork else { return false }
                return accounts.contains(facts.serviceAccount)
                    && !foreign.contains { $0.podSelector.matches(member.podLabels) }
            }
            guard let account = clients.first?.facts?.serviceAccount else { return nil }
            return Impact(
                .high,
                .apiServerClient,
                "\(group.identity)",
                "\(group) would lose the API server: a binding names its ServiceAccount \(account). Set allow.apiServer: "
                    + "Allow, or name it in allow.egressTo"
            )
        }
    }
}

extension Exposure {
    // Nothing is derived on the word of another namespace: there, a person has to say it.
    fileprivate var remedy: String {
        (otherNamespace == nil ? "networkPolicy.allow.derive: [\(derivation.rawValue)], or " : "") + rule
    }

    private var rule: String {
        switch caller {
        case .apiServer: "a rule of ingressFrom for that port from the API server's address"
        case .external: "a rule of ingressFrom from 0.0.0.0/0, or from what the Service's loadBalancerSourceRanges say"
        case .proxy: "a rule of ingressFrom with the controller's namespace"
        case .monitoring: "a rule of ingressFrom with Prometheus' namespace"
        }
    }

    /// The word for what it is.
    var reason: Finding.Reason {
        switch caller {
        case .apiServer(.conversionWebhook): .conversionWebhookBackend
        case .apiServer(.aggregatedAPI): .aggregatedAPIBackend
        case .apiServer: .admissionWebhookBackend
        case .external(serviceType: "NodePort"): .nodePortService
        case .external(serviceType: Exposure.hostPort): .hostPort
        case .external(serviceType: Exposure.externalIPs): .externalIPService
        case .external: .loadBalancerService
        case .proxy(.httpRoute): .httpRouteBackend
        case .proxy: .ingressBackend
        case .monitoring: .monitoringTarget
        }
    }

    /// Whether all its ports are among `allowed`.
    fileprivate func isWithin(_ allowed: [NetworkPolicy.Port]) -> Bool {
        !ports.isEmpty && ports.allSatisfy(allowed.letThrough)
    }
}

extension [NetworkPolicy.Port] {
    fileprivate func letThrough(_ port: NetworkPolicy.Port) -> Bool {
        contains { allowed in
            guard (allowed.protocol ?? "TCP") == (port.protocol ?? "TCP") else { return false }
            switch (allowed.port, port.port) {
            case (nil, _): return true
            case (.int(let first), .int(let number)):
                return first...Swift.max(first, allowed.endPort ?? first) ~= number
            case (let name, let other): return name == other
            }
        }
    }
}
