import KubernetesAPI

// A policy's spec as the document that is applied.

extension NetworkPolicy.Spec {
    /// The document to apply. The rules of both directions always stand there, if only as empty lists: a list that is
    /// left out would not be ours, and rules that somebody added would survive the apply.
    var document: JSONValue {
        [
            "podSelector": podSelector.document,
            "policyTypes": .array((policyTypes ?? []).map { .string($0.rawValue) }),
            "ingress": .array((ingress ?? []).map { rule in .rule("from", rule.from, rule.ports) }),
            "egress": .array((egress ?? []).map { rule in .rule("to", rule.to, rule.ports) }),
        ]
    }
}

extension JSONValue {
    fileprivate static func rule(
        _ peersField: String,
        _ peers: [NetworkPolicy.Peer]?,
        _ ports: [NetworkPolicy.Port]?
    ) -> JSONValue {
        var rule: JSONValue = [:]
        rule[peersField] = peers.map { .array($0.map(\.document)) }
        rule["ports"] = ports.map { .array($0.map(\.document)) }
        return rule
    }
}

extension NetworkPolicy.Peer {
    fileprivate var document: JSONValue {
        var document: JSONValue = [:]
        document["podSelector"] = podSelector?.document
        document["namespaceSelector"] = namespaceSelector?.document
        if let ipBlock {
            var block: JSONValue = ["cidr": .string(ipBlock.cidr)]
            block["except"] = ipBlock.except.map { .array($0.map { .string($0) }) }
            document["ipBlock"] = block
        }
        return document
    }
}

extension NetworkPolicy.Port {
    fileprivate var document: JSONValue {
        var document: JSONValue = ["protocol": .string(self.protocol ?? "TCP")]
        switch port {
        case .int(let number): document["port"] = .integer(number)
        case .string(let name): document["port"] = .string(name)
        case nil: break
        }
        document["endPort"] = endPort.map { .integer($0) }
        return document
    }
}

extension LabelSelector {
    /// The selector as a document.
    var document: JSONValue {
        var document: JSONValue = [:]
        document["matchLabels"] = matchLabels.map { JSONValue($0) }
        document["matchExpressions"] = matchExpressions.map { requirements in
            .array(
                requirements.map { requirement in
                    var document: JSONValue = [
                        "key": .string(requirement.key),
                        "operator": .string(requirement.operator.rawValue),
                    ]
                    document["values"] = requirement.values.map { .array($0.map { .string($0) }) }
                    return document
                }
            )
        }
        return document
    }
}
