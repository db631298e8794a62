/// `gateway.networking.k8s.io/v1` `HTTPRoute`: the services that a gateway sends requests to.
public struct HTTPRoute: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "gateway.networking.k8s.io",
        version: "v1",
        plural: "httproutes",
        kind: "HTTPRoute",
        isNamespaced: true
    )
    /// Gateway API before 1.0.
    public static let olderVersions = ["v1beta1"]

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// Ports of services that requests are sent to.
    public var backends: [BackendReference]

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        backends = []
        try json.member("spec")?.member("rules")?.forEachElement { (rule) throws(JSONError) in
            try rule.member("backendRefs")?.forEachElement { (backend) throws(JSONError) in
                let group: String = try backend.value("group") ?? ""
                let kind: String = try backend.value("kind") ?? "Service"
                guard group.isEmpty, kind == "Service", let name: String = try backend.value("name") else { return }
                let port: Int64? = try backend.value("port")
                backends.append(
                    BackendReference(
                        namespace: try backend.value("namespace"),
                        service: name,
                        port: port.map { .int($0) }
                    )
                )
            }
        }
    }
}
