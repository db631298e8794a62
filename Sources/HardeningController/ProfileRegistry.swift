import ControllerRuntime
import Hardening
import KubernetesAPI
import Synchronization

/// Who governs, and which namespaces have not been looked at since a profile changed.
final class ProfileRegistry: Sendable {
    /// How far a profile's namespaces have been looked at.
    struct Progress: Sendable {
        var pending: Set<String> = []
        /// Of the spec that they are looked at by; `nil` for a profile that is not known yet.
        var generation: Int64?
        var since = ContinuousClock.now
    }

    private struct State {
        var governance = Governance([])
        // Counts the changes of profiles, to tell by which state of them a namespace was looked at.
        var revision = 0
        var progress: [String: Progress] = [:]
        // Of the profiles that write.
        var writingSince: [String: Timestamp] = [:]
    }

    private let profiles: Store<ObservedProfile>
    private let state = Mutex(State())

    private let now: @Sendable () -> Timestamp

    init(profiles: Store<ObservedProfile>, now: @escaping @Sendable () -> Timestamp) {
        self.profiles = profiles
        self.now = now
    }

    /// Who governs which namespace, and as of which revision of the profiles.
    var governance: (Governance, revision: Int) { state.withLock { ($0.governance, $0.revision) } }

    /// The profile `name` as it was last seen.
    func profile(_ name: String) -> ObservedProfile? { profiles.value(name) }

    /// Since when the profile `name` has been writing without a break; `nil` while it is not.
    func writingSince(of name: String) -> Timestamp? { state.withLock { $0.writingSince[name] } }

    /// These profiles have changed: all of `namespaces` are to be looked at by their measure.
    func changed(_ names: [String], _ namespaces: some Sequence<String>) {
        let namespaces = Set(namespaces)
        state.withLock { state in
            // Within the lock: of two changes at a time, the later look at the profiles must not lose.
            let seen = profiles.values()
            state.writingSince = Self.writingSince(seen, state.writingSince, now())
            state.governance = Governance(seen.map { $0.state(writingSince: state.writingSince[$0.name]) })
            state.revision += 1
            for name in names {
                state.progress[name] = profiles.value(name).map {
                    Progress(pending: namespaces, generation: $0.generation)
                }
            }
        }
    }

    // What is published is what others wrote by, too: after a restart, or while another replica led.
    static func writingSince(
        _ profiles: [ObservedProfile],
        _ known: [String: Timestamp],
        _ now: Timestamp
    ) -> [String: Timestamp] {
        var since: [String: Timestamp] = [:]
        for profile in profiles {
            guard case .success(let compiled) = profile.compiled, compiled.isWriting else { continue }
            let condition = profile.status?.condition(.enforcing)
            let published = condition?.status == .true ? condition?.lastTransitionTime : nil
            since[profile.name] = published ?? known[profile.name] ?? now
        }
        return since
    }

    /// A namespace has been looked at by the measure of all profiles as of `revision`. Whoever began before the last
    /// change of a profile has not seen it, and will look again.
    ///
    /// - Returns: the profiles that have nothing more to wait for.
    func lookedAt(_ namespace: String, asOf revision: Int) -> [String] {
        state.withLock { state in
            guard revision == state.revision else { return [] }
            var finished: [String] = []
            for profile in state.progress.keys {
                guard state.progress[profile]?.pending.remove(namespace) != nil else { continue }
                if state.progress[profile]?.pending.isEmpty == true { finished.append(profile) }
            }
            return finished
        }
    }

    /// How far the namespaces of `profile` have been looked at.
    func progress(of profile: String) -> Progress {
        state.withLock { $0.progress[profile] ?? Progress() }
    }
}
