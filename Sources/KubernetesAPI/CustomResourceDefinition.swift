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

    private struct Spec: Sendable, Decodable {
        struct Conversion: Sendable, Decodable {
            struct Webhook: Sendable, Decodable {
                var clientConfig: WebhookClientConfig?
            }
            var webhook: Webhook?
        }
        var conversion: Conversion?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var spec: Spec?

    /// The service that the API server calls to convert its objects, if there is one.
    public var conversionService: ServiceReference? { spec?.conversion?.webhook?.clientConfig?.service }
}
