import KubernetesAPI

/// `networkPolicy`: in each direction some policy selects all pods and has no rule, so that nothing passes but what
/// policies allow (CIS 5.3.2, NSA/CISA "Network separation").
///
/// Policies only ever add allowances; there is no deny rule and no order. Denying by default is therefore a policy that
/// isolates all pods and allows nothing, and it is void as soon as another selects all pods and allows everything.
///
/// Two objects: `hardening-default-deny` in the form that every scanner knows, and `hardening-default-allow` with what
/// is let through all the same. The allowances come first and go last, so that nothing is cut off in between.
public struct NetworkPolicyControl: Control {
    /// The name of its field in the profile.
    public static let name = ControlName.networkPolicy

    /// What it does, the profile's own mode being the ceiling.
    public let mode: Mode
    var directions: Set<NetworkPolicy.Direction>
    let allow: NetworkPolicySpec.Allow
    /// A digest of what the profile lets through, whatever is found of the cluster.
    let allowancesDigest: String

    init(_ spec: NetworkPolicySpec, mode: Mode, problems: inout [FieldError]) {
        self.mode = mode
        directions = Set(spec.directions ?? NetworkPolicy.Direction.allCases)
        allow = spec.allow ?? .init()
        allowancesDigest = Self.digest(of: allow)
        let path = "spec.controls.networkPolicy"
        if directions.isEmpty {
            problems.append(FieldError("\(path).directions", value: "[]", expected: "Ingress, Egress or both"))
        }
        for (index, rule) in (allow.ingressFrom ?? []).enumerated() {
            problems += rule.from.problems(at: "\(path).allow.ingressFrom[\(index)].from")
            problems += rule.ports.problems(at: "\(path).allow.ingressFrom[\(index)].ports")
        }
        for (index, rule) in (allow.egressTo ?? []).enumerated() {
            problems += rule.to.problems(at: "\(path).allow.egressTo[\(index)].to")
            problems += rule.ports.problems(at: "\(path).allow.egressTo[\(index)].ports")
        }
    }

    // MARK: Assessment

    /// What a person should know of it in this namespace.
    public func assess(_ view: NamespaceView) -> [Finding] {
        var findings: [Finding] = []
        for direction in directions.sorted() {
            if !view.networkPolicies.contains(where: { $0.denied.contains(direction) }) {
                findings.append(missing(direction, in: view))
            }
            for policy in view.networkPolicies where policy.opened.contains(direction) {
                findings.append(
                    finding(
                        view,
                        .high,
                        .allowAllPolicy,
                        "NetworkPolicy \(policy.name) allows all \(direction.rawValue) of all pods, which voids "
                            + "default-deny: narrow it or delete it"
                    )
                )
            }
        }
        if let deny = view.networkPolicies.first(where: { $0.name == Marks.denyPolicyName && $0.isOurs }),
            !view.networkPolicies.contains(where: { $0.name == Marks.allowPolicyName }),
            let spec = allowSpec(directions.intersection(deny.directions), in: view)
        {
            findings.append(
                finding(
                    view,
                    .high,
                    .allowancesMissing,
                    "NetworkPolicy \(Marks.denyPolicyName) is there, but not \(Marks.allowPolicyName) with what the profile "
                        + "allows of \((spec.policyTypes ?? []).map(\.rawValue).joined(separator: " and ")): that is cut off"
                )
            )
        }
        if let deny = view.networkPolicies.first(where: { $0.name == Marks.denyPolicyName && $0.isOurs }),
            view.networkPolicies.contains(where: { $0.name == Marks.allowPolicyName && $0.isOurs }),
            !isEgressUndeniable(in: view.cluster),
            !areAllowancesAsWanted(for: directions.intersection(deny.directions), in: view)
        {
            findings.append(
                finding(
                    view,
                    .medium,
                    .allowancesDiffer,
                    "NetworkPolicy \(Marks.allowPolicyName), or one of \(Marks.derivedPolicyNames[0]) and so on, lets through "
                        + "something else than the profile allows"
                )
            )
        }
        let isDenied = directions.allSatisfy { direction in
            view.networkPolicies.contains { $0.denied.contains(direction) }
        }
        for policy in view.networkPolicies where isForeign(policy) {
            // One that does what ours would do is only worth knowing of.
            let isHarmless = isDenied && policy.name == Marks.denyPolicyName
            findings.append(
                finding(
                    view,
                    isHarmless ? .info : .high,
                    .nameConflict,
                    "NetworkPolicy \(policy.name) exists and was not written by the operator, which leaves it alone: "
                        + "rename or delete it"
                )
            )
        }
        return findings
    }

