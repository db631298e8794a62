import ControllerRuntime
import CoreMetrics
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging

/// The operator: watches, and makes every namespace as its profile asks.
///
/// Watches fill caches and put names on queues; workers look at what the caches hold and never at what an event said.
/// So every path is right when it runs twice, late, or after a restart in the middle.
public final class Controller: Sendable {
    /// How it is to run.
    public struct Options: Sendable {
        /// How many namespaces are worked on at a time.
        public var workers = Options.usualWorkers
        /// How many namespaces are worked on at a time, if nobody asks for another number: enough to have as many writes
        /// under way as a server with two cores takes gladly.
        public static let usualWorkers = 32
        /// Namespaces that are never written to.
        public var protectedNamespaces: Set<String> = []
        /// N of the API server's version 1.N.
        public var serverMinor: Int
        /// What acts on NetworkPolicies, where somebody knows that nobody can see.
        public var networkPolicyProvider: String?
        /// Where metrics are made; by default nowhere.
        public var metrics: any MetricsFactory = NOOPMetricsHandler.instance
        /// What makes a fight over an object, and what is done about it.
        public var contests = OwnershipContests.Rules()
        /// After how long a leader that cannot begin, for want of a watch, ends, so that another replica may; `nil` for
        /// never, where there is none.
        public var blindPatience: Duration?
        /// Writes Events of what happens; by default nobody. ``Controller/run(once:)`` runs it.
        public var events: EventRecorder?

        /// The usual options, for an API server of version 1.`serverMinor`.
        public init(serverMinor: Int) {
            self.serverMinor = serverMinor
        }
    }

    // What follows a change of compliance within this time goes into the same status.
    private static let statusDelay = Duration.milliseconds(250)
    // How often it is looked whether each watch still stands.
    private static let lookInterval = Duration.seconds(5)

    private let options: Options
    private let client: KubernetesClient
    private let logger: Logger
    private let cache: ClusterCache
    private let registry: ProfileRegistry
    private let ledger = SharedLedger()
    private let outages: OutageLog
    private let namespaceWorkers: Workers<String>
    private let profileWorkers: Workers<String>
    private let watchAges: AgeMetrics
    private let statusAges: AgeMetrics
    private let watchFailures: WatchFailures
    private let unwrittenStatuses = UnwrittenStatuses()
    // To be called when other watches fail than before.
    private let failuresChanged: @Sendable () -> Void
    private let namespaceReconciler: NamespaceReconciler
    private let profileReconciler: ProfileReconciler
    private let sources: ClusterSources
    private let sight: ClusterSight
    private let barrier: SyncBarrier
    private let gate: NamespaceGate
    // Has namespaces looked at, as soon as they may be.
    private let look: @Sendable ([String]) -> Void
    private let probes: AsyncStream<Void>

