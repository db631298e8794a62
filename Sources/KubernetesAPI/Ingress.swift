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

    private struct Backend: Sendable, Decodable {
        struct Service: Sendable, Decodable {
            struct Port: Sendable, Decodable {
                var name: String?
                var number: Int64?
            }
            var name: String?
            var port: Port?
        }
        var service: Service?
    }

    private struct Spec: Sendable, Decodable {
        struct Rule: Sendable, Decodable {
            struct HTTP: Sendable, Decodable {
                struct Path: Sendable, Decodable {
                    var backend: Backend?
                }
                var paths: [Path]?
            }
            var http: HTTP?
        }
        var defaultBackend: Backend?
        var rules: [Rule]?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var spec: Spec?

    /// Ports of services in its own namespace that requests are sent to.
    public var backends: [BackendReference] {
        let paths = (spec?.rules ?? []).flatMap { $0.http?.paths ?? [] }
        return ([spec?.defaultBackend] + paths.map(\.backend)).compactMap { backend in
            guard let service = backend?.service, let name = service.name else { return nil }
            let port = service.port?.number.map { IntOrString.int($0) } ?? service.port?.name.map { .string($0) }
            return BackendReference(namespace: nil, service: name, port: port)
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
