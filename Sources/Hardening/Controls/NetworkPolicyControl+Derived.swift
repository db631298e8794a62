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
    ///
    /// Only from what cluster administrators write, and what is written in the namespace itself: who may write in another
    /// must not be able to open this one.
    func derived(_ view: NamespaceView) -> [LabelSelector: [Exposure]] {
        guard directions.contains(.ingress), let derive = allow.derive, !derive.isEmpty else { return [:] }
        let derivable = view.exposures.filter { derive.contains($0.derivation) && $0.otherNamespace == nil }
        let all = Dictionary(grouping: derivable, by: \.podSelector)
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
    func derivedPolicies(_ view: NamespaceView) -> [DerivedPolicy] {
        let derived = derived(view)
        var names: [LabelSelector: String] = [:]
        for policy in view.networkPolicies where policy.isDerived && policy.isOurs {
            let selector = policy.podSelector
            if let known = derived.keys.first(where: { $0.normalized == selector.normalized }), names[known] == nil {
                names[known] = policy.name
            }
        }
        var free = self.names(beside: view).filter { !names.values.contains($0) }[...]
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
