/// `apiextensions.k8s.io/v1` `CustomResourceDefinition`: the service that converts its objects between versions.
public struct CustomResourceDefinition: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "apiextensions.k8s.io",
        version: "v1",
        plural: "customresourcedefinitions",
        kind: "CustomResourceDefinition",
        isNamespaced: false
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The service that the API server calls to convert its objects, if there is one.
    public var conversionService: ServiceReference?

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        conversionService = try json.member("spec")?.member("conversion")?.member("webhook")?.webhookService()
    }
}
