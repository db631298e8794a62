/// `metav1.OwnerReference`.
public struct OwnerReference: Sendable, Hashable {
    /// The owner's group and version, such as `apps/v1`.
    public var apiVersion: String
    /// The owner's kind.
    public var kind: String
    /// The owner's name, in the same namespace or cluster-scoped.
    public var name: String
    /// Tells the owner apart from another that bears its name later.
    public var uid: String
    /// Whether it is the one owner that manages the object.
    public var controller: Bool?

    /// A reference with the given parts.
    public init(apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = nil) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
    }

    /// The owner's group, empty for the core group.
    public var group: String {
        apiVersion.split(separator: "/").count == 2 ? String(apiVersion.prefix { $0 != "/" }) : ""
    }
}

extension OwnerReference: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        apiVersion = try json.value("apiVersion") ?? ""
        kind = try json.value("kind") ?? ""
        name = try json.value("name") ?? ""
        uid = try json.value("uid") ?? ""
        controller = try json.value("controller")
    }
}
