/// Which requests the API server shows to a webhook before it accepts them: the validating or the mutating kind.
public protocol WebhookConfigurationKind: Sendable {
    /// Where objects of this kind are found.
    static var resource: Resource { get }
}

/// The kinds of webhook configurations.
public enum WebhookConfigurationKinds {
    /// `admissionregistration.k8s.io/v1` `ValidatingWebhookConfiguration`.
    public enum Validating: WebhookConfigurationKind {
        /// Where objects of this kind are found.
        public static let resource = webhookResource(
            "validatingwebhookconfigurations",
            "ValidatingWebhookConfiguration"
        )
    }

    /// `admissionregistration.k8s.io/v1` `MutatingWebhookConfiguration`.
    public enum Mutating: WebhookConfigurationKind {
        /// Where objects of this kind are found.
        public static let resource = webhookResource("mutatingwebhookconfigurations", "MutatingWebhookConfiguration")
    }

    private static func webhookResource(_ plural: String, _ kind: String) -> Resource {
        Resource(
            group: "admissionregistration.k8s.io",
            version: "v1",
            plural: plural,
            kind: kind,
            isNamespaced: false
        )
    }
}

/// Webhooks of one kind: the services that the API server calls.
public struct WebhookConfiguration<Kind: WebhookConfigurationKind>: KubernetesObject {
    /// Where objects of this kind are found.
    public static var resource: Resource { Kind.resource }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The services that it calls; webhooks by URL are none.
    public var services: [ServiceReference]

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        services = []
        try json.member("webhooks")?.forEachElement { (webhook) throws(JSONError) in
            if let service = try webhook.webhookService() { services.append(service) }
        }
    }
}

extension JSONReader {
    /// The service that the `clientConfig` of this webhook names, if it does.
    func webhookService() throws(JSONError) -> ServiceReference? {
        try member("clientConfig")?.value("service")
    }
}
