/// Which object something is about: the part of `core/v1` `ObjectReference` that tells objects apart.
public struct ObjectReference: Sendable, Hashable {
    /// Its group and version, such as `networking.k8s.io/v1`.
    public var apiVersion: String
    /// Its kind.
    public var kind: String
    /// Its name.
    public var name: String
    /// Its namespace; `nil` for a cluster-scoped object.
    public var namespace: String?
    /// Tells it apart from another that bears its name later.
    public var uid: String

    /// The object of `type` with this name.
    public init<Object: KubernetesObject>(_ type: Object.Type, name: String, namespace: String? = nil, uid: String) {
        apiVersion = Object.resource.apiVersion
        kind = Object.resource.kind
        self.name = name
        self.namespace = namespace
        self.uid = uid
    }

    /// As the API has it.
    public var document: JSONValue {
        var document: JSONValue = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
        ]
        document["namespace"] = namespace.map { .string($0) }
        return document
    }
}
