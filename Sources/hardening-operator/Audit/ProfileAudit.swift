import Hardening
import KubernetesAPI

/// Judges manifests as a profile would judge them in a cluster that holds nothing else.
struct ProfileAudit: Sendable {
    /// The profile.
    let profile: CompiledProfile

    /// Reads the profile of a file.
    ///
    /// - Throws: `ManifestProblem` unless it holds exactly one HardeningProfile that is understood.
    init(file: String) throws(ManifestProblem) {
        let contents = ManifestFile(try InputFiles.contents(of: file), file: file)
        if let problem = contents.problems.first { throw problem }
        let profiles = contents.manifests.filter {
            $0.kind == HardeningProfile.resource.kind && $0.group == HardeningProfile.resource.group
        }
        guard let manifest = profiles.first, profiles.count == 1 else {
            throw ManifestProblem(
                file: file,
                line: nil,
                message: "expected one HardeningProfile (\(HardeningProfile.resource.apiVersion)), "
                    + "found \(profiles.count)"
            )
        }
        let profile = try manifest.decode(HardeningProfile.self, manifest.node, at: "")
        do {
            self.profile = try CompiledProfile(profile)
        } catch {
            throw ManifestProblem(
                file: file,
                line: error.problems.first.map { manifest.line(of: $0.field) },
                message: "\(manifest.name): \(error)"
            )
        }
    }

    /// What the profile says of the objects, in their order; `nil` as long as nothing here can say.
    func judge(_ manifests: [Manifest]) -> [AuditFinding]? {
        nil
    }
}
