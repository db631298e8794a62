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

    /// The directions that are denied.
    public func extent(_ view: NamespaceView) -> String {
        // What is denied stays so while its allowances cannot be named.
        let denied = view.namespace.inForce[.networkPolicy].map(Self.directions) ?? []
        return Self.extent(deniable(in: view).union(denied.intersection(directions)))
    }

    /// If these directions are among those.
    public func isCovered(by extent: String, in view: NamespaceView) -> Bool {
        deniable(in: view).isSubset(of: Self.directions(extent))
    }

    /// The directions that our policy denies.
    public func observedExtent(_ view: NamespaceView) -> String? {
        view.networkPolicies.first { $0.name == Marks.denyPolicyName && $0.isOurs }.map { Self.extent($0.denied) }
    }

    /// The same for these directions.
    public func limited(to extent: String, in view: NamespaceView) -> (any Control)? {
        var limited = self
        limited.directions.formIntersection(Self.directions(extent))
        return limited.directions.isEmpty ? nil : limited
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

    private static func extent(_ directions: Set<NetworkPolicy.Direction>) -> String {
        directions.sorted().map(\.rawValue).joined(separator: "+")
    }

    private static func directions(_ extent: String) -> Set<NetworkPolicy.Direction> {
        Set(extent.split(separator: "+").compactMap { NetworkPolicy.Direction(rawValue: String($0)) })
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
                .map { impact(of: $0, in: view) }
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
        !isAllowed(exposure) && !isIsolated(exposure.podSelector, .ingress, in: view)
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

    // Whether a rule of the profile lets it through. The API server and clients outside come from addresses; ingress
    // controllers and Prometheus are pods, of which only the profile's author knows where.
    private func isAllowed(_ exposure: Exposure) -> Bool {
        (allow.ingressFrom ?? []).contains { rule in
            let peers = rule.from ?? []
            let comes =
                peers.isEmpty
                || peers.contains { peer in
                    switch exposure.caller {
                    case .apiServer, .external: peer.ipBlock != nil
                    case .proxy, .monitoring: peer.ipBlock != nil || peer.namespaceSelector != nil
                    }
                }
            let ports = rule.ports ?? []
            return comes && (ports.isEmpty || exposure.isWithin(ports))
        }
    }

    private func impact(of exposure: Exposure, in view: NamespaceView) -> Impact {
        let ports = exposure.ports.compactMap(\.port).map(\.description).joined(separator: ", ")
        let at = ports.isEmpty ? "" : " at port \(ports) of its pods"
        let remedy = "Allow it: \(exposure.remedy)"
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
                "clients outside the cluster would lose \(exposure.target) of type \(type)\(at). \(remedy)"
            )
        case .proxy:
            return Impact(
                .high,
                exposure.reason,
                exposure.target,
                "\(exposure.object) would lose its backend \(exposure.target)\(at). \(remedy)"
            )
        case .monitoring:
            return Impact(
                .medium,
                exposure.reason,
                exposure.target,
                "Prometheus would no longer scrape \(exposure.target)\(at) (\(exposure.object)). \(remedy)"
            )
        }
    }

    // MARK: Egress

    private func clientsOfAPIServer(_ view: NamespaceView) -> [Impact] {
        let endpoints = view.cluster.apiServer?.endpoints.compactMap { CIDR(host: $0.address) } ?? []
        let isAllowed = (allow.egressTo ?? []).contains { rule in
            let peers = rule.to ?? []
            if peers.isEmpty { return rule.ports == nil }
            return peers.contains { peer in
                guard let block = peer.ipBlock.flatMap({ CIDR($0.cidr) }) else { return false }
                return endpoints.contains { block == $0 || block.strictlyContains($0) }
            }
        }
        if isAllowed { return [] }
        let foreign = view.networkPolicies.filter { !$0.isOurs && $0.directions.contains(.egress) }
        return view.workloads.compactMap { group in
            let clients = group.members.filter { member in
                guard let facts = member.facts, !facts.isOnHostNetwork else { return false }
                return view.boundAccounts.contains(facts.serviceAccount)
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
    fileprivate var remedy: String {
        switch caller {
        case .apiServer: "networkPolicy.allow.derive: [Webhooks], or a rule of ingressFrom with that port"
        case .external: "networkPolicy.allow.derive: [LoadBalancers], or a rule of ingressFrom with an ipBlock"
        case .proxy:
            "networkPolicy.allow.derive: [Ingress], or a rule of ingressFrom with the controller's namespace"
        case .monitoring:
            "networkPolicy.allow.derive: [Monitoring], or a rule of ingressFrom with Prometheus' namespace"
        }
    }

    /// The word for what it is.
    var reason: Finding.Reason {
        switch caller {
        case .apiServer(.conversionWebhook): .conversionWebhookBackend
        case .apiServer(.aggregatedAPI): .aggregatedAPIBackend
        case .apiServer: .admissionWebhookBackend
        case .external(serviceType: "NodePort"): .nodePortService
        case .external: .loadBalancerService
        case .proxy(.httpRoute): .httpRouteBackend
        case .proxy: .ingressBackend
        case .monitoring: .monitoringTarget
        }
    }

    /// Whether all its ports are among `allowed`.
    fileprivate func isWithin(_ allowed: [NetworkPolicy.Port]) -> Bool {
        guard !ports.isEmpty else { return false }
        return ports.allSatisfy { port in
            allowed.contains { allowed in
                guard (allowed.protocol ?? "TCP") == (port.protocol ?? "TCP") else { return false }
                switch (allowed.port, port.port) {
                case (nil, _): return true
                case (.int(let first), .int(let number)): return first...max(first, allowed.endPort ?? first) ~= number
                case (let name, let other): return name == other
                }
            }
        }
    }
}
