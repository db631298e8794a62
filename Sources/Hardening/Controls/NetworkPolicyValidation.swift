import KubernetesAPI

// What the API server would refuse in a policy, found before anything is written.
//
// Source: `pkg/apis/networking/validation/validation.go`.

extension [NetworkPolicy.Peer]? {
    func problems(at path: String) -> [FieldError] {
        (self ?? []).enumerated().flatMap { index, peer -> [FieldError] in
            let field = "\(path)[\(index)]"
            var problems = peer.podSelector?.problems(at: "\(field).podSelector") ?? []
            problems += peer.namespaceSelector?.problems(at: "\(field).namespaceSelector") ?? []
            if let block = peer.ipBlock {
                if peer.podSelector != nil || peer.namespaceSelector != nil {
                    problems.append(
                        FieldError(field, value: "ipBlock and a selector", expected: "either an ipBlock or selectors")
                    )
                }
                problems += block.problems(at: "\(field).ipBlock")
            } else if peer.podSelector == nil, peer.namespaceSelector == nil {
                problems.append(
                    FieldError(field, value: "{}", expected: "a peer: podSelector, namespaceSelector or ipBlock")
                )
            }
            return problems
        }
    }
}

extension NetworkPolicy.IPBlock {
    fileprivate func problems(at path: String) -> [FieldError] {
        guard let range = CIDR(cidr) else {
            return [FieldError("\(path).cidr", value: cidr, expected: "a range of addresses such as 10.0.0.0/8")]
        }
        if range.isIPv4Mapped {
            return [FieldError("\(path).cidr", value: cidr, expected: "IPv4 addresses written as such: 10.0.0.0/8")]
        }
        return (except ?? []).enumerated().compactMap { index, text in
            let field = "\(path).except[\(index)]"
            guard let inner = CIDR(text), range.strictlyContains(inner) else {
                return FieldError(field, value: text, expected: "a range of addresses within \(cidr) and smaller")
            }
            guard inner.isIPv4Mapped else { return nil }
            return FieldError(field, value: text, expected: "IPv6 addresses, as \(cidr) has them, and not IPv4 ones")
        }
    }
}

extension [NetworkPolicy.Port]? {
    func problems(at path: String) -> [FieldError] {
        (self ?? []).enumerated().flatMap { index, port -> [FieldError] in
            let field = "\(path)[\(index)]"
            var problems: [FieldError] = []
            if let name = port.protocol, !["TCP", "UDP", "SCTP"].contains(name) {
                problems.append(FieldError("\(field).protocol", value: name, expected: "TCP, UDP or SCTP"))
            }
            switch port.port {
            case .int(let number):
                if !(1...65535 ~= number) {
                    problems.append(FieldError("\(field).port", value: "\(number)", expected: "between 1 and 65535"))
                } else if let end = port.endPort, !(number...65535 ~= end) {
                    problems.append(
                        FieldError("\(field).endPort", value: "\(end)", expected: "between port \(number) and 65535")
                    )
                }
            case .string(let name):
                if !name.isPortName {
                    problems.append(FieldError("\(field).port", value: name, expected: String.portNameRule))
                }
                if let end = port.endPort {
                    problems.append(
                        FieldError("\(field).endPort", value: "\(end)", expected: "used: it needs a numeric port")
                    )
                }
            case nil:
                if let end = port.endPort {
                    problems.append(
                        FieldError("\(field).endPort", value: "\(end)", expected: "used: it needs a numeric port")
                    )
                }
            }
            return problems
        }
    }
}

extension String {
    fileprivate static let portNameRule =
        "a port's name: up to 15 lower-case letters, digits and single '-', with a letter among them"

    // IANA_SVC_NAME (RFC 6335).
    fileprivate var isPortName: Bool {
        let letters = utf8.contains { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
        let valid = utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                || $0 == UInt8(ascii: "-")
        }
        return 1...15 ~= utf8.count && letters && valid && !contains("--") && !hasPrefix("-") && !hasSuffix("-")
    }
}
