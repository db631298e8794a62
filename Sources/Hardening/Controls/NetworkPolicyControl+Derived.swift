import KubernetesAPI

// Allowances that nobody has to write: derived from the objects that show who calls.

/// What allowances may be derived from.
public enum DerivedAllowance: String, Sendable, Hashable, Codable, CaseIterable {
    /// Admission and conversion webhooks, and aggregated APIs.
    case webhooks = "Webhooks"
    /// Ingresses and HTTPRoutes.
    case ingress = "Ingress"
    /// Services of type LoadBalancer and NodePort.
    case loadBalancers = "LoadBalancers"
    /// ServiceMonitors, PodMonitors and scrape annotations.
    case monitoring = "Monitoring"
}

extension Exposure {
    /// Whether the cluster may go down with it.
    var isHardStop: Bool { if case .apiServer = caller { true } else { false } }

    /// What an allowance for it is derived from.
    var derivation: DerivedAllowance {
        switch caller {
        case .apiServer: .webhooks
        case .proxy: .ingress
        case .external: .loadBalancers
        case .monitoring: .monitoring
        }
    }

    /// Why an allowance for it is there. Some objects say of themselves that they are called.
    fileprivate var text: String {
        "\(derivation.rawValue): \(object)" + (object == target ? "" : " calls \(target)")
    }
}

/// A NetworkPolicy that lets through what objects show to be called: only to the pods and ports that they name. From
/// anywhere, since nothing says where the API server, load balancers or Prometheus come from.
struct DerivedPolicy {
    /// Its name, the same for the same pods.
    var name: String
    /// The pods that are called.
    var podSelector: LabelSelector
    /// Their ports.
    var ports: DerivedPorts
    /// Why it is there: of each object, what it calls.
    var reasons: Set<String>

    /// What it says.
    var spec: NetworkPolicy.Spec {
        NetworkPolicy.Spec(podSelector: podSelector, policyTypes: [.ingress], ingress: ports.rules)
    }

    /// Why it is there, one line for each object.
    var annotation: String { reasons.sorted().joined(separator: "\n") }
}

extension NetworkPolicyControl {
    /// The exposures for which an allowance is derived, by the pods that are called: as many as there are names.
    ///
    /// Only from what cluster administrators write, and what is written in the namespace itself: who may write in another
    /// must not be able to open this one.
    func derived(_ view: NamespaceView) -> [LabelSelector: [Exposure]] {
        guard directions.contains(.ingress), let derive = allow.derive, !derive.isEmpty else { return [:] }
        let derivable = view.exposures.filter { derive.contains($0.derivation) && $0.otherNamespace == nil }
        if derivable.isEmpty { return [:] }
        let all = Dictionary(grouping: derivable) { $0.podSelector }
        // Should they not all fit: who is let through stays so, and of the others the gravest come first.
        let present = Set(view.networkPolicies.filter { $0.isDerived && $0.isOurs }.map(\.podSelector.normalized))
        func rank(_ selector: LabelSelector) -> (Int, String) {
            let isHardStop = all[selector]?.contains(where: \.isHardStop) == true
            return (present.contains(selector.normalized) ? 0 : isHardStop ? 1 : 2, selector.text)
        }
        let order = all.keys.map { ($0, rank($0)) }.sorted { $0.1 < $1.1 }.map(\.0)
        return all.filter { order.prefix(names(beside: view).count).contains($0.key) }
    }

    // Somebody else's policy of such a name is left alone.
    private func names(beside view: NamespaceView) -> [String] {
        let foreign = Set(view.networkPolicies.filter { !$0.isOurs }.map(\.name))
        return Marks.derivedPolicyNames.filter { !foreign.contains($0) }
    }

