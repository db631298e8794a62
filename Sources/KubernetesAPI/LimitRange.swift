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
    public enum LimitType: String, Sendable, Hashable, Codable, JSONReadable, CaseIterable {
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
    public struct Spec: Sendable, Hashable {
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
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        spec = try json.value("spec") ?? Spec(limits: [])
    }
}

extension LimitRange.Spec: JSONReadable {
    /// Reads the API's form, without items of types that are not Kubernetes' own.
    ///
    /// The server also stores items of types that it knows nothing of, if these are qualified (`example.com/gpu`). They
    /// limit nothing that is looked at here, and must not hide the others.
    public init(json: JSONReader) throws(JSONError) {
        limits = []
        try json.member("limits")?.forEachElement { (item) throws(JSONError) in
            let type: String = try item.required("type")
            if LimitRange.LimitType(rawValue: type) != nil { limits.append(try LimitRange.Item(json: item)) }
        }
    }
}

extension LimitRange.Item: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        // A quantity may be written as a number, which is its canonical text.
        func quantities(_ name: StaticString) throws(JSONError) -> LimitRange.Quantities? {
            try json.value(name, as: [String: IntOrString].self)?.mapValues(\.description)
        }
        type = try json.required("type")
        `default` = try quantities("default")
        defaultRequest = try quantities("defaultRequest")
        min = try quantities("min")
        max = try quantities("max")
        maxLimitRequestRatio = try quantities("maxLimitRequestRatio")
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
