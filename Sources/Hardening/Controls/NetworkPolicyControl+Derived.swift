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
    /// What it says.
    var spec: NetworkPolicy.Spec
    /// Why it is there, one line for each object.
    var reasons: String
}

extension NetworkPolicyControl {
    /// The exposures for which an allowance is derived, by the pods that are called: as many as there are names.
    func derived(_ view: NamespaceView) -> [LabelSelector: [Exposure]] {
        guard directions.contains(.ingress), let derive = allow.derive, !derive.isEmpty else { return [:] }
        let all = Dictionary(grouping: view.exposures.filter { derive.contains($0.derivation) }, by: \.podSelector)
        // The gravest first, should they not all fit.
        let order = all.keys.sorted { left, right in
            let (hard, other) = (all[left]?.contains(where: \.isHardStop), all[right]?.contains(where: \.isHardStop))
            return hard == other ? left.text < right.text : hard == true
        }
        return all.filter { order.prefix(Marks.derivedPolicyNames.count).contains($0.key) }
    }

    /// The policies that are to be there, one for each set of pods. A policy that is there keeps its name.
    func derivedPolicies(_ view: NamespaceView) -> [DerivedPolicy] {
        let derived = derived(view)
        var names: [LabelSelector: String] = [:]
        for policy in view.networkPolicies where policy.isDerived && policy.isOurs {
            let selector = policy.podSelector
            if let known = derived.keys.first(where: { $0.normalized == selector.normalized }), names[known] == nil {
                names[known] = policy.name
            }
        }
        // Somebody else's policy of that name is left alone.
        let foreign = Set(view.networkPolicies.filter { !$0.isOurs }.map(\.name))
        var free = Marks.derivedPolicyNames.filter { !foreign.contains($0) && !names.values.contains($0) }[...]
        for selector in derived.keys.sorted(by: { $0.text < $1.text }) where names[selector] == nil {
            names[selector] = free.popFirst()
        }
        return derived.compactMap { selector, exposures in
            guard let name = names[selector] else { return nil }
            var ports: [NetworkPolicy.Port] = []
            for port in exposures.flatMap(\.ports) where !ports.contains(port) { ports.append(port) }
            let isAnyPort = exposures.contains { $0.ports.isEmpty }
            let reasons = Set(exposures.map(\.text))
            return DerivedPolicy(
                name: name,
                spec: NetworkPolicy.Spec(
                    podSelector: selector,
                    policyTypes: [.ingress],
                    ingress: [.init(ports: isAnyPort ? nil : ports.sorted { $0.text < $1.text })]
                ),
                reasons: reasons.sorted().joined(separator: "\n")
            )
        }.sorted { $0.name < $1.name }
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
