import KubernetesAPI

/// Addresses at which clouds serve metadata to their machines, credentials among them.
///
/// Source: the providers' documentation of their metadata services; CIDRs as of 2025.
public struct MetadataAddresses: OptionSet, Sendable, Hashable {
    /// Bit n stands for the n-th of ``known``.
    public let rawValue: UInt8

    /// The set of these bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// AWS, Azure, Google Cloud, Oracle Cloud, OpenStack and most others; AWS by IPv6; Alibaba Cloud; AWS for containers.
    static let known = ["169.254.169.254/32", "fd00:ec2::254/128", "100.100.100.200/32", "169.254.170.2/32"]
        .compactMap { CIDR($0) }

    /// Every address.
    public static let all = MetadataAddresses(rawValue: UInt8((1 << known.count) - 1))

    /// The addresses, such as `169.254.169.254/32`.
    public var cidrs: [String] {
        Self.known.enumerated().filter { contains(Self(rawValue: 1 << UInt8($0.offset))) }.map {
            $0.element.description
        }
    }

    /// The addresses with commas between them.
    var inWords: String { cidrs.joined(separator: ", ") }

    /// The addresses that `rules` let through, on the ports that metadata are served on.
    init(letThroughBy rules: [NetworkPolicy.EgressRule]) {
        self = rules.filter { $0.ports.coverMetadataPorts }.reduce(into: []) { addresses, rule in
            guard let peers = rule.to, !peers.isEmpty else {
                addresses = .all
                return
            }
            for block in peers.compactMap(\.ipBlock) { addresses.formUnion(MetadataAddresses(in: block)) }
        }
    }

    private init(in block: NetworkPolicy.IPBlock) {
        // What cannot be read may be anything.
        guard let range = CIDR(block.cidr) else {
            self = .all
            return
        }
        let except = (block.except ?? []).compactMap { CIDR($0) }
        self = []
        for (index, address) in Self.known.enumerated()
        where range.contains(address) && !except.contains(where: { $0.contains(address) }) {
            insert(Self(rawValue: 1 << UInt8(index)))
        }
    }
}

extension [NetworkPolicy.Port]? {
    // Plain HTTP everywhere, and HTTPS as well in Google Cloud. A name is that of a pod's port, and these are no pods.
    fileprivate var coverMetadataPorts: Bool {
        guard let ports = self, !ports.isEmpty else { return true }
        return ports.contains { port in
            guard port.protocol ?? "TCP" == "TCP" else { return false }
            switch port.port {
            case nil: return true
            case .string: return false
            case .int(let number):
                return [80, 443].contains { number...Swift.max(number, port.endPort ?? number) ~= $0 }
            }
        }
    }
}
