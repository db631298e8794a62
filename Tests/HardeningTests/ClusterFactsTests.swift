import Hardening
import KubernetesAPI
import Testing

@Suite struct CIDRTests {
    @Test(
        "Ranges of both families are read",
        arguments: [
            "10.0.0.0/8", "0.0.0.0/0", "255.255.255.255/32", "10.1.2.3/8", "::/0", "fd00::/8", "::1/128",
            "2001:db8:0:1::/64",
            "1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7::/112", "::ffff:10.0.0.1/128", "FD00::A/128",
        ]
    )
    func reads(_ text: String) {
        #expect(CIDR(text)?.description == text)
    }

    @Test(
        "Anything else is not",
        arguments: [
            "", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", "10.0.0.0.0/8",
            "256.0.0.0/8", "010.0.0.0/8", "10.0.0.0/8/8", "a.b.c.d/8", "::/129", ":::/8", "1::2::3/64",
            "1:2:3:4:5:6:7/64",
            "1:2:3:4:5:6:7:8:9/64", "12345::/16", "g::/16", "fd00::%eth0/64", "1.2.3.4::/64", "1:2:3:4:5:6:7:8::/64",
            "example.com/8",
        ]
    )
    func refuses(_ text: String) {
        #expect(CIDR(text) == nil)
    }

    @Test(
        "One range strictly contains another if all its addresses are in it, and more",
        arguments: [
            ("10.0.0.0/8", "10.1.0.0/16", true), ("10.0.0.0/8", "10.0.0.0/8", false),
            ("10.0.0.0/8", "11.0.0.0/16", false),
            ("10.0.0.0/16", "10.0.0.0/8", false), ("0.0.0.0/0", "255.0.0.0/8", true),
            ("10.0.0.0/9", "10.127.0.0/16", true),
            ("10.0.0.0/9", "10.128.0.0/16", false), ("::/0", "10.0.0.0/8", false), ("fd00::/8", "fd12::/16", true),
            ("fd00::/15", "fd02::/16", false), ("2001:db8::/33", "2001:db8:7fff::/48", true),
            ("10.9.9.9/8", "10.1.0.0/16", true),
        ]
    )
    func containment(_ outer: String, _ inner: String, _ contains: Bool) throws {
        #expect(try #require(CIDR(outer)).strictlyContains(#require(CIDR(inner))) == contains)
    }

    @Test(
        "A range is written as strict servers take it, which is the same range; one that is so already stays as it was written",
        arguments: [
            // Host bits.
            ("10.0.0.5/8", "10.0.0.0/8"), ("10.255.255.255/9", "10.128.0.0/9"), ("192.0.2.77/31", "192.0.2.76/31"),
            ("192.0.2.1/0", "0.0.0.0/0"), ("2001:db8::1/32", "2001:db8:0:0:0:0:0:0/32"),
            ("2001:db8:ffff::/33", "2001:db8:8000:0:0:0:0:0/33"), ("fd00::a:b/127", "fd00:0:0:0:0:0:a:a/127"),
            ("::1/0", "0:0:0:0:0:0:0:0/0"), ("::ffff:10.0.0.1/95", "0:0:0:0:0:fffe:0:0/95"),
            // Zeros before the prefix.
            ("10.0.0.0/08", "10.0.0.0/8"), ("10.0.0.5/008", "10.0.0.0/8"), ("0.0.0.0/00", "0.0.0.0/0"),
            ("fd00::/08", "fd00:0:0:0:0:0:0:0/8"),
        ]
            + ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.1/32", "2001:db8::/32", "2001:DB8:0::/32", "::/0", "::1/128"].map {
                ($0, $0)
            }
    )
    func canonical(_ text: String, _ canonical: String) throws {
        let range = try #require(CIDR(text))
        #expect(range.canonicalText == canonical)
        let written = try #require(CIDR(range.canonicalText))
        #expect(written.contains(range) && range.contains(written))
        #expect(written.canonicalText == canonical)
    }

    @Test(
        "IPv4 addresses that are written as IPv6 are known by their first 96 bits, all of which the range must have",
        arguments: [
            ("::ffff:10.0.0.0/104", true), ("::FFFF:a00:0/104", true), ("0:0:0:0:0:ffff:10.0.0.1/128", true),
            ("::ffff:0:0/96", true), ("::ffff:10.0.0.0/95", false), ("::10.0.0.0/104", false),
            ("1::ffff:10.0.0.0/104", false), ("::fffe:10.0.0.0/104", false), ("64:ff9b::10.0.0.0/104", false),
            ("::/0", false), ("10.0.0.0/8", false),
        ]
    )
    func mapped(_ text: String, _ isMapped: Bool) throws {
        #expect(try #require(CIDR(text)).isIPv4Mapped == isMapped)
    }

    @Test("A host is a range of one address", arguments: [("10.0.0.1", "10.0.0.1/32"), ("fd00::a", "fd00::a/128")])
    func host(_ host: String, _ range: String) {
        #expect(CIDR(host: host)?.description == range)
        #expect(CIDR(host: range) == nil)
        #expect(CIDR(host: "dns.example.com") == nil)
    }
}

