import Hardening
import Synchronization

/// Tells and counts the repairs of drift, for all workers.
final class DriftCounter: Sendable {
    private let tracker = Mutex(DriftTracker())
    private let registry: ProfileRegistry
    private let metrics: ComplianceMetrics

    init(registry: ProfileRegistry, metrics: ComplianceMetrics) {
        self.registry = registry
        self.metrics = metrics
    }

    /// What of a `plan` that was made by `view` repairs drift.
    func repairs(in plan: Plan, _ view: NamespaceView, for decision: Governance.Decision) -> Set<Operation> {
        guard let profile = decision.governor?.name, !plan.isEmpty else { return [] }
        return tracker.withLock { $0.repairs(plan.steps.flatMap(\.operations), view, under: profile) }
    }

    /// These repairs were carried out on behalf of who governs.
    func count(_ repairs: some Sequence<Repair>, for decision: Governance.Decision) {
        // Nothing of a profile that has gone meanwhile, whose series would stay.
        guard let profile = decision.governor?.name, registry.profile(profile) != nil else { return }
        for repair in repairs { metrics.repaired(repair.control, of: profile) }
    }

    /// All stands that was decided on.
    func settled(_ view: NamespaceView, for decision: Governance.Decision) {
        let profile = decision.governor.flatMap { $0.isWriting ? $0.name : nil }
        tracker.withLock { $0.settled(view, under: profile) }
    }

    /// The namespace is gone.
    func forget(_ namespace: String) { tracker.withLock { $0.forget(namespace) } }
}
