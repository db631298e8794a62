import Hardening
import KubernetesAPI

/// What is kept of a profile.
struct ObservedProfile: Sendable, Equatable {
    var name: String
    var uid: String
    var resourceVersion: ResourceVersion
    var generation: Int64
    var finalizers: [String]
    var isBeingDeleted: Bool
    var compiled: Result<CompiledProfile, InvalidProfile>
    var status: ProfileStatus?

    init(_ profile: HardeningProfile) {
        name = profile.metadata.name
        uid = profile.metadata.uid
        resourceVersion = profile.metadata.resourceVersion
        generation = profile.metadata.generation
        finalizers = profile.metadata.finalizers
        isBeingDeleted = profile.metadata.deletionTimestamp != nil
        compiled = Result { () throws(InvalidProfile) in try CompiledProfile(profile) }
        status = profile.status
    }

    var hasFinalizer: Bool { finalizers.contains(Marks.finalizer) }

    /// Whether it should have our finalizer. While it is not understood, or is on its way out, what there is stays.
    var wantsFinalizer: Bool {
        guard !isBeingDeleted, case .success(let profile) = compiled else { return hasFinalizer }
        return profile.releasesOnDeletion
    }

    /// Whether `other` asks the same of namespaces: everything but status and the like.
    func asksTheSame(as other: ObservedProfile) -> Bool {
        uid == other.uid && generation == other.generation && isBeingDeleted == other.isBeingDeleted
            && hasFinalizer == other.hasFinalizer
    }

    /// As far as governing is concerned; since when it has been writing, others know.
    func state(writingSince since: Timestamp?) -> ProfileState {
        ProfileState(name: name, compiled: compiled.map { $0.writing(since: since) }, isBeingDeleted: isBeingDeleted)
    }

    static func == (left: ObservedProfile, right: ObservedProfile) -> Bool {
        left.uid == right.uid && left.resourceVersion == right.resourceVersion
    }
}