    /// The policies that are to be there, one for each set of pods. A policy that is there keeps its name.
    ///
    /// While it cannot be observed who calls, nobody who was let through is shut out: what is there stays, and only more is
    /// added.
    func derivedPolicies(_ view: NamespaceView) -> [DerivedPolicy] {
        let derived = derived(view)
        let present = view.networkPolicies.filter { $0.isDerived && $0.isOurs }
        if derived.isEmpty, present.isEmpty { return [] }
        let isBlind = !Self.evidence.isDisjoint(with: view.unobserved.keys)
        var names: [LabelSelector: String] = [:]
        for policy in present {
            let selector = policy.podSelector
            if let known = derived.keys.first(where: { $0.normalized == selector.normalized }), names[known] == nil {
                names[known] = policy.name
            }
        }
        let kept = isBlind ? present.filter { !names.values.contains($0.name) } : []
        let taken = Set(names.values).union(kept.map(\.name))
        var free = self.names(beside: view).filter { !taken.contains($0) }[...]
        for selector in derived.keys.sorted(by: { $0.text < $1.text }) where names[selector] == nil {
            names[selector] = free.popFirst()
        }
        let wanted: [DerivedPolicy] = derived.compactMap { selector, exposures in
            guard let name = names[selector] else { return nil }
            var policy = DerivedPolicy(
                name: name,
                podSelector: selector,
                ports: DerivedPorts(exposures),
                reasons: Set(exposures.map(\.text))
            )
            if isBlind, let present = present.first(where: { $0.name == name }) { policy.add(present) }
            return policy
        }
        return (wanted + kept.map(DerivedPolicy.init)).sorted { $0.name < $1.name }
    }
}

/// Which ports a derived policy opens.
struct DerivedPorts: Sendable, Hashable {
    // In order, each once; `nil` for all.
    private var ports: [NetworkPolicy.Port]?

    /// The rules that open them, from anywhere. A rule without ports would open all, so where there are none, there is none.
    var rules: [NetworkPolicy.IngressRule] { ports?.isEmpty == true ? [] : [.init(ports: ports)] }

    /// Those that are called.
    init(_ exposures: [Exposure]) {
        let isAny = exposures.contains { $0.ports.isEmpty }
        ports = isAny ? nil : Self.ordered(exposures.flatMap(\.ports))
    }

    /// Those that the spec of a derived policy opens.
    init(_ spec: NetworkPolicy.Spec) {
        let rules = spec.ingress ?? []
        let isAny = rules.contains { ($0.ports ?? []).isEmpty }
        ports = isAny ? nil : Self.ordered(rules.flatMap { $0.ports ?? [] })
    }

    /// Opens what `other` opens, too.
    mutating func formUnion(_ other: DerivedPorts) {
        guard let mine = ports, let others = other.ports else {
            ports = nil
            return
        }
        ports = Self.ordered(mine + others)
    }

    private static func ordered(_ ports: [NetworkPolicy.Port]) -> [NetworkPolicy.Port] {
        Set(ports).sorted { $0.text < $1.text }
    }
}

extension DerivedPolicy {
    /// What is there already.
    init(_ present: ObservedNetworkPolicy) {
        let reasons = Set((present.derivedFrom ?? "").split(separator: "\n").map(String.init))
        self.init(
            name: present.name,
            podSelector: present.podSelector,
            ports: present.derivedPorts ?? DerivedPorts([]),
            reasons: reasons
        )
    }

    /// Lets through what `present` does, too.
    mutating func add(_ present: ObservedNetworkPolicy) {
        let present = DerivedPolicy(present)
        ports.formUnion(present.ports)
        reasons.formUnion(present.reasons)
    }
}

extension NetworkPolicy.Port {
    fileprivate var text: String { "\(self.protocol ?? "TCP") \(port?.description ?? "")" }
}

extension LabelSelector {
    // To put selectors in order.
    fileprivate var text: String {
        var text = (matchLabels ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        text += (matchExpressions ?? []).map { "\($0.key) \($0.operator.rawValue) \(($0.values ?? []).sorted())" }
            .sorted()
        return text.joined(separator: ",")
    }
}

/// A hash that is the same in every process: for names and for comparing with what was written earlier.
enum StableHash {
    /// 16 hexadecimal digits (FNV-1a, 64 bits).
    static func hex(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
