/// `coordination.k8s.io/v1` `Lease`: who holds it, which is how leaders are elected.
public struct Lease: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "coordination.k8s.io",
        version: "v1",
        plural: "leases",
        kind: "Lease",
        isNamespaced: true
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// Who holds it: by custom the pod's name, often with something random behind it.
    public var holderIdentity: String?
    /// For how many seconds it is held after it was last renewed.
    public var leaseDurationSeconds: Int?
    /// How often it has changed hands.
    public var leaseTransitions: Int?

    /// A lease with the given parts.
    package init(metadata: ObjectMeta, holder: String?, durationSeconds: Int?, transitions: Int?) {
        self.metadata = metadata
        holderIdentity = holder
        leaseDurationSeconds = durationSeconds
        leaseTransitions = transitions
    }

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        guard let spec = try json.member("spec") else { return }
        holderIdentity = try spec.value("holderIdentity")
        leaseDurationSeconds = try spec.value("leaseDurationSeconds")
        leaseTransitions = try spec.value("leaseTransitions")
    }
}
