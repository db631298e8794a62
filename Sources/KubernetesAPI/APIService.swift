/// `apiregistration.k8s.io/v1` `APIService`: the service that serves a version of an API group in the API server's place.
public struct APIService: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "apiregistration.k8s.io",
        version: "v1",
        plural: "apiservices",
        kind: "APIService",
        isNamespaced: false
    )

    private struct Spec: Sendable, Decodable {
        var service: ServiceReference?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var spec: Spec?

    /// The service that requests are handed to; `nil` where the API server answers itself.
    public var service: ServiceReference? { spec?.service }
}
