/// `v1.Namespace`.
public struct Namespace: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "",
        version: "v1",
        plural: "namespaces",
        kind: "Namespace",
        isNamespaced: false
    )

    /// `status` of a namespace.
    public struct Status: Sendable, Decodable {
        /// `Active` or `Terminating`.
        public var phase: String?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// What the namespace controller says of it.
    public var status: Status?

    /// A namespace in phase `Active` unless said otherwise.
    public init(metadata: ObjectMeta, phase: String? = "Active") {
        self.metadata = metadata
        self.status = Status(phase: phase)
    }

    /// Whether it is on its way out: the server refuses anything new in it.
    public var isTerminating: Bool {
        metadata.deletionTimestamp != nil || status?.phase == "Terminating"
    }
}
