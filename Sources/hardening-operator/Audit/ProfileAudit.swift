import Hardening
import KubernetesAPI

/// Judges manifests as a profile would judge them in a cluster that holds nothing else.
struct ProfileAudit: Sendable {
    /// The profile.
    let profile: CompiledProfile

    /// An audit by `profile`.
    init(_ profile: CompiledProfile) {
        self.profile = profile
    }

    /// What the profile says of the objects, in their order; `nil` as long as nothing here can say.
    func judge(_ manifests: [Manifest]) -> [AuditFinding]? {
        nil
    }
}
