import KubernetesAPI

/// A field that a write would change.
public struct FieldDifference: Sendable, Hashable {
    /// Where it stands, such as `metadata.labels["hardening.dev/profile"]`.
    public var path: String
    /// What stands there; `nil` for nothing.
    public var before: JSONValue?
    /// What would stand there; `nil` for nothing.
    public var after: JSONValue?

    /// A difference with the given parts.
    public init(path: String, before: JSONValue?, after: JSONValue?) {
        self.path = path
        self.before = before
        self.after = after
    }
}

extension Operation {
    // They say which object is meant, or in which version, and are no change of it.
    private static let identity: Set<String> = [
        "apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.resourceVersion",
    ]

    /// What it would change of `object`, as that is now; `nil` for one that is not there. Sorted by path.
    ///
    /// Lists are compared as a whole. Empty and absent lists and objects are the same to the API server.
    public func differences(from object: JSONValue?) -> [FieldDifference] {
        let document: JSONValue
        switch verb {
        case .apply(let applied): document = applied
        case .merge(let patch): document = patch
        case .delete: return []
        }
        var differences: [FieldDifference] = []
        func compare(_ wanted: JSONValue, _ present: JSONValue?, _ path: String) {
            if Self.identity.contains(path) { return }
            if case .object(let members) = wanted {
                for (key, value) in members { compare(value, present.flatMap { $0[key] }, Self.path(path, key)) }
                return
            }
            let before: JSONValue? = present == .null ? .none : present
            let after: JSONValue? = wanted == .null ? .none : wanted
            if before != after, !((before ?? .null).isVacant && (after ?? .null).isVacant) {
                differences.append(FieldDifference(path: path, before: before, after: after))
            }
        }
        compare(document, object, "")
        return differences.sorted { $0.path < $1.path }
    }

    // As JSONPath and kubectl write it.
    private static func path(_ path: String, _ key: String) -> String {
        if path.isEmpty { return key }
        return key.contains(".") || key.contains("/") ? "\(path)[\"\(key)\"]" : "\(path).\(key)"
    }
}

extension JSONValue {
    fileprivate var isVacant: Bool {
        switch self {
        case .null: true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }
}
