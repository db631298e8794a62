import KubernetesAPI

/// One request of a watch.
public struct WatchQuery: Sendable, Hashable {
    /// The version after which events are wanted: from a list, an event or a bookmark.
    public var resourceVersion: ResourceVersion
    /// After how long the server is to end the stream.
    public var timeout: Duration

    /// A watch from `resourceVersion` on.
    public init(resourceVersion: ResourceVersion, timeout: Duration) {
        self.resourceVersion = resourceVersion
        self.timeout = timeout
    }

    var queryItems: [(String, String)] {
        [
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", resourceVersion.rawValue),
            ("timeoutSeconds", String(timeout.components.seconds)),
        ]
    }
}

/// An object as a watch shows it, before it is read.
public struct ShownObject: Sendable {
    /// Its namespace, empty for cluster-scoped objects.
    public let namespace: String
    /// Its name.
    public let name: String
    /// The version that is shown.
    public let resourceVersion: ResourceVersion
    /// ``KubernetesObject/contentDigest`` of what it would be read as.
    public let contentDigest: Int
}

/// What a watch says.
public enum WatchEvent<Object: KubernetesObject>: Sendable {
    /// The object came, or came into the selection.
    case added(Object)
    /// The object changed.
    case modified(Object)
    /// The object went, or went out of the selection; its last state.
    case deleted(Object)
    /// Nothing happened up to this version.
    case bookmark(ResourceVersion)
    /// The server ends the stream, and why. The last event.
    case error(Status)
    /// An event that cannot be read: of an unknown type, or with an object that does not decode.
    case unreadable(UnreadableObject)
}

/// An object of which no more could be read than who it is, if that.
public struct UnreadableObject: Error, Sendable, Hashable, CustomStringConvertible {
    /// Its name, namespace, uid and version, if at least those were readable; nothing else.
    public var metadata: ObjectMeta?
    /// What is wrong with it.
    public var message: String
    /// Whether a watch said that it is gone.
    public var isDeleted: Bool

    /// An object of which `metadata` could be read.
    public init(metadata: ObjectMeta?, message: String, isDeleted: Bool = false) {
        self.metadata = metadata
        self.message = message
        self.isDeleted = isDeleted
    }

    /// Who it is, if that is known, and what is wrong with it.
    public var description: String {
        let name = metadata.map { [$0.namespace, $0.name].compactMap(\.self).joined(separator: "/") }
        return "\(name ?? "an object without readable metadata"): \(message)"
    }
}
