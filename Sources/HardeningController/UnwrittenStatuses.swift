import ControllerRuntime
import Synchronization

/// How long each profile's status has not said what is known of it, since it could not be written. Nobody can see that in
/// the status itself.
final class UnwrittenStatuses: Sendable {
    private struct Entry {
        // The first try that failed since the last that did not.
        var since: ContinuousClock.Instant?
        var wasReported = false
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The status of `profile` says what is known.
    func written(_ profile: String) { entries.withLock { $0[profile] = Entry() } }

    /// There is no such profile any more.
    func forget(_ profile: String) { entries.withLock { $0[profile] = nil } }

    /// The status of `profile` could not be written.
    func failed(_ profile: String, at now: ContinuousClock.Instant) {
        entries.withLock { entries in
            if entries[profile]?.since == nil { entries[profile, default: Entry()].since = now }
        }
    }

    /// Whether to tell a person that the status of `profile` is old: once, when it has been for too long.
    func isToReport(_ profile: String, at now: ContinuousClock.Instant) -> Bool {
        entries.withLock { entries in
            guard let entry = entries[profile], let since = entry.since, !entry.wasReported,
                now - since >= WatchHealth.tolerated
            else { return false }
            entries[profile]?.wasReported = true
            return true
        }
    }

    /// For how long each profile that was looked after has had a status that is old; zero for one that is not.
    func ages(at now: ContinuousClock.Instant) -> [String: Duration] {
        entries.withLock { $0.mapValues { entry in entry.since.map { now - $0 } ?? .zero } }
    }

    /// Those of ``ages(at:)`` that have been old for too long.
    func overdue(at now: ContinuousClock.Instant) -> [String: Duration] {
        ages(at: now).filter { $0.value >= WatchHealth.tolerated }
    }
}
