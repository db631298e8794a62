/// `v1.Service`.
public struct Service: KubernetesObject, Hashable {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "",
        version: "v1",
        plural: "services",
        kind: "Service",
        isNamespaced: true
    )

    /// One port of a service.
    public struct Port: Sendable, Hashable {
        /// Its name, which ports of the endpoints share; needed only when there are several.
        public var name: String?
        /// TCP, UDP or SCTP.
        public var `protocol`: String?
        /// The port at the service's own address.
        public var port: Int64
        /// The pods' port, by number or by name; the same as ``port`` if unset.
        public var targetPort: IntOrString?
    }

    /// `spec` of a service.
    public struct Spec: Sendable, Hashable {
        /// Its first address; `None` for a headless service.
        public var clusterIP: String?
        /// All its addresses.
        public var clusterIPs: [String]?
        /// Labels of the pods behind it.
        public var selector: [String: String]?
        /// Its ports.
        public var ports: [Port]?
        /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
        public var type: String?
        /// Addresses that nodes take requests for it at, given by hand.
        public var externalIPs: [String]?
        /// From where its load balancer takes requests; from anywhere if empty.
        public var loadBalancerSourceRanges: [String]?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// What it serves.
    public var spec: Spec?

    /// Its addresses inside the cluster; empty for a headless service.
    public var clusterAddresses: [String] {
        (spec?.clusterIPs ?? [spec?.clusterIP].compactMap { $0 }).filter { !$0.isEmpty && $0 != "None" }
    }
}

extension Service {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata(readsManagedFields: false)
        spec = try json.value("spec")
    }
}

extension Service.Spec: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        clusterIP = try json.value("clusterIP")
        clusterIPs = try json.value("clusterIPs")
        selector = try json.value("selector")
        ports = try json.value("ports")
        type = try json.value("type")
        externalIPs = try json.value("externalIPs")
        loadBalancerSourceRanges = try json.value("loadBalancerSourceRanges")
    }
}

extension Service.Port: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name")
        `protocol` = try json.value("protocol")
        port = try json.required("port")
        targetPort = try json.value("targetPort")
    }
}