    private func missing(_ direction: NetworkPolicy.Direction, in view: NamespaceView) -> Finding {
        let isUndiscoveredDNS = direction == .egress && isDNSUndiscovered(in: view.cluster)
        if direction == .egress, !isUndiscoveredDNS, isAPIServerUndiscovered(in: view.cluster) {
            return finding(
                view,
                .high,
                .apiServerNotDiscovered,
                "egress is not denied: no address was found behind the service default/kubernetes to allow. Name it in "
                    + "allow.egressTo and set allow.apiServer: Deny"
            )
        }
        // Why that is so, and what to do, is foretold: see `impact`.
        let reason = isUndiscoveredDNS ? "; none is written while no DNS service is found to allow" : ""
        return finding(
            view,
            .high,
            .defaultDenyMissing,
            "no NetworkPolicy denies \(direction.rawValue) by default: one that selects all pods, has the policy type "
                + "\(direction.rawValue) and no rule for it\(reason)"
        )
    }

    // Egress is not denied while what the profile wants to let through cannot be named: that would cut it off.
    func isEgressUndeniable(in cluster: ClusterFacts) -> Bool {
        isDNSUndiscovered(in: cluster) || isAPIServerUndiscovered(in: cluster)
    }

    func isDNSUndiscovered(in cluster: ClusterFacts) -> Bool { allow.dns != .deny && cluster.dns == nil }

    private func isAPIServerUndiscovered(in cluster: ClusterFacts) -> Bool {
        allow.apiServer == .allow && cluster.apiServer == nil
    }

    // MARK: Plan

    /// The writes that make it so on behalf of `profile`.
    public func plan(
        _ view: NamespaceView,
        for profile: String,
        replacing replaceable: Set<String>
    ) -> [Operation] {
        guard !view.networkPolicies.contains(where: isForeign) else { return takeOver(view, profile) }
        let deny = view.networkPolicies.first { $0.name == Marks.denyPolicyName }
        let allow = view.networkPolicies.first { $0.name == Marks.allowPolicyName }
        var wanted = directions
        if wanted.contains(.egress), isEgressUndeniable(in: view.cluster) {
            if let deny, let allow, let operations = keep(deny, allow, view, profile) { return operations }
            // What is not denied is not begun with, and what lacks its allowances is ended.
            wanted.remove(.egress)
        }

        var operations: [Operation] = []
        func apply(_ name: String, _ spec: NetworkPolicy.Spec) {
            operations.append(self.apply(name, spec, view, profile))
        }

        let denySpec = Self.denySpec(wanted)
        let allowSpec = allowSpec(wanted, in: view)
        var isDenyDone = isAsWanted(deny, denySpec, profile)
        if let deny {
            // A direction that is to be denied no longer is opened before its allowances go.
            let kept = deny.directions.intersection(wanted)
            if kept.isEmpty {
                operations.append(.delete(deny, in: view))
                isDenyDone = false
            } else if kept != deny.directions {
                apply(Marks.denyPolicyName, Self.denySpec(kept))
                isDenyDone = kept == wanted
            }
        }
        if let allowSpec, !isAsWanted(allow, allowSpec, profile) { apply(Marks.allowPolicyName, allowSpec) }
        let derived = derivedPolicies(view)
        operations += begin(derived, view, profile)
        if !wanted.isEmpty, !isDenyDone { apply(Marks.denyPolicyName, denySpec) }
        if allowSpec == nil, let allow { operations.append(.delete(allow, in: view)) }
        return operations + end(derived, view)
    }

    private func begin(_ derived: [DerivedPolicy], _ view: NamespaceView, _ profile: String) -> [Operation] {
        derived.compactMap { policy in
            let present = view.networkPolicies.first { $0.name == policy.name }
            if isAsWanted(present, policy.spec, profile), present?.derivedFrom == policy.annotation { return nil }
            return apply(policy.name, policy.spec, view, profile, derivedFrom: policy.annotation)
        }
    }

