import Hardening
import Synchronization

/// The limiter of repairs, shared by all workers.
final class SharedRepairLimiter: Sendable {
    let limiter = Mutex(RepairLimiter())
}
