import ControllerRuntime
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// Looks after a profile itself: its finalizer and its status.
final class ProfileReconciler: Sendable {
    // At most one status write in this time for each profile, however much changes.
    private static let publishInterval = Duration.seconds(1)
    // After a restart, what stands in the status is truer than a count that has only begun; for so long.
    private static let patience = Duration.seconds(10)

    private let cache: ClusterCache
    private let registry: ProfileRegistry
    private let ledger: SharedLedger
    private let client: KubernetesClient
    private let outages: OutageLog
    private let metrics: ComplianceMetrics
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let unobserved: @Sendable () -> Unobserved
    private let unwritten: UnwrittenStatuses
    private let lastPublished = Mutex<[String: ContinuousClock.Instant]>([:])

    init(
        cache: ClusterCache,
        registry: ProfileRegistry,
        ledger: SharedLedger,
        client: KubernetesClient,
        outages: OutageLog,
        metrics: ComplianceMetrics,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp,
        unwritten: UnwrittenStatuses,
        unobserved: @escaping @Sendable () -> Unobserved
    ) {
        self.cache = cache
        self.registry = registry
        self.ledger = ledger
        self.client = client
        self.outages = outages
        self.metrics = metrics
        self.logger = logger
        self.now = now
        self.unwritten = unwritten
        self.unobserved = unobserved
    }

    func reconcile(_ name: String) async -> WorkOutcome {
        guard let profile = cache.profiles.value(name) else {
            outages.worked("profile \(name)")
            metrics.forget(name)
            unwritten.forget(name)
            lastPublished.withLock { $0[name] = nil }
            return .done
        }
        do {
            var obstacle: (any Error)?
            do {
                if try await settleFinalizer(of: profile) { return .done }
            } catch let error as APIError where error.isConflict || error.isNotFound {
                throw error
            } catch let error where !(error is CancellationError) {
                // Nothing is enforced without it, which people should read where they look.
                obstacle = error
            }
            let outcome = try await publish(cache.profiles.value(name) ?? profile, obstacle)
            if let obstacle { throw obstacle }
            return outcome
        } catch let error as APIError where error.isNotFound && cache.profiles.value(name) == nil {
            return .done
        } catch let error as APIError where error.isConflict {
            return .retry(atLeast: nil)
        } catch let error as APIError {
            outages.failed("profile \(name)", error)
            return error.isTerminal ? .refused : .retry(atLeast: error.retryAfter)
        } catch {
            noteUnanswered(name, error)
            return .retry(atLeast: nil)
        }
    }

    // That the server cannot be reached, the watches notice, too, and say.
    private func noteUnanswered(_ name: String, _ error: any Error) {
        if !outages.isUnreachable, unwritten.isToReport(name, at: .now) {
            logger.warning(
                "a status cannot be written, trying on: it is out of date",
                metadata: ["profile": "\(name)", "error": "\(error)"]
            )
        } else {
            logger.debug("a profile's write failed", metadata: ["profile": "\(name)", "error": "\(error)"])
        }
    }

    /// Says that nothing is known of the profile `name` since work cannot begin, and leaves what else its status says: an
    /// earlier run's, which would stand as if it still held.
    func disclaim(_ name: String) async {
        guard let profile = cache.profiles.value(name) else { return }
        let unobserved = unobserved()
        let report = StatusReport(
            generation: profile.generation,
            compiled: profile.compiled.map { $0.writing(since: registry.writingSince(of: name)) },
            isBeingDeleted: profile.isBeingDeleted,
            totals: ComplianceLedger.Totals(),
            pending: 0,
            unobserved: unobserved.essential,
            cluster: cache.facts.current
        )
        let fresh = report.status(after: profile.status, at: now())
        let status = profile.status?.disclaimed(as: fresh) ?? fresh
        guard status != profile.status else { return }
        do {
            try await write(status, of: profile)
        } catch let error as APIError {
            outages.failed("profile \(name)", error)
        } catch {
            noteUnanswered(name, error)
        }
    }

    // Whether the profile is gone with its finalizer.
    private func settleFinalizer(of profile: ObservedProfile) async throws -> Bool {
        var finalizers = profile.finalizers
        if profile.isBeingDeleted {
            guard profile.hasFinalizer, registry.progress(of: profile.name).pending.isEmpty,
                ledger.totals(of: profile.name).traces.isEmpty
            else { return false }
            finalizers.removeAll { $0 == Marks.finalizer }
        } else if profile.wantsFinalizer, !profile.hasFinalizer {
            finalizers.append(Marks.finalizer)
        } else if !profile.wantsFinalizer, profile.hasFinalizer {
            finalizers.removeAll { $0 == Marks.finalizer }
        } else {
            return false
        }
        _ = try await client.merge(
            HardeningProfile.self,
            name: profile.name,
            patch: [
                "metadata": [
                    "resourceVersion": .string(profile.resourceVersion.rawValue),
                    "finalizers": .array(finalizers.map { .string($0) }),
                ]
            ],
            fieldManager: Marks.fieldManager
        )
        guard profile.isBeingDeleted else { return false }
        logger.info("gave everything back; the profile goes", metadata: ["profile": "\(profile.name)"])
        return true
    }

