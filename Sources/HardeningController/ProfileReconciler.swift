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
    private let unobserved: @Sendable () -> [String]
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
        unobserved: @escaping @Sendable () -> [String]
    ) {
        self.cache = cache
        self.registry = registry
        self.ledger = ledger
        self.client = client
        self.outages = outages
        self.metrics = metrics
        self.logger = logger
        self.now = now
        self.unobserved = unobserved
    }

    func reconcile(_ name: String) async -> WorkOutcome {
        guard let profile = cache.profiles.value(name) else {
            outages.worked("profile \(name)")
            metrics.forget(name)
            lastPublished.withLock { $0[name] = nil }
            return .done
        }
        do {
            var obstacle: APIError?
            do {
                if try await settleFinalizer(of: profile) { return .done }
            } catch let error as APIError where error.isTerminal {
                // Nothing is enforced without it, which people should read where they look.
                obstacle = error
            }
            let outcome = try await publish(cache.profiles.value(name) ?? profile, obstacle)
            if let obstacle { throw obstacle }
            return outcome
        } catch let error as APIError where error.isNotFound {
            return .done
        } catch let error as APIError where error.isConflict {
            return .retry(atLeast: nil)
        } catch let error as APIError {
            outages.failed("profile \(name)", error)
            return error.isTerminal ? .refused : .retry(atLeast: error.retryAfter)
        } catch {
            // That the server cannot be reached, the watches notice, too.
            logger.debug("a profile's write failed", metadata: ["profile": "\(name)", "error": "\(error)"])
            return .retry(atLeast: nil)
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

    private func publish(_ profile: ObservedProfile, _ obstacle: APIError?) async throws -> WorkOutcome {
        let progress = registry.progress(of: profile.name)
        // Known from the answer to a write of ours, and not taken in as a change yet: that brings it back.
        guard progress.generation == profile.generation else { return .done }
        if !progress.pending.isEmpty, profile.status?.observedGeneration == profile.generation,
            .now - progress.since < Self.patience, lastPublished.withLock({ $0[profile.name] }) == nil
        {
            return .lookAgain(at: .now + Self.publishInterval)
        }
        let report = StatusReport(
            generation: profile.generation,
            compiled: profile.compiled.map { $0.writing(since: registry.writingSince(of: profile.name)) },
            isBeingDeleted: profile.isBeingDeleted,
            totals: ledger.totals(of: profile.name),
            pending: progress.pending.count,
            unobserved: unobserved(),
            cluster: cache.facts.current,
            evidenceMissing: cache.unobserved,
            obstacle: obstacle.map { "\($0)" }
        )
        metrics.set(report.figures, of: profile.name)
        let status = report.status(after: profile.status, at: now())
        guard status != profile.status else {
            outages.worked("profile \(profile.name)")
            return rest(profile, progress)
        }
        if let last = lastPublished.withLock({ $0[profile.name] }) {
            let wait = Self.publishInterval - (.now - last)
            if wait > .zero { return .lookAgain(at: .now + wait) }
        }
        let written = try await client.apply(
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
        lastPublished.withLock { $0[profile.name] = .now }
        outages.worked("profile \(profile.name)")
        cache.profiles.written(
            ObjectKey(written.metadata),
            ObservedProfile(written),
            written.metadata.resourceVersion
        )
        return rest(profile, progress)
    }

    // While namespaces are to be looked at, the status follows; then it stays true until an exemption nears its end.
    private func rest(_ profile: ObservedProfile, _ progress: ProfileRegistry.Progress) -> WorkOutcome {
        if !progress.pending.isEmpty { return .lookAgain(at: .now + Self.publishInterval) }
        let now = now()
        guard let due = (try? profile.compiled.get())?.nextExemptionChange(after: now) else { return .done }
        return .lookAgain(at: .now + .seconds(due.secondsSinceEpoch - now.secondsSinceEpoch))
    }
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
