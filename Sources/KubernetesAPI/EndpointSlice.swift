/// `discovery.k8s.io/v1` `EndpointSlice`: addresses behind a service.
public struct EndpointSlice: KubernetesObject, Hashable {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "discovery.k8s.io",
        version: "v1",
        plural: "endpointslices",
        kind: "EndpointSlice",
        isNamespaced: true
    )

    /// Before 1.21 only `v1beta1` is served; the fields below read alike in it.
    public static let olderVersions = ["v1beta1"]

    /// The label that names the service.
    public static let serviceNameLabel = "kubernetes.io/service-name"

    /// One endpoint.
    public struct Endpoint: Sendable, Hashable {
        /// Its addresses.
        public var addresses: [String]?
    }

    /// One port that all endpoints of the slice serve.
    public struct Port: Sendable, Hashable {
        /// The name of the service's port that leads here.
        public var name: String?
        /// TCP, UDP or SCTP.
        public var `protocol`: String?
        /// The port at the endpoint, after the service's translation.
        public var port: Int64?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// `IPv4`, `IPv6` or `FQDN`.
    public var addressType: String?
    /// The endpoints.
    public var endpoints: [Endpoint]?
    /// Their ports.
    public var ports: [Port]?
}

extension EndpointSlice {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        addressType = try json.value("addressType")
        endpoints = try json.value("endpoints")
        ports = try json.value("ports")
    }
}

extension EndpointSlice.Endpoint: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        addresses = try json.value("addresses")
    }
}

extension EndpointSlice.Port: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name")
        `protocol` = try json.value("protocol")
        port = try json.value("port")
    }
}
