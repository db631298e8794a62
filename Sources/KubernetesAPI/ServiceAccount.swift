/// `v1.ServiceAccount`.
public struct ServiceAccount: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "",
        version: "v1",
        plural: "serviceaccounts",
        kind: "ServiceAccount",
        isNamespaced: true
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// Whether pods get a token unless they say otherwise; `nil` means yes.
    public var automountServiceAccountToken: Bool?

    /// An account with the given parts.
    public init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil) {
        self.metadata = metadata
        self.automountServiceAccountToken = automountServiceAccountToken
    }
}

extension ServiceAccount {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        automountServiceAccountToken = try json.value("automountServiceAccountToken")
    }
}
