import KubernetesAPI

/// Whether rules of a profile let somebody through.
enum Allowance {
    /// They do.
    case certain
    /// They do if this is so, in words, which cannot be told.
    case doubtful(String)
    /// They do not.
    case none
}

extension Exposure {
    /// Whether its callers are let through by rules from `peers`.
    ///
    /// That a rule is for *some* address or namespace says nothing: the allowance for an office network or for Prometheus
    /// is no allowance for the API server.
    func allowance(by peers: [NetworkPolicy.Peer], in cluster: ClusterFacts) -> Allowance {
        let blocks = peers.compactMap(\.ipBlock)
        if blocks.contains(where: \.isEverywhere) { return .certain }
        switch caller {
        case .apiServer:
            // It calls from where it is called, unless something in between says otherwise.
            let addresses = (cluster.apiServer?.endpoints ?? []).compactMap { CIDR(host: $0.address) }
            return addresses.contains { address in blocks.contains { $0.contains(address) } } ? .certain : .none
        case .external:
            let isCovered =
                !sourceRanges.isEmpty
                && sourceRanges.allSatisfy { range in blocks.contains { $0.contains(range) } }
            return isCovered ? .certain : .none
        case .proxy:
            return fromPods(peers, Self.proxyWords, "the ingress controller or gateway")
        case .monitoring:
            return fromPods(peers, Self.monitoringWords, "Prometheus")
        }
    }

    // Proxies and Prometheus are pods, of which only the profile's author knows where: the labels that are asked for tell,
    // most often the namespace's name.
    private func fromPods(_ peers: [NetworkPolicy.Peer], _ words: [String], _ who: String) -> Allowance {
        let selectors = peers.compactMap(\.namespaceSelector)
        if selectors.contains(where: \.isEmpty) { return .certain }
        let names = selectors.flatMap(\.values)
        func isOne(_ name: String, of words: [String]) -> Bool { words.contains { name.contains($0) } }
        if names.contains(where: { isOne($0, of: words) }) { return .certain }
        let others = Self.proxyWords + Self.monitoringWords
        let isElsewhere = selectors.allSatisfy { selector in
            !selector.values.isEmpty && selector.values.allSatisfy { isOne($0, of: others) }
        }
        if isElsewhere { return .none }
        return .doubtful("\(who) runs in a namespace that networkPolicy.allow.ingressFrom selects")
    }

    private static let proxyWords = [
        "ingress", "gateway", "istio", "traefik", "nginx", "contour", "kong", "haproxy", "envoy", "router", "edge",
    ]
    private static let monitoringWords = [
        "monitoring", "prometheus", "metrics", "observability", "telemetry", "victoria", "grafana", "datadog",
    ]
}

extension NetworkPolicy.IPBlock {
    /// Whether all addresses of `other` are in it.
    func contains(_ other: CIDR) -> Bool {
        guard let block = CIDR(cidr), block.contains(other) else { return false }
        return !(except ?? []).compactMap { CIDR($0) }.contains { $0.contains(other) || other.contains($0) }
    }

    /// Whether it is all addresses of a family.
    fileprivate var isEverywhere: Bool { cidr.hasSuffix("/0") && (except ?? []).isEmpty }
}

extension LabelSelector {
    /// The values that it asks for, whatever the label.
    fileprivate var values: [String] {
        (matchLabels ?? [:]).values + (matchExpressions ?? []).filter { $0.operator == .in }.flatMap { $0.values ?? [] }
    }
}

extension JSONValue {
    /// The same text for equal values.
    var canonicalText: String {
        switch self {
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.canonicalText)" }.joined(
                    separator: ","
                )
                + "}"
        case .array(let elements): "[" + elements.map(\.canonicalText).joined(separator: ",") + "]"
        default: "\(self)"
        }
    }
}
