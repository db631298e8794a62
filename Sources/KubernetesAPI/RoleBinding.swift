/// Whom a binding names.
public struct Subject: Sendable, Hashable {
    /// `User`, `Group` or `ServiceAccount`.
    public var kind: String
    /// Its name.
    public var name: String
    /// The namespace of a service account.
    public var namespace: String?

    /// A subject with the given parts.
    public init(kind: String, name: String, namespace: String? = nil) {
        self.kind = kind
        self.name = name
        self.namespace = namespace
    }
}

/// `rbac.authorization.k8s.io/v1` `RoleBinding`.
public struct RoleBinding: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "rbac.authorization.k8s.io",
        version: "v1",
        plural: "rolebindings",
        kind: "RoleBinding",
        isNamespaced: true
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// Whom it names.
    public var subjects: [Subject]?
}

/// `rbac.authorization.k8s.io/v1` `ClusterRoleBinding`.
public struct ClusterRoleBinding: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "rbac.authorization.k8s.io",
        version: "v1",
        plural: "clusterrolebindings",
        kind: "ClusterRoleBinding",
        isNamespaced: false
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// Whom it names.
    public var subjects: [Subject]?
}

extension Subject: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        kind = try json.required("kind")
        name = try json.required("name")
        namespace = try json.value("namespace")
    }
}

extension RoleBinding {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        subjects = try json.value("subjects")
    }
}

extension ClusterRoleBinding {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        subjects = try json.value("subjects")
    }
}
