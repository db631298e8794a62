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
            spec = .failure(FieldError(error))
        }
        // A status that somebody broke is as good as none: it will be written anew.
        status = try? container.decodeIfPresent(ProfileStatus.self, forKey: .status)
    }
}

extension FieldError {
    /// The field and the expectation out of a decoding error.
    init(_ error: DecodingError) {
        func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            // Within a watch event or a list, the object is below other keys: begin at its spec.
            let keys = (context.codingPath + [key].compactMap { $0 }).drop { $0.stringValue != "spec" }
            return keys.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }.joined().drop { $0 == "." }
                .description
        }
        switch error {
        case .typeMismatch(let type, let context):
            self.init(path(context), value: "the value there", expected: "of type \(type)")
        case .valueNotFound(let type, let context):
            self.init(path(context), value: "null", expected: "of type \(type)")
        case .keyNotFound(let key, let context):
            self.init(path(context, key), value: "", expected: "set, as it must be")
        case .dataCorrupted(let context):
            self.init(path(context), value: "the value there", expected: "valid: \(context.debugDescription)")
        @unknown default:
            self.init("spec", value: "the value there", expected: "readable: \(error)")
        }
    }
}
