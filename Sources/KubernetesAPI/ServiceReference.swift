/// A reference to a port of a service, as `clientConfig.service` of webhooks and `spec.service` of APIServices have it.
public struct ServiceReference: Sendable, Hashable {
    /// The service's namespace.
    public var namespace: String?
    /// The service.
    public var name: String?
    /// The port at the service's own address; 443 if unset.
    public var port: Int64?
}

extension ServiceReference: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        namespace = try json.value("namespace")
        name = try json.value("name")
        port = try json.value("port")
    }
}