    private func end(_ derived: [DerivedPolicy], _ view: NamespaceView) -> [Operation] {
        view.networkPolicies.filter { policy in
            policy.isDerived && policy.isOurs && !derived.contains { $0.name == policy.name }
        }.map { .delete($0, in: view) }
    }

    // Where allowances cannot be named, what is denied stays so, with those that were found once. `nil` when there are
    // none, or not this profile's.
    private func keep(
        _ deny: ObservedNetworkPolicy,
        _ allow: ObservedNetworkPolicy,
        _ view: NamespaceView,
        _ profile: String
    ) -> [Operation]? {
        guard deny.directions.contains(.egress), (deny.profile ?? profile) == profile, allow.profile == profile else {
            return nil
        }
        let spec = Self.denySpec(deny.directions.intersection(directions))
        // Who calls is another matter, and is followed.
        let derived = derivedPolicies(view)
        let isKept = !deny.denied.contains(.egress) || isAsWanted(deny, spec, profile)
        return begin(derived, view, profile) + (isKept ? [] : [apply(Marks.denyPolicyName, spec, view, profile)])
            + end(derived, view)
    }

    // Beside an object of somebody else's that has one of the names, what another profile denied stays denied; only that
    // it is this profile's from now on, so that the other is not held up by it.
    private func takeOver(_ view: NamespaceView, _ profile: String) -> [Operation] {
        view.networkPolicies.compactMap { policy in
            guard policy.isOurs, policy.profile != profile else { return nil }
            switch policy.name {
            case Marks.denyPolicyName:
                return apply(policy.name, Self.denySpec(policy.directions), view, profile)
            case Marks.allowPolicyName:
                return allowSpec(directions, in: view).map { apply(policy.name, $0, view, profile) }
            default:
                return nil
            }
        }
    }

    /// The writes that give back what was written on behalf of `profiles`.
    public static func release(_ view: NamespaceView, of profiles: Set<String>) -> [Operation] {
        let released = view.networkPolicies.filter { policy in
            policy.isOurs && profiles.contains(policy.profile ?? view.namespace.profile ?? "")
        }
        // What is denied is opened before the allowances go.
        let deny = released.filter { $0.name == Marks.denyPolicyName }
        let allow = released.filter { $0.name == Marks.allowPolicyName || $0.isDerived }
        return (deny + allow).map { .delete($0, in: view) }
    }

    private func apply(
        _ name: String,
        _ spec: NetworkPolicy.Spec,
        _ view: NamespaceView,
        _ profile: String,
        derivedFrom: String? = nil
    ) -> Operation {
        .applyOwn(
            NetworkPolicy.resource,
            .networkPolicy(name),
            name: name,
            in: view.namespace.name,
            for: profile,
            annotations: derivedFrom.map { [Marks.derivedFromAnnotation: $0] },
            spec: spec.document
        )
    }

    private func isAsWanted(_ observed: ObservedNetworkPolicy?, _ spec: NetworkPolicy.Spec, _ profile: String) -> Bool {
        guard let observed else { return false }
        return observed.says(spec) && observed.hasManagedByLabel && observed.profile == profile
    }

    /// Whether our policies let through what is to be let through, and nothing else, beside what denies `directions`.
    func areAllowancesAsWanted(for directions: Set<NetworkPolicy.Direction>, in view: NamespaceView) -> Bool {
        let allow = view.networkPolicies.first { $0.name == Marks.allowPolicyName && $0.isOurs }
        let isAllowAsWanted = allowSpec(directions, in: view).map { allow?.says($0) == true } ?? (allow == nil)
        let derived = derivedPolicies(view)
        let present = view.networkPolicies.filter { $0.isDerived && $0.isOurs }
        return isAllowAsWanted && present.count == derived.count
            && derived.allSatisfy { policy in present.contains { $0.name == policy.name && $0.says(policy.spec) } }
    }

    private static func digest(of allow: NetworkPolicySpec.Allow) -> String {
        let rules = NetworkPolicy.Spec(ingress: allow.ingressFrom, egress: allow.egressTo).document
        let switches = [allow.dns, allow.sameNamespace, allow.apiServer].map { $0?.rawValue ?? "" }
        let derive = (allow.derive ?? []).map(\.rawValue).sorted()
        return String(StableHash.hex("\(switches) \(derive) \(rules.canonicalText)").prefix(8))
    }

