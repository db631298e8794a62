import KubernetesAPI

/// `hardening.dev/v1alpha1` `HardeningProfile`.
public struct HardeningProfile: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "hardening.dev",
        version: "v1alpha1",
        plural: "hardeningprofiles",
        kind: "HardeningProfile",
        isNamespaced: false
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// What it asks for, or why that cannot be read: a profile that is not understood must be reported, not skipped.
    public var spec: Result<ProfileSpec, FieldError>
    /// What was last published of it.
    public var status: ProfileStatus?

    /// A profile with the given parts.
    public init(metadata: ObjectMeta, spec: ProfileSpec, status: ProfileStatus? = nil) {
        self.metadata = metadata
        self.spec = .success(spec)
        self.status = status
    }

    private enum CodingKeys: String, CodingKey {
        case metadata, spec, status
    }

    /// Reads a profile. A spec that cannot be read is kept as an error in ``spec``; only broken metadata is thrown.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        do {
            spec = .success(try container.decode(ProfileSpec.self, forKey: .spec))
        } catch let error as DecodingError {
            spec = .failure(FieldError(error, in: try? container.decode(JSONValue.self, forKey: .spec)))
        }
        // A status that somebody broke is as good as none: it will be written anew.
        status = try? container.decodeIfPresent(ProfileStatus.self, forKey: .status)
    }
}

extension FieldError {
    /// The field and the expectation out of a decoding error, and the value out of `spec`.
    init(_ error: DecodingError, in spec: JSONValue?) {
        // Within a watch event or a list, the object is below other keys: begin at its spec.
        func keys(_ context: DecodingError.Context) -> [any CodingKey] {
            Array(context.codingPath.drop { $0.stringValue != "spec" })
        }
        func path(_ keys: [any CodingKey]) -> String {
            let text = keys.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined()
            return text.hasPrefix(".") ? String(text.dropFirst()) : text
        }
        func value(_ keys: [any CodingKey]) -> String {
            keys.dropFirst().reduce(spec) { $0?[$1] }?.summary ?? "the value there"
        }
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let keys = keys(context)
            self.init(path(keys), value: value(keys), expected: "of type \(type)")
        case .keyNotFound(let key, let context):
            self.init(path(keys(context) + [key]), value: "", expected: "set, as it must be")
        case .dataCorrupted(let context):
            let keys = keys(context)
            let field = path(keys.filter { $0.intValue == nil })
            self.init(path(keys), value: value(keys), expected: "what `kubectl explain hp.\(field)` lists")
        @unknown default:
            self.init("spec", value: "the value there", expected: "readable: \(error)")
        }
    }
}

extension JSONValue {
    fileprivate subscript(key: any CodingKey) -> JSONValue? {
        guard case .array(let elements) = self else { return self[key.stringValue] }
        return key.intValue.flatMap { elements.indices.contains($0) ? elements[$0] : nil }
    }

    /// What fits into a sentence of it.
    fileprivate var summary: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array: "[...]"
        case .object: "{...}"
        }
    }
}