@Suite struct DNSFactsTests {
    private func facts(
        _ service: String,
        slices: String = "[]",
        nodeLocal: String? = nil,
        at location: DNSLocation = DNSLocation.known[0]
    ) throws -> DNSFacts? {
        DNSFacts(
            at: location,
            service: try read(Service.self, "metadata: {name: kube-dns}\nspec: \(service)"),
            endpointSlices: try read([EndpointSlice].self, slices),
            nodeLocal: try nodeLocal.map {
                try read(
                    DaemonSet.self,
                    "metadata: {name: node-local-dns}\nspec: {template: {spec: {containers: [\($0)]}}}"
                )
            }
        )
    }

    private static let service = """
        {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10, "fd00::a"], selector: {k8s-app: kube-dns},
         ports: [{name: dns, protocol: UDP, port: 53}, {name: dns-tcp, protocol: TCP, port: 53},
                 {name: metrics, protocol: TCP, port: 9153}]}
        """

    @Test("The pods, the service's addresses of both families and port 53 are known from the service")
    func service() throws {
        let facts = try #require(try facts(Self.service))
        #expect(facts.namespace == "kube-system" && facts.podLabels == ["k8s-app": "kube-dns"])
        #expect(facts.addresses == ["10.96.0.10", "fd00::a"])
        #expect(facts.ports == [TransportPort("TCP", 53), TransportPort("UDP", 53)])
    }

    @Test("Ports of the pods that port 53 leads to are let through, other ports of theirs are not")
    func targetPorts() throws {
        let slices = """
            [{metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: [10.1.0.3]}],
              ports: [{name: dns, protocol: UDP, port: 5353}, {name: dns-tcp, port: 5353}, {name: metrics, port: 9154}]}]
            """
        let facts = try #require(try facts(Self.service, slices: slices, at: DNSLocation.known[1]))
        #expect(facts.namespace == "openshift-dns")
        #expect(
            facts.ports == [
                TransportPort("TCP", 53), TransportPort("UDP", 53), TransportPort("TCP", 5353),
                TransportPort("UDP", 5353),
            ]
        )
    }

    @Test(
        "NodeLocal DNSCache is reached at the addresses that its command line says",
        arguments: [
            (#"{args: ["-localip", "169.254.25.10,10.96.0.10"]}"#, ["10.96.0.10", "169.254.25.10", "fd00::a"]),
            (#"{args: ["-localip=169.254.25.10"]}"#, ["10.96.0.10", "169.254.25.10", "fd00::a"]),
            (#"{command: ["/node-cache", "--localip", "169.254.1.1"]}"#, ["10.96.0.10", "169.254.1.1", "fd00::a"]),
            (#"{args: ["-conf", "/etc/Corefile"]}"#, ["10.96.0.10", "169.254.20.10", "fd00::a"]),
            (#"{args: ["-localip"]}"#, ["10.96.0.10", "169.254.20.10", "fd00::a"]),
            (#"{args: ["-localip", "$(IP)"]}"#, ["10.96.0.10", "169.254.20.10", "fd00::a"]),
        ]
    )
    func nodeLocal(_ container: String, _ addresses: [String]) throws {
        #expect(try facts(Self.service, nodeLocal: container)?.addresses == addresses)
    }

    @Test("A service without a selector leaves the labels that the place is known for")
    func noSelector() throws {
        let facts = try facts("{clusterIP: None, ports: [{port: 53}]}", at: DNSLocation.known[1])
        #expect(facts?.podLabels == ["dns.operator.openshift.io/daemonset-dns": "default"])
        #expect(facts?.addresses == [])
    }

    @Test("Without a service nothing is known")
    func none() {
        #expect(DNSFacts(at: DNSLocation.known[0], service: nil, endpointSlices: [], nodeLocal: nil) == nil)
    }
}

@Suite struct APIServerFactsTests {
    private static let service = """
        {metadata: {name: kubernetes}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], ports: [{name: https, port: 443}]}}
        """

    private func facts(_ service: String?, _ slices: String) throws -> APIServerFacts? {
        APIServerFacts(
            service: try service.map { try read(Service.self, $0) },
            endpointSlices: try read([EndpointSlice].self, slices)
        )
    }

    @Test("Its addresses are those behind the service and the service's own, each with its ports")
    func addresses() throws {
        let slices = """
            [{metadata: {name: kubernetes}, addressType: IPv4, ports: [{name: https, port: 6443}],
              endpoints: [{addresses: [10.0.0.6]}, {addresses: [10.0.0.5]}]}]
            """
        #expect(
            try facts(Self.service, slices)?.endpoints == [
                .init(address: "10.0.0.5", ports: [6443]), .init(address: "10.0.0.6", ports: [6443]),
                .init(address: "10.96.0.1", ports: [443]),
            ]
        )
        #expect(try facts(nil, slices)?.endpoints.count == 2)
    }

    // As a peer or a port of a rule, nothing means everything.
    @Test(
        "What has no address or no port is not known",
        arguments: [
            "[]", "[{metadata: {name: a}, addressType: IPv4, ports: [{port: 6443}]}]",
            "[{metadata: {name: a}, addressType: IPv4, ports: [{port: 6443}], endpoints: [{addresses: []}]}]",
            "[{metadata: {name: a}, addressType: IPv4, endpoints: [{addresses: [10.0.0.5]}]}]",
            "[{metadata: {name: a}, addressType: FQDN, ports: [{port: 1}], endpoints: [{addresses: [10.0.0.5]}]}]",
            "[{metadata: {name: a}, addressType: IPv4, ports: [{port: 1}], endpoints: [{addresses: [example.com]}]}]",
        ]
    )
    func nothing(_ slices: String) throws {
        #expect(try facts(Self.service, slices) == nil)
    }
}