    /// An operator that has not begun.
    ///
    /// - Parameter now: the time of day, for transition times.
    public init(
        client: KubernetesClient,
        options: Options,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.options = options
        self.client = client
        self.logger = logger
        let cache = ClusterCache(
            serverMinor: options.serverMinor,
            networkPolicyProvider: options.networkPolicyProvider
        )
        let registry = ProfileRegistry(profiles: cache.profiles, now: now)
        let profileWorkers = Workers<String>(metrics: WorkerMetrics(name: "profile", factory: options.metrics))
        self.profileWorkers = profileWorkers
        let namespaceWorkers = Workers<String>(metrics: WorkerMetrics(name: "namespace", factory: options.metrics))
        self.namespaceWorkers = namespaceWorkers
        watchAges = AgeMetrics("hardening_watch_last_event_age_seconds", by: "resource", factory: options.metrics)
        statusAges = AgeMetrics("hardening_status_unwritten_seconds", by: "profile", factory: options.metrics)
        let metrics = ComplianceMetrics(factory: options.metrics)
        // One more in waiting is enough: whoever asks will have asked after the last reason to.
        let (probes, probe) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.probes = probes
        probe.yield()
        let barrier = SyncBarrier()
        self.barrier = barrier
        let gate = NamespaceGate()
        self.gate = gate
        let look: @Sendable ([String]) -> Void = { namespaceWorkers.add(gate.admit($0)) }
        self.look = look
        let refusals = RefusalRelay()
        let outages = OutageLog(logger: logger) {
            refusals.changed()
        } onReachable: {
            probe.yield()
        }
        let watchFailures = WatchFailures(outages: outages, logger: logger)
        self.watchFailures = watchFailures
        self.cache = cache
        self.registry = registry
        self.outages = outages
        let ledger = ledger
        namespaceReconciler = NamespaceReconciler(
            cache: cache,
            registry: registry,
            writer: ClusterWriter(client: client),
            protectedNamespaces: options.protectedNamespaces,
            contests: SharedContests(rules: options.contests),
            drift: DriftCounter(registry: registry, metrics: metrics),
            announcer: Announcer(recorder: options.events, registry: registry, logger: logger),
            now: now,
            logger: logger
        ) { namespace, record, revision in
            let changed = ledger.record(record, for: namespace)
            let finished = revision.map { registry.lookedAt(namespace, asOf: $0) } ?? []
            for profile in changed { profileWorkers.add(profile, after: Self.statusDelay) }
            profileWorkers.add(finished)
        }
        let sources = ClusterSources(
            cache: cache,
            client: client,
            outages: outages,
            logger: logger,
            listeners: .init(
                namespaces: { look($0 ?? cache.namespaces.names()) },
                profile: { Self.profileChanged($0, cache, registry, look, profileWorkers) },
                nodes: {
                    cache.refreshKubeletVersions()
                    profileWorkers.add(cache.profiles.names())
                },
                podsListed: { namespaceWorkers.add(gate.note($0), priority: .low) },
                served: { refusals.changed() },
                synced: {
                    refusals.changed()
                    barrier.arrive($0)
                }
            )
        )
        self.sources = sources
        for source in sources.all { barrier.expect(source.name, isGradual: source.isGradual) }
        let sight = ClusterSight(sources: sources, failures: watchFailures, cache: cache, gate: gate)
        self.sight = sight
        let failuresChanged: @Sendable () -> Void = {
            let failures = watchFailures.current
            // Before what is not waited for is known to be unobserved, nobody may begin.
            if sight.refresh(), barrier.isOpen { look(cache.namespaces.names()) }
            // What does not work is not waited for, if something can be done without it.
            for source in sources.all where source.importance == .evidence && failures[source.name] != nil {
                barrier.arrive(source.name)
                if source.isGradual { namespaceWorkers.add(gate.open()) }
            }
            // One failure seldom comes alone.
            for profile in cache.profiles.names() { profileWorkers.add(profile, after: Self.statusDelay) }
        }
        self.failuresChanged = failuresChanged
        refusals.connect(failuresChanged)
        profileReconciler = ProfileReconciler(
            cache: cache,
            registry: registry,
            ledger: ledger,
            client: client,
            outages: outages,
            metrics: metrics,
            logger: logger,
            now: now,
            unwritten: unwrittenStatuses,
            unobserved: { Self.unobserved(sources, watchFailures.current) }
        )
    }

    private static func unobserved(_ sources: ClusterSources, _ failures: [String: WatchFailure]) -> Unobserved {
        var unobserved = Unobserved()
        for source in sources.all.sorted(by: { $0.name < $1.name }) {
            guard let failure = failures[source.name] else { continue }
            switch source.importance {
            case .essential: unobserved.essential.append("\(source.name) (\(failure))")
            // What the cluster does not serve, nobody has.
            case .evidence where failure == .refused(404): continue
            case .evidence: unobserved.evidence.append("\(source.name) (\(failure))")
            }
        }
        return unobserved
    }

