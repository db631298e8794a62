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

extension OwnerReference: Decodable {
    private enum CodingKeys: String, CodingKey {
        case apiVersion, kind, name, uid, controller
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            apiVersion: try container.value(.apiVersion, default: ""),
            kind: try container.value(.kind, default: ""),
            name: try container.value(.name, default: ""),
            uid: try container.value(.uid, default: ""),
            controller: try container.decodeIfPresent(Bool.self, forKey: .controller)
        )
    }
}
