/// `networking.k8s.io/v1` `NetworkPolicy`, whole: what the profile allows is written in the same words.
public struct NetworkPolicy: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "networking.k8s.io",
        version: "v1",
        plural: "networkpolicies",
        kind: "NetworkPolicy",
        isNamespaced: true
    )

    /// The direction of traffic, as `policyTypes` names it.
    public enum Direction: String, Sendable, Hashable, Codable, JSONReadable, CaseIterable, Comparable {
        /// Traffic to the selected pods.
        case ingress = "Ingress"
        /// Traffic from the selected pods.
        case egress = "Egress"

        /// Ingress comes first.
        public static func < (left: Direction, right: Direction) -> Bool { left == .ingress && right == .egress }
    }

    /// A port, or a range of ports; without `port`, every port of the protocol.
    public struct Port: Sendable, Hashable, Codable {
        /// TCP, UDP or SCTP; the server fills in TCP.
        public var `protocol`: String?
        /// A number, or the name of a container port.
        public var port: IntOrString?
        /// The last port of a range that begins with a numeric `port`.
        public var endPort: Int64?

        /// A port with the given parts.
        public init(protocol: String? = nil, port: IntOrString? = nil, endPort: Int64? = nil) {
            self.protocol = `protocol`
            self.port = port
            self.endPort = endPort
        }
    }

    /// A range of addresses.
    public struct IPBlock: Sendable, Hashable, Codable {
        /// Such as `10.0.0.0/8`.
        public var cidr: String
        /// Ranges within `cidr` that do not count.
        public var except: [String]?

        /// A block with the given parts.
        public init(cidr: String, except: [String]? = nil) {
            self.cidr = cidr
            self.except = except
        }
    }

    /// Who is at the other end: pods by their labels and their namespace's, or addresses.
    public struct Peer: Sendable, Hashable, Codable {
        /// Pods; in the policy's own namespace unless `namespaceSelector` is set.
        public var podSelector: LabelSelector?
        /// Namespaces.
        public var namespaceSelector: LabelSelector?
        /// Addresses; excludes the selectors.
        public var ipBlock: IPBlock?

        /// A peer with the given parts.
        public init(
            podSelector: LabelSelector? = nil,
            namespaceSelector: LabelSelector? = nil,
            ipBlock: IPBlock? = nil
        ) {
            self.podSelector = podSelector
            self.namespaceSelector = namespaceSelector
            self.ipBlock = ipBlock
        }
    }

    /// One allowance for traffic to the selected pods. Absent or empty `from` is everyone, `ports` every port.
    public struct IngressRule: Sendable, Hashable, Codable {
        /// Who may connect.
        public var from: [Peer]?
        /// To which ports.
        public var ports: [Port]?

        /// A rule with the given parts.
        public init(from: [Peer]? = nil, ports: [Port]? = nil) {
            self.from = from
            self.ports = ports
        }
    }

    /// One allowance for traffic from the selected pods. Absent or empty `to` is everyone, `ports` every port.
    public struct EgressRule: Sendable, Hashable, Codable {
        /// Whom they may reach.
        public var to: [Peer]?
        /// On which ports.
        public var ports: [Port]?

        /// A rule with the given parts.
        public init(to: [Peer]? = nil, ports: [Port]? = nil) {
            self.to = to
            self.ports = ports
        }
    }

    /// `spec` of a policy.
    public struct Spec: Sendable, Hashable {
        /// The pods that the policy is about; empty selects all of the namespace.
        public var podSelector: LabelSelector
        /// The directions it isolates. The server fills in `Ingress`, and `Egress` if there are egress rules.
        public var policyTypes: [Direction]?
        /// Allowances inwards.
        public var ingress: [IngressRule]?
        /// Allowances outwards.
        public var egress: [EgressRule]?

        /// A spec with the given parts.
        public init(
            podSelector: LabelSelector = .init(),
            policyTypes: [Direction]? = nil,
            ingress: [IngressRule]? = nil,
            egress: [EgressRule]? = nil
        ) {
            self.podSelector = podSelector
            self.policyTypes = policyTypes
            self.ingress = ingress
            self.egress = egress
        }
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// What the policy says.
    public var spec: Spec

    /// A policy with the given parts.
    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }
}

extension NetworkPolicy {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        // The server leaves an empty spec out; it selects all pods and isolates inwards.
        spec = try json.value("spec") ?? Spec()
    }
}

extension NetworkPolicy.Spec: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        podSelector = try json.value("podSelector") ?? LabelSelector()
        policyTypes = try json.value("policyTypes")
        ingress = try json.value("ingress")
        egress = try json.value("egress")
    }

    /// The same spec as the server stores it, defaults filled in, so that equal meaning compares equal.
    ///
    /// Source: `pkg/apis/networking/v1/defaults.go`: the protocol is TCP; `policyTypes` is `Ingress`, and `Egress` when
    /// there are egress rules.
    public var normalized: NetworkPolicy.Spec {
        let types =
            policyTypes.flatMap { $0.isEmpty ? nil : $0 }
            ?? ((egress ?? []).isEmpty ? [.ingress] : [.ingress, .egress])
        return NetworkPolicy.Spec(
            podSelector: podSelector.normalized,
            policyTypes: types.sorted(),
            ingress: (ingress ?? []).isEmpty
                ? nil : ingress?.map { .init(from: $0.from.normalized, ports: $0.ports.normalized) },
            egress: (egress ?? []).isEmpty
                ? nil : egress?.map { .init(to: $0.to.normalized, ports: $0.ports.normalized) }
        )
    }
}

extension [NetworkPolicy.Peer]? {
    fileprivate var normalized: [NetworkPolicy.Peer]? {
        guard let peers = self, !peers.isEmpty else { return nil }
        return peers.map { peer in
            NetworkPolicy.Peer(
                podSelector: peer.podSelector?.normalized,
                namespaceSelector: peer.namespaceSelector?.normalized,
                ipBlock: peer.ipBlock.map {
                    .init(cidr: $0.cidr, except: ($0.except ?? []).isEmpty ? nil : $0.except)
                }
            )
        }
    }
}

extension [NetworkPolicy.Port]? {
    fileprivate var normalized: [NetworkPolicy.Port]? {
        guard let ports = self, !ports.isEmpty else { return nil }
        return ports.map { .init(protocol: $0.protocol ?? "TCP", port: $0.port, endPort: $0.endPort) }
    }
}

extension NetworkPolicy.IngressRule: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        from = try json.value("from")
        ports = try json.value("ports")
    }
}

extension NetworkPolicy.EgressRule: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        to = try json.value("to")
        ports = try json.value("ports")
    }
}

extension NetworkPolicy.Peer: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        podSelector = try json.value("podSelector")
        namespaceSelector = try json.value("namespaceSelector")
        ipBlock = try json.value("ipBlock")
    }
}

extension NetworkPolicy.Port: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        `protocol` = try json.value("protocol")
        port = try json.value("port")
        endPort = try json.value("endPort")
    }
}

extension NetworkPolicy.IPBlock: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        cidr = try json.required("cidr")
        except = try json.value("except")
    }
}
