/// `v1.LimitRange`.
public struct LimitRange: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "",
        version: "v1",
        plural: "limitranges",
        kind: "LimitRange",
        isNamespaced: true
    )

    /// What a limit is about.
    public enum LimitType: String, Sendable, Hashable, Codable, CaseIterable {
        /// Each container, which may also be given defaults.
        case container = "Container"
        /// The sum over a pod's containers.
        case pod = "Pod"
        /// The storage that a claim asks for.
        case persistentVolumeClaim = "PersistentVolumeClaim"
    }

    /// Quantities by resource name, as they were written.
    public typealias Quantities = [String: String]

    /// One item of `spec.limits`.
    public struct Item: Sendable, Hashable, Codable {
        /// What it is about.
        public var type: LimitType
        /// The limit of a container that sets none.
        public var `default`: Quantities?
        /// The request of a container that sets none.
        public var defaultRequest: Quantities?
        /// The least that may be asked for.
        public var min: Quantities?
        /// The most that may be asked for.
        public var max: Quantities?
        /// The greatest limit, as a multiple of the request.
        public var maxLimitRequestRatio: Quantities?

        /// An item with the given parts.
        public init(
            type: LimitType,
            default: Quantities? = nil,
            defaultRequest: Quantities? = nil,
            min: Quantities? = nil,
            max: Quantities? = nil,
            maxLimitRequestRatio: Quantities? = nil
        ) {
            self.type = type
            self.default = `default`
            self.defaultRequest = defaultRequest
            self.min = min
            self.max = max
            self.maxLimitRequestRatio = maxLimitRequestRatio
        }
    }

    /// `spec` of a limit range.
    public struct Spec: Sendable, Hashable, Codable {
        /// Its items, at most one per type.
        public var limits: [Item]

        /// A spec with these items.
        public init(limits: [Item]) {
            self.limits = limits
        }
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// What it limits.
    public var spec: Spec

    /// A limit range with the given parts.
    public init(metadata: ObjectMeta, spec: Spec) {
        self.metadata = metadata
        self.spec = spec
    }
}

extension LimitRange {
    private enum CodingKeys: String, CodingKey {
        case metadata, spec
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        spec = try container.decodeIfPresent(Spec.self, forKey: .spec) ?? Spec(limits: [])
    }
}

extension LimitRange.Spec {
    private enum CodingKeys: String, CodingKey {
        case limits
    }

    // The server also stores items of types that it knows nothing of, if these are qualified (`example.com/gpu`). They
    // limit nothing that is looked at here, and must not hide the others.
    private enum Element: Decodable {
        case item(LimitRange.Item)
        case other

        private enum CodingKeys: String, CodingKey {
            case type
        }

        init(from decoder: any Decoder) throws {
            let type = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .type)
            self = LimitRange.LimitType(rawValue: type) == nil ? .other : .item(try LimitRange.Item(from: decoder))
        }
    }

    /// Reads the API's form, without items of types that are not Kubernetes' own; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        limits = (try container.decodeIfPresent([Element].self, forKey: .limits) ?? []).compactMap { element in
            if case .item(let item) = element { item } else { nil }
        }
    }
}

extension LimitRange.Item {
    private enum CodingKeys: String, CodingKey {
        case type, `default`, defaultRequest, min, max, maxLimitRequestRatio
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // A quantity may be written as a number, which is its canonical text.
        func quantities(_ key: CodingKeys) throws -> LimitRange.Quantities? {
            try container.decodeIfPresent([String: IntOrString].self, forKey: key)?.mapValues(\.description)
        }
        self.init(
            type: try container.decode(LimitRange.LimitType.self, forKey: .type),
            default: try quantities(.default),
            defaultRequest: try quantities(.defaultRequest),
            min: try quantities(.min),
            max: try quantities(.max),
            maxLimitRequestRatio: try quantities(.maxLimitRequestRatio)
        )
    }
}
