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
    public struct Status: Sendable {
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

extension Namespace {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        status = try json.value("status")
    }
}

extension Namespace.Status: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        phase = try json.value("phase")
    }
}
