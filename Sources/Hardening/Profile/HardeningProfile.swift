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
    public var spec: Result<ProfileSpec, InvalidProfile>
    /// What was last published of it.
    public var status: ProfileStatus?
    /// What is written there and is no field of a profile, by where it stands; the rest is read all the same. A server
    /// stores nothing of the kind, unless its schema is of a newer release.
    public private(set) var unknownFields: [FieldError] = []

    /// A profile with the given parts.
    public init(metadata: ObjectMeta, spec: ProfileSpec, status: ProfileStatus? = nil) {
        self.metadata = metadata
        self.spec = .success(spec)
        self.status = status
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case apiVersion, kind, metadata, spec, status
    }

    /// Reads a profile. A spec that cannot be read is kept as an error in ``spec``; only broken metadata is thrown.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        do {
            let document = try container.decodeIfPresent(JSONValue.self, forKey: .spec)
            let reading = FieldReader.read(ProfileSpec.self, document, at: "spec")
            spec = reading.value
            unknownFields = reading.unknown
        } catch let error as DecodingError {
            spec = .failure(InvalidProfile(problems: [FieldError(error)]))
        }
        let fields = Set(CodingKeys.allCases.map(\.stringValue))
        let names = try decoder.container(keyedBy: AnyCodingKey.self).allKeys.map(\.stringValue)
        unknownFields +=
            names.filter { !fields.contains($0) }.sorted()
            .map { FieldError(unknown: $0, at: $0, of: "", known: fields) }
        // A status that somebody broke is as good as none: it will be written anew.
        status = try? container.decodeIfPresent(ProfileStatus.self, forKey: .status)
    }
}