    private func isForeign(_ policy: ObservedNetworkPolicy) -> Bool {
        !policy.isOurs && (policy.name == Marks.denyPolicyName || policy.name == Marks.allowPolicyName)
    }

    // MARK: Specs

    private static func denySpec(_ directions: Set<NetworkPolicy.Direction>) -> NetworkPolicy.Spec {
        // The types stand there explicitly: left out, the server would take Ingress for meant, and nothing else.
        NetworkPolicy.Spec(policyTypes: directions.sorted())
    }

    private func allowSpec(_ directions: Set<NetworkPolicy.Direction>, in view: NamespaceView) -> NetworkPolicy.Spec? {
        let cluster = view.cluster
        var ingress: [NetworkPolicy.IngressRule] = []
        var egress: [NetworkPolicy.EgressRule] = []
        if directions.contains(.ingress) {
            if allow.sameNamespace == .allow { ingress.append(.init(from: [.init(podSelector: .init())])) }
            ingress += (allow.ingressFrom ?? []).map(\.canonical)
            // To deny the cluster's own DNS its clients would stop every namespace.
            if let dns = cluster.dns, dns.namespace == view.namespace.name {
                ingress.append(.init(ports: dns.policyPorts))
            }
        }
        if directions.contains(.egress) {
            if allow.dns != .deny, let dns = cluster.dns { egress.append(dns.rule) }
            if allow.sameNamespace == .allow { egress.append(.init(to: [.init(podSelector: .init())])) }
            if allow.apiServer == .allow, let apiServer = cluster.apiServer { egress += apiServer.rules }
            egress += (allow.egressTo ?? []).map(\.canonical)
        }
        var types: [NetworkPolicy.Direction] = []
        if !ingress.isEmpty { types.append(.ingress) }
        if !egress.isEmpty { types.append(.egress) }
        guard !types.isEmpty else { return nil }
        return NetworkPolicy.Spec(policyTypes: types, ingress: ingress, egress: egress)
    }
}

extension NetworkPolicy.IngressRule {
    /// With ranges of addresses in the form that every server takes.
    fileprivate var canonical: Self { .init(from: from?.map(\.canonical), ports: ports) }
}

extension NetworkPolicy.EgressRule {
    /// With ranges of addresses in the form that every server takes.
    fileprivate var canonical: Self { .init(to: to?.map(\.canonical), ports: ports) }
}

extension NetworkPolicy.Peer {
    fileprivate var canonical: Self {
        var canonical = self
        canonical.ipBlock = ipBlock.map { block in
            .init(cidr: Self.canonical(block.cidr), except: block.except?.map(Self.canonical))
        }
        return canonical
    }

    private static func canonical(_ range: String) -> String { CIDR(range)?.canonicalText ?? range }
}

extension DNSFacts {
    /// The egress rule that reaches it.
    var rule: NetworkPolicy.EgressRule {
        let pods = NetworkPolicy.Peer(
            podSelector: LabelSelector(matchLabels: podLabels),
            namespaceSelector: LabelSelector(matchLabels: ["kubernetes.io/metadata.name": namespace])
        )
        let blocks = addresses.compactMap { CIDR(host: $0) }
            .map { NetworkPolicy.Peer(ipBlock: .init(cidr: $0.description)) }
        return .init(
            to: [pods] + blocks,
            ports: policyPorts
        )
    }

    /// Its ports, as policies name them.
    var policyPorts: [NetworkPolicy.Port] {
        ports.map { .init(protocol: $0.protocol, port: .int($0.number)) }
    }
}

extension APIServerFacts {
    /// The egress rules that reach it, one for each set of ports.
    var rules: [NetworkPolicy.EgressRule] {
        Dictionary(grouping: endpoints, by: \.ports).sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ports, endpoints in
                .init(
                    to: endpoints.compactMap { CIDR(host: $0.address) }
                        .map { .init(ipBlock: .init(cidr: $0.description)) },
                    ports: ports.map { .init(protocol: "TCP", port: .int($0)) }
                )
            }
    }
}

extension Operation {
    fileprivate static func delete(_ policy: ObservedNetworkPolicy, in view: NamespaceView) -> Operation {
        Operation(
            namespace: view.namespace.name,
            target: .networkPolicy(policy.name),
            verb: .delete(uid: "\(policy.uid)")
        )
    }
}