    // A profile asks for something else: all namespaces are looked at by the new measure.
    private static func profileChanged(
        _ change: Change<ObservedProfile>,
        _ cache: ClusterCache,
        _ registry: ProfileRegistry,
        _ look: @Sendable ([String]) -> Void,
        _ profileWorkers: Workers<String>
    ) {
        // Last: whoever publishes must already see that the namespaces have still to be looked at.
        defer { profileWorkers.add(change.key.name) }
        if let old = change.old, let new = change.new, old.asksTheSame(as: new) { return }
        let namespaces = cache.namespaces.names()
        registry.changed([change.key.name], namespaces)
        look(namespaces)
    }

    /// Whether the caches are true, as far as nothing can be done without, and the profiles' statuses say so.
    public var isReady: Bool {
        let failures = watchFailures.current
        return barrier.missing.isEmpty && unwrittenStatuses.overdue(at: .now).isEmpty
            && !sources.all.contains { $0.importance == .essential && failures[$0.name] != nil }
    }

    /// What stands in the way of being ready, or does not work at the moment, for people.
    public var obstacles: [String] {
        let failures = watchFailures.current
        let failing = failures.map { "failing: \($0) (\($1))" }
        let broken = outages.broken.filter { failures[$0] == nil }.map { "failing: \($0)" }
        let old = unwrittenStatuses.overdue(at: .now).map { profile, age in
            "status not written for \(age.components.seconds) s: \(profile)"
        }
        return barrier.missing.map { "not synced: \($0)" } + (failing + broken).sorted() + old.sorted()
    }

    /// What is said of each metric, by name.
    public static let metricsHelp = [
        WorkerMetrics.help, ComplianceMetrics.help, EventRecorder.help, ageHelp,
    ].reduce(into: [:]) { $0.merge($1) { $1 } }

    private static let ageHelp = [
        "hardening_watch_last_event_age_seconds":
            "Seconds since the API server last said anything of a resource: a list, an event or a bookmark.",
        "hardening_status_unwritten_seconds":
            "Seconds for which a profile's status has been out of date, since it could not be written; 0 while it is not.",
    ]

    /// Sets the metrics that are told when somebody asks.
    public func updateMetrics() {
        namespaceWorkers.updateMetrics()
        profileWorkers.updateMetrics()
        let now = ContinuousClock.now
        // Of several watches of one resource, the one that has been silent the longest counts.
        let silence = sources.all.compactMap { source in source.reflector.lastHeard.map { (source.resource, now - $0) }
        }
        watchAges.update(Dictionary(silence, uniquingKeysWith: max))
        statusAges.update(unwrittenStatuses.ages(at: now))
    }

    /// Takes up no further work; ``run()`` returns once what is under way is done.
    public func stop() {
        barrier.giveUp()
        namespaceWorkers.stop()
        profileWorkers.stop()
    }

    /// Runs until stopped or cancelled.
    ///
    /// - Parameter mayBegin: waited for once the caches are true, before anything is written; `false` to end without.
    /// - Throws: ``BlindLeader`` when it led for ``Options/blindPatience`` and could not begin.
    public func run(once mayBegin: @escaping @Sendable () async -> Bool = { true }) async throws(BlindLeader) {
        let blindness = await withTaskGroup(of: BlindLeader?.self) { group -> BlindLeader? in
            for source in sources.all {
                group.addTask {
                    await self.run(source)
                    return nil
                }
            }
            group.addTask {
                await self.skipAbsentDefinitions()
                return nil
            }
            group.addTask {
                await self.lookAfterWatches()
                return nil
            }
            group.addTask { await self.disclaimWhileBlind(once: mayBegin) }
            if await barrier.wait() {
                logger.notice("watching the cluster", metadata: ["namespaces": "\(cache.namespaces.names().count)"])
                if await mayBegin() {
                    begin()
                    await work()
                }
            }
            group.cancelAll()
            return await group.reduce(nil) { $0 ?? $1 }
        }
        if let blindness { throw blindness }
    }

