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

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The service that requests are handed to; `nil` where the API server answers itself.
    public var service: ServiceReference?

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        service = try json.member("spec")?.value("service")
    }
}
