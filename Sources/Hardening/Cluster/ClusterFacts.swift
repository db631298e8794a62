import KubernetesAPI

/// What the controls must know of the cluster beyond one namespace.
public struct ClusterFacts: Sendable, Hashable {
    /// N of the API server's version 1.N.
    public var serverMinor: Int
    /// Whether ``serverMinor`` is the API server's or a person's word; else it is assumed, so that there is something to
    /// judge by.
    public var isServerMinorObserved = true
    /// How pods reach the cluster's DNS, if that was found.
    public var dns: DNSFacts?
    /// How pods reach the API server, if that was found.
    public var apiServer: APIServerFacts?
    /// What is known of a network plugin that acts on NetworkPolicies.
    public var networkPolicyProvider = Evidence.notObserved("nobody has looked")
    /// What is known of the API server's own Pod Security admission, without which the labels are just labels.
    public var podSecurityAdmission = Evidence.notObserved("nobody has asked")
    /// The kubelets' versions and how many nodes have each; `nil` where nodes cannot be observed.
    public var kubeletVersions: [String: Int]?

    /// What can be said of something that does not say so itself.
    public enum Evidence: Sendable, Hashable {
        /// It is there, by this sign, such as `DaemonSet kube-system/calico-node`.
        case found(String)
        /// There is no sign of it where signs would be.
        case absent
        /// It cannot be seen from here, and why.
        case notObserved(String)
    }

    /// Facts with the given parts.
    public init(serverMinor: Int, dns: DNSFacts? = nil, apiServer: APIServerFacts? = nil) {
        self.serverMinor = serverMinor
        self.dns = dns
        self.apiServer = apiServer
    }
}

/// A protocol and a port number.
public struct TransportPort: Sendable, Hashable, Comparable {
    /// TCP, UDP or SCTP.
    public var `protocol`: String
    /// The number.
    public var number: Int64

    /// The port `number` of `protocol`.
    public init(_ protocol: String, _ number: Int64) {
        self.protocol = `protocol`
        self.number = number
    }

    /// By number, then by protocol.
    public static func < (left: TransportPort, right: TransportPort) -> Bool {
        (left.number, left.protocol) < (right.number, right.protocol)
    }
}

/// How pods reach the cluster's DNS.
///
/// Network plugins differ in when they look at a packet: before or after a service's address and port are translated,
/// and NodeLocal DNSCache runs on the host's network, where no pod selector reaches. So an allowance names them all:
/// the pods, the service's addresses, the node-local addresses; port 53 and the ports that the pods really serve.
public struct DNSFacts: Sendable, Hashable {
    /// The namespace of its pods.
    public var namespace: String
    /// Labels of its pods.
    public var podLabels: [String: String]
    /// The service's addresses and those of NodeLocal DNSCache, sorted.
    public var addresses: [String]
    /// Ports of service and pods, sorted.
    public var ports: [TransportPort]

    /// Facts with the given parts.
    public init(namespace: String, podLabels: [String: String], addresses: [String], ports: [TransportPort]) {
        self.namespace = namespace
        self.podLabels = podLabels
        self.addresses = addresses
        self.ports = ports
    }
}

/// Where a distribution keeps its DNS.
public struct DNSLocation: Sendable, Hashable {
    /// The namespace of the service.
    public var namespace: String
    /// The service's name.
    public var service: String
    /// Labels of its pods, should the service not say.
    public var podLabels: [String: String]

    /// Places that are known, the usual one first: kubeadm and nearly all others, then OpenShift.
    public static let known = [
        DNSLocation(namespace: "kube-system", service: "kube-dns", podLabels: ["k8s-app": "kube-dns"]),
        DNSLocation(
            namespace: "openshift-dns",
            service: "dns-default",
            podLabels: ["dns.operator.openshift.io/daemonset-dns": "default"]
        ),
    ]

    /// Where NodeLocal DNSCache runs.
    public static let nodeLocalNamespace = "kube-system"
    /// The DaemonSet of NodeLocal DNSCache.
    public static let nodeLocalDaemonSet = "node-local-dns"
    /// The address that NodeLocal DNSCache listens at unless told otherwise.
    static let nodeLocalAddress = "169.254.20.10"
}

