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

    private struct Spec: Sendable, Decodable {
        struct Rule: Sendable, Decodable {
            struct Backend: Sendable, Decodable {
                var group: String?
                var kind: String?
                var namespace: String?
                var name: String?
                var port: Int64?
            }
            var backendRefs: [Backend]?
        }
        var rules: [Rule]?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var spec: Spec?

    /// Ports of services that requests are sent to.
    public var backends: [BackendReference] {
        (spec?.rules ?? []).flatMap { $0.backendRefs ?? [] }.compactMap { backend in
            guard backend.group ?? "" == "", backend.kind ?? "Service" == "Service", let name = backend.name else {
                return nil
            }
            return BackendReference(namespace: backend.namespace, service: name, port: backend.port.map { .int($0) })
        }
    }
}
