import Hardening
import Synchronization

/// What is contested, shared by all workers.
final class SharedContests: Sendable {
    private let contests: Mutex<OwnershipContests>

    init(rules: OwnershipContests.Rules) {
        contests = Mutex(OwnershipContests(rules: rules))
    }

    func rule(on operation: Operation, of control: ControlName, repairsDrift: Bool) -> OwnershipContests.Ruling {
        contests.withLock { $0.rule(on: operation, of: control, repairsDrift: repairsDrift, at: .now) }
    }

    func carriedOut(_ operation: Operation, of control: ControlName) {
        contests.withLock { $0.carriedOut(operation, of: control, at: .now) }
    }

    func noticed(_ rival: OwnershipContests.Rival, in operation: Operation) {
        contests.withLock { $0.noticed(rival, in: operation) }
    }

    func pauseEnd(of operation: Operation) -> ContinuousClock.Instant? {
        contests.withLock { $0.pauseEnd(of: operation, at: .now) }
    }

    /// What is contested in a namespace, and when the next of it ends if nothing happens.
    func contests(in namespace: String) -> (all: [OwnershipContests.Contest], nextEnd: ContinuousClock.Instant?) {
        contests.withLock { contests in
            let now = ContinuousClock.now
            contests.forgetWhatIsOver(at: now)
            return (contests.contests(in: namespace, at: now), contests.nextEnd(in: namespace, at: now))
        }
    }
}
