/// `v1.ServiceAccount`.
public struct ServiceAccount: KubernetesObject {
    public static let resource = Resource(
        group: "",
        version: "v1",
        plural: "serviceaccounts",
        kind: "ServiceAccount",
        isNamespaced: true
    )

    public var metadata: ObjectMeta
    /// Whether pods get a token unless they say otherwise; `nil` means yes.
    public var automountServiceAccountToken: Bool?

    /// An account with the given parts.
    public init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil) {
        self.metadata = metadata
        self.automountServiceAccountToken = automountServiceAccountToken
    }
}
