/// `networking.k8s.io/v1` `Ingress`: the services that an ingress controller sends requests to.
public struct Ingress: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "networking.k8s.io",
        version: "v1",
        plural: "ingresses",
        kind: "Ingress",
        isNamespaced: true
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// Ports of services in its own namespace that requests are sent to.
    public var backends: [BackendReference]

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        backends = []
        guard let spec = try json.member("spec") else { return }
        func add(_ backend: JSONReader?) throws(JSONError) {
            guard let service = try backend?.member("service"), let name: String = try service.value("name") else {
                return
            }
            let port = try service.member("port")
            let number: Int64? = try port?.value("number")
            let portName: String? = try port?.value("name")
            backends.append(
                BackendReference(
                    namespace: nil,
                    service: name,
                    port: number.map { .int($0) } ?? portName.map { .string($0) }
                )
            )
        }
        try add(try spec.member("defaultBackend"))
        try spec.member("rules")?.forEachElement { (rule) throws(JSONError) in
            try rule.member("http")?.member("paths")?.forEachElement { (path) throws(JSONError) in
                try add(try path.member("backend"))
            }
        }
    }
}

/// A port of a service that requests from outside are sent to.
public struct BackendReference: Sendable, Hashable {
    /// The service's namespace; `nil` for that of the object that refers to it.
    public var namespace: String?
    /// The service.
    public var service: String
    /// Its port, by number or by name; any if `nil`.
    public var port: IntOrString?

    /// A reference with the given parts.
    public init(namespace: String?, service: String, port: IntOrString?) {
        self.namespace = namespace
        self.service = service
        self.port = port
    }
}
