import KubernetesAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

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

    private static let fields: Set = ["apiVersion", "kind", "metadata", "spec", "status"]

    /// Reads a profile. A spec that cannot be read is kept as an error in ``spec``; only broken metadata is thrown.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        do {
            let reading = FieldReader.read(ProfileSpec.self, try json.value("spec"), at: "spec")
            spec = reading.value
            unknownFields = reading.unknown
        } catch {
            spec = .failure(InvalidProfile(problems: [FieldError(error)]))
        }
        var unknown: [String] = []
        try json.forEachMember { (name, _) throws(JSONError) in
            if !Self.fields.contains(name) { unknown.append(name) }
        }
        unknownFields += unknown.sorted().map { FieldError(unknown: $0, at: $0, of: "", known: Self.fields) }
        // A status that somebody broke is as good as none: it will be written anew.
        status = try json.member("status").flatMap {
            try? JSONDecoder().decode(ProfileStatus.self, from: Data($0.text))
        }
    }
}