    private func run(_ source: ClusterSources.Source) async {
        guard let definition = source.definition else { return await source.reflector.run() }
        // Served only while somebody has installed it: until then nobody asks.
        while !Task.isCancelled {
            await sources.definitions.wait(for: definition)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await source.reflector.run() }
                group.addTask { await self.sources.definitions.wait(for: definition, toBeThere: false) }
                await group.next()
                group.cancelAll()
            }
            source.reflector.clear()
            // Else what was asked for in vain before its definition was seen to go would count as denied for good.
            outages.ended(source.name)
        }
    }

    private func lookAfterWatches() async {
        let reflectors = sources.all.map(\.reflector)
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            let hasChanged = watchFailures.look(at: reflectors, now: .now)
            if hasChanged || sight.isOutdated { failuresChanged() }
        }
    }

    // Who cannot begin for want of a watch says so, and does not stand in another's way for long.
    private func disclaimWhileBlind(once mayBegin: @Sendable () async -> Bool) async -> BlindLeader? {
        var ledSince: ContinuousClock.Instant?
        while (try? await Task.sleep(for: Self.lookInterval)) != nil {
            let missing = barrier.missing
            if barrier.isOpen { return nil }
            // What does not answer at once is only slow, until it counts as lost.
            let failures = watchFailures.current
            guard missing.contains(where: { failures[$0] != nil }) else { continue }
            // Leads, if others do: what it says is as true as theirs, who would have begun before.
            guard await mayBegin() else { return nil }
            for profile in cache.profiles.names() where !barrier.isOpen {
                await profileReconciler.disclaim(profile)
            }
            let since = ledSince ?? .now
            ledSince = since
            if let patience = options.blindPatience, .now - since >= patience, !barrier.isOpen {
                stop()
                return BlindLeader(missing: missing)
            }
        }
        return nil
    }

    // Custom resources that nobody has installed are not waited for.
    private func skipAbsentDefinitions() async {
        guard let definitions = sources.all.first(where: { $0.plural == CustomResourceDefinition.resource.plural })
        else { return }
        guard await barrier.arrival(of: definitions.name) else { return }
        for source in sources.all {
            if let definition = source.definition, !sources.definitions.contains(definition) {
                barrier.arrive(source.name)
            }
        }
    }

    // Whether labels have any effect is asked at start, and whenever the API server may be another one.
    private func probeAdmission() async {
        for await _ in probes {
            let evidence = await AdmissionProbe(client: client).evidence()
            if Task.isCancelled { return }
            if case .absent = evidence { cache.forgetExemptions() }
            if cache.facts.setPodSecurityAdmission(evidence) {
                logger.notice("Pod Security admission", metadata: ["evidence": "\(evidence)"])
                look(cache.namespaces.names())
                profileWorkers.add(cache.profiles.names())
            }
        }
    }

    // Everything is known now, but for pods: look at all namespaces by the measure of all profiles.
    private func begin() {
        let namespaces = cache.namespaces.names()
        _ = sight.refresh()
        cache.refreshKubeletVersions()
        let profiles = cache.profiles.names()
        registry.changed(profiles, namespaces)
        profileWorkers.add(profiles)
        namespaceWorkers.add(gate.admit(namespaces), priority: .low)
    }

    private func work() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.namespaceWorkers.run(count: self.options.workers) { name in
                    await self.namespaceReconciler.reconcile(name)
                }
            }
            group.addTask {
                await self.profileWorkers.run(count: 2) { name in
                    await self.profileReconciler.reconcile(name)
                }
            }
            var others = group.addTaskUnlessCancelled { await self.probeAdmission() }
            if let events = options.events {
                others = group.addTaskUnlessCancelled { await events.run() } || others
            }
            // The two kinds of workers end when they are told to; the others only with them.
            for _ in 0..<2 { await group.next() }
            if others { group.cancelAll() }
        }
    }
}
