import ControllerRuntime
import Hardening
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
    }

    private let profiles: Store<ObservedProfile>
    private let state = Mutex(State())

    init(profiles: Store<ObservedProfile>) {
        self.profiles = profiles
    }

    /// Who governs which namespace, and as of which revision of the profiles.
    var governance: (Governance, revision: Int) { state.withLock { ($0.governance, $0.revision) } }

    /// The profile `name` as it was last seen.
    func profile(_ name: String) -> ObservedProfile? { profiles.value(name) }

    /// These profiles have changed: all of `namespaces` are to be looked at by their measure.
    func changed(_ names: [String], _ namespaces: some Sequence<String>) {
        let namespaces = Set(namespaces)
        state.withLock { state in
            // Within the lock: of two changes at a time, the later look at the profiles must not lose.
            state.governance = Governance(profiles.values().map(\.state))
            state.revision += 1
            for name in names {
                state.progress[name] = profiles.value(name).map {
                    Progress(pending: namespaces, generation: $0.generation)
                }
            }
        }
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
