import Hardening
import Synchronization

/// Counts the repairs of drift, for all workers.
final class DriftCounter: Sendable {
    private let tracker = Mutex(DriftTracker())
    private let registry: ProfileRegistry
    private let metrics: ComplianceMetrics

    init(registry: ProfileRegistry, metrics: ComplianceMetrics) {
        self.registry = registry
        self.metrics = metrics
    }

    /// Of a `plan` that was made by `view`, this was carried out.
    func count(
        _ done: Set<Operation>,
        of plan: Plan,
        _ view: NamespaceView,
        for decision: Governance.Decision
    ) {
        // Nothing of a profile that has gone meanwhile, whose series would stay.
        guard !done.isEmpty, let profile = decision.governor?.name, registry.profile(profile) != nil else { return }
        let repairs = tracker.withLock { $0.repairs(done, view, under: profile) }
        if repairs.isEmpty { return }
        for step in plan.steps {
            for operation in step.operations where repairs.contains(operation) {
                metrics.repaired(step.control, of: profile)
            }
        }
    }

    /// All stands that was decided on.
    func settled(_ view: NamespaceView, for decision: Governance.Decision) {
        let profile = decision.governor.flatMap { $0.isWriting ? $0.name : nil }
        tracker.withLock { $0.settled(view, under: profile) }
    }

    /// The namespace is gone.
    func forget(_ namespace: String) { tracker.withLock { $0.forget(namespace) } }
}
