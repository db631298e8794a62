import KubernetesAPI

/// Which objects of a resource, chosen by the server.
public struct Selection: Sendable, Hashable {
    /// Only this namespace's.
    public var namespace: String?
    /// A label selector in its written form, such as `app=web,tier!=test`.
    public var labels: String?
    /// A field selector, such as `metadata.name=kube-dns`.
    public var fields: String?

    /// A choice with the given parts; without any, everything.
    public init(namespace: String? = nil, labels: String? = nil, fields: String? = nil) {
        self.namespace = namespace
        self.labels = labels
        self.fields = fields
    }

    /// Everything.
    public static let all = Selection()

    /// The choice of `resource`'s objects, in words: `services (kube-system metadata.name=kube-dns)`.
    public func describe(_ resource: Resource) -> String {
        let place = [namespace, fields, labels].compactMap(\.self).joined(separator: " ")
        return place.isEmpty ? "\(resource)" : "\(resource) (\(place))"
    }

    var queryItems: [(String, String)] {
        [("labelSelector", labels), ("fieldSelector", fields)].compactMap { name, value in value.map { (name, $0) } }
    }
}

/// What a list may be answered from.
///
/// Source: API concepts, "Semantics for get and list". Three meanings that one optional string would mix up.
public enum ListFreshness: Sendable, Hashable {
    /// The state at the time of asking.
    case mostRecent
    /// Not older than a version seen before; spares etcd. The match is always sent explicitly, since the server takes a
    /// bare version with a limit to mean exactly that one.
    case notOlderThan(ResourceVersion)
}

/// One request of a list.
public struct ListQuery: Sendable, Hashable {
    /// What it may be answered from; ignored with a continue token, which stands for its own version.
    public var freshness: ListFreshness
    /// How many items to a page; the server may send more. `nil` asks for all at once.
    public var limit: Int?
    /// Where the page before ended.
    public var continueToken: String?

    /// A request for the first page, or the page after `continueToken`.
    public init(freshness: ListFreshness = .mostRecent, limit: Int? = nil, continueToken: String? = nil) {
        self.freshness = freshness
        self.limit = limit
        self.continueToken = continueToken
    }

    var queryItems: [(String, String)] {
        var items: [(String, String)] = []
        if let limit { items.append(("limit", String(limit))) }
        if let continueToken {
            // Together with a version the server answers 400.
            items.append(("continue", continueToken))
        } else if case .notOlderThan(let version) = freshness, !version.isEmpty {
            // A match without a version is refused, too.
            items.append(("resourceVersion", version.rawValue))
            items.append(("resourceVersionMatch", "NotOlderThan"))
        }
        return items
    }
}

/// `metadata` of a list.
public struct ListMetadata: Sendable, Hashable {
    /// The version of the whole list: where to begin watching.
    public var resourceVersion: ResourceVersion
    /// Where the next page begins; `nil` at the end.
    public var continueToken: String?

    /// Metadata with the given parts.
    public init(resourceVersion: ResourceVersion, continueToken: String? = nil) {
        self.resourceVersion = resourceVersion
        self.continueToken = continueToken
    }
}

extension ListMetadata: JSONReadable {
    /// Reads `metadata` of a list; whatever is absent there is empty here.
    public init(json: JSONReader) throws(JSONError) {
        resourceVersion = try json.value("resourceVersion") ?? ResourceVersion("")
        // An empty token is the end, not a page.
        let token: String? = try json.value("continue")
        continueToken = token.flatMap { $0.isEmpty ? nil : $0 }
    }
}
