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

    private struct Spec: Sendable, Decodable {
        var holderIdentity: String?
        var leaseDurationSeconds: Int?
        var leaseTransitions: Int?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var spec: Spec?

    /// A lease with the given parts.
    package init(metadata: ObjectMeta, holder: String?, durationSeconds: Int?, transitions: Int?) {
        self.metadata = metadata
        spec = Spec(holderIdentity: holder, leaseDurationSeconds: durationSeconds, leaseTransitions: transitions)
    }

    /// Who holds it: by custom the pod's name, often with something random behind it.
    public var holderIdentity: String? { spec?.holderIdentity }
    /// For how many seconds it is held after it was last renewed.
    public var leaseDurationSeconds: Int? { spec?.leaseDurationSeconds }
    /// How often it has changed hands.
    public var leaseTransitions: Int? { spec?.leaseTransitions }
}
