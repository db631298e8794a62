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

    private struct Webhook: Sendable, Decodable {
        var clientConfig: WebhookClientConfig?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var webhooks: [Webhook]?

    /// The services that it calls; webhooks by URL are none.
    public var services: [ServiceReference] { (webhooks ?? []).compactMap { $0.clientConfig?.service } }
}

/// `clientConfig` of a webhook.
struct WebhookClientConfig: Sendable, Decodable {
    var service: ServiceReference?
}
