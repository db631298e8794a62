/// A resource as the API server serves it: where its objects are found.
public struct Resource: Sendable, Hashable {
    /// The API group, empty for the core group.
    public var group: String
    /// The version, such as `v1`.
    public var version: String
    /// The plural name in paths, such as `networkpolicies`.
    public var plural: String
    /// The kind of its objects, such as `NetworkPolicy`.
    public var kind: String
    /// Whether its objects live in namespaces.
    public var isNamespaced: Bool

    /// A resource with the given parts.
    public init(group: String, version: String, plural: String, kind: String, isNamespaced: Bool) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// What stands in an object's `apiVersion`: the version, after the group if there is one.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// The path of the collection, of a namespace's part of it, or of one object. A namespace is ignored for
    /// cluster-scoped resources; a `subresource` is such as `status`.
    public func path(namespace: String? = nil, name: String? = nil, subresource: String? = nil) -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, let namespace { path += "/namespaces/\(namespace)" }
        path += "/\(plural)"
        if let name { path += "/\(name)" }
        if let subresource { path += "/\(subresource)" }
        return path
    }
}

extension Resource: CustomStringConvertible {
    /// `networkpolicies.networking.k8s.io`, as kubectl names it.
    public var description: String { group.isEmpty ? plural : "\(plural).\(group)" }
}

/// A kind that can be read from the API server, holding the fields that something here reads.
public protocol KubernetesObject: JSONReadable, Sendable {
    /// Where objects of this kind are found, in the version to prefer.
    static var resource: Resource { get }
    /// Older versions of the same resource whose fields read alike, for servers that lack the preferred one.
    static var olderVersions: [String] { get }
    /// The object's metadata.
    var metadata: ObjectMeta { get }
    /// A digest of all that is read of the object but its version, where its encoding makes that cheap to know. Two states of
    /// one object that have the same say the same, but by a chance of one in 2^64, which nobody outside can bring about:
    /// digests are seeded at random in each process.
    var contentDigest: Int? { get }
}

extension KubernetesObject {
    /// None.
    public static var olderVersions: [String] { [] }
    /// None.
    public var contentDigest: Int? { nil }
}
