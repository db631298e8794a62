import Hardening
import Synchronization

/// The limiter of repairs, shared by all workers.
final class SharedRepairLimiter: Sendable {
    private let limiter = Mutex(RepairLimiter())

    /// Until when `operation` has to wait; `nil` if it may be carried out now.
    func pause(of operation: Operation) -> ContinuousClock.Instant? {
        limiter.withLock { $0.pause(of: operation, at: .now) }
    }

    /// `operation` was carried out.
    func carriedOut(_ operation: Operation) {
        limiter.withLock { $0.carriedOut(operation, at: .now) }
    }
}