extension DNSFacts {
    /// What `location` shows, or `nil` if there is no service.
    public init?(
        at location: DNSLocation,
        service: Service?,
        endpointSlices: [EndpointSlice],
        nodeLocal: DaemonSet?
    ) {
        guard let service else { return nil }
        var ports: Set<TransportPort> = [TransportPort("UDP", 53), TransportPort("TCP", 53)]
        // The pods serve metrics beside names; only ports that the service's port 53 leads to are let through.
        let names = Set((service.spec?.ports ?? []).filter { $0.port == 53 }.map { $0.name ?? "" })
        for port in endpointSlices.flatMap({ $0.ports ?? [] }) where names.contains(port.name ?? "") {
            if let number = port.port { ports.insert(TransportPort(port.protocol ?? "TCP", number)) }
        }
        var addresses = Set(service.clusterAddresses)
        if let nodeLocal { addresses.formUnion(Self.localAddresses(nodeLocal)) }
        let selector = service.spec?.selector ?? [:]
        self.init(
            namespace: location.namespace,
            podLabels: selector.isEmpty ? location.podLabels : selector,
            addresses: addresses.sorted(),
            ports: ports.sorted()
        )
    }

    // `-localip 169.254.20.10,10.96.0.10` or `-localip=…`.
    static func localAddresses(_ daemonSet: DaemonSet) -> [String] {
        var addresses: [String] = []
        for container in daemonSet.containers {
            let words = (container.command ?? []) + (container.args ?? [])
            for (index, word) in words.enumerated() {
                let flag = word.drop { $0 == "-" }
                if flag == "localip", words.indices.contains(index + 1) {
                    addresses += words[index + 1].split(separator: ",").map(String.init)
                } else if flag.hasPrefix("localip=") {
                    addresses += flag.dropFirst("localip=".count).split(separator: ",").map(String.init)
                }
            }
        }
        let valid = addresses.filter { CIDR(host: $0) != nil }
        return valid.isEmpty ? [DNSLocation.nodeLocalAddress] : valid
    }
}

/// How pods reach the API server: the addresses behind the service `default/kubernetes`, and its own.
public struct APIServerFacts: Sendable, Hashable {
    /// One address and its ports.
    public struct Endpoint: Sendable, Hashable, Comparable {
        /// The address.
        public var address: String
        /// Its ports, sorted.
        public var ports: [Int64]

        /// The endpoint with the given parts.
        public init(address: String, ports: [Int64]) {
            self.address = address
            self.ports = ports
        }

        /// By address, then by ports.
        public static func < (left: Endpoint, right: Endpoint) -> Bool {
            left.address != right.address
                ? left.address < right.address : left.ports.lexicographicallyPrecedes(right.ports)
        }
    }

    /// All endpoints, sorted.
    public var endpoints: [Endpoint]

    /// Facts with these endpoints.
    public init(endpoints: [Endpoint]) {
        self.endpoints = endpoints
    }

    /// What the service and its slices show, or `nil` if there is no address behind it.
    public init?(service: Service?, endpointSlices: [EndpointSlice]) {
        var endpoints: Set<Endpoint> = []
        // An allowance without a port would be one for every port, and one without an address for everyone.
        func insert(_ addresses: [String], _ ports: [Int64]) {
            guard !ports.isEmpty else { return }
            for address in addresses where CIDR(host: address) != nil {
                endpoints.insert(Endpoint(address: address, ports: ports))
            }
        }
        for slice in endpointSlices where slice.addressType != "FQDN" {
            let addresses = (slice.endpoints ?? []).flatMap { $0.addresses ?? [] }
            insert(addresses, (slice.ports ?? []).compactMap(\.port).sorted())
        }
        guard !endpoints.isEmpty else { return nil }
        insert(service?.clusterAddresses ?? [], (service?.spec?.ports ?? []).map(\.port).sorted())
        self.init(endpoints: endpoints.sorted())
    }
}