    private func publish(_ profile: ObservedProfile, _ obstacle: (any Error)?) async throws -> WorkOutcome {
        let progress = registry.progress(of: profile.name)
        // Known from the answer to a write of ours, and not taken in as a change yet: that brings it back.
        guard progress.generation == profile.generation else { return .done }
        if !progress.pending.isEmpty, profile.status?.observedGeneration == profile.generation,
            .now - progress.since < Self.patience, lastPublished.withLock({ $0[profile.name] }) == nil
        {
            return .lookAgain(at: .now + Self.publishInterval)
        }
        let unobserved = unobserved()
        let report = StatusReport(
            generation: profile.generation,
            compiled: profile.compiled.map { $0.writing(since: registry.writingSince(of: profile.name)) },
            isBeingDeleted: profile.isBeingDeleted,
            totals: ledger.totals(of: profile.name),
            pending: progress.pending.count,
            unobserved: unobserved.essential,
            unobservedEvidence: unobserved.evidence,
            cluster: cache.facts.current,
            evidenceMissing: cache.unobserved,
            obstacle: obstacle.map { "\($0)" }
        )
        metrics.set(report.figures, of: profile.name)
        let status = report.status(after: profile.status, at: now())
        guard status != profile.status else {
            outages.worked("profile \(profile.name)")
            unwritten.written(profile.name)
            return rest(profile, progress)
        }
        if let last = lastPublished.withLock({ $0[profile.name] }) {
            let wait = Self.publishInterval - (.now - last)
            if wait > .zero { return .lookAgain(at: .now + wait) }
        }
        try await write(status, of: profile)
        return rest(profile, progress)
    }

    private func write(_ status: ProfileStatus, of profile: ObservedProfile) async throws {
        let written: HardeningProfile
        do {
            written = try await client.apply(
                HardeningProfile.self,
                name: profile.name,
                subresource: "status",
                document: [
                    "apiVersion": .string(HardeningProfile.resource.apiVersion),
                    "kind": .string(HardeningProfile.resource.kind),
                    "metadata": ["name": .string(profile.name), "uid": .string(profile.uid)],
                    "status": status.document,
                ],
                fieldManager: Marks.fieldManager,
                force: true
            )
        } catch {
            unwritten.failed(profile.name, at: .now)
            throw error
        }
        lastPublished.withLock { $0[profile.name] = .now }
        unwritten.written(profile.name)
        outages.worked("profile \(profile.name)")
        for condition in status.news(since: profile.status) {
            logger.info(
                "\(condition.type.rawValue) is \(condition.status.rawValue)",
                metadata: [
                    "profile": "\(profile.name)", "reason": "\(condition.reason)", "message": "\(condition.message)",
                ]
            )
        }
        cache.profiles.written(
            ObjectKey(written.metadata),
            ObservedProfile(written),
            written.metadata.resourceVersion
        )
    }

    // While namespaces are to be looked at, the status follows; then it stays true until an exemption nears its end.
    private func rest(_ profile: ObservedProfile, _ progress: ProfileRegistry.Progress) -> WorkOutcome {
        if !progress.pending.isEmpty { return .lookAgain(at: .now + Self.publishInterval) }
        let now = now()
        guard let due = (try? profile.compiled.get())?.nextExemptionChange(after: now) else { return .done }
        return .lookAgain(at: .now + .seconds(due.secondsSinceEpoch - now.secondsSinceEpoch))
    }
}

/// Resources that cannot be observed at the moment, for people: each with the reason.
struct Unobserved: Sendable {
    /// Without which nothing can be said or done.
    var essential: [String] = []
    /// Without which some things cannot be.
    var evidence: [String] = []
}

/// The ledger, shared by all who look at namespaces.
final class SharedLedger: Sendable {
    private let ledger = Mutex(ComplianceLedger())

    func record(_ record: NamespaceRecord?, for namespace: String) -> Set<String> {
        ledger.withLock { $0.record(record, for: namespace) }
    }

    func totals(of profile: String) -> ComplianceLedger.Totals {
        ledger.withLock { $0.totals(of: profile) }
    }
}
