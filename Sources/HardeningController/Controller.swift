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
        public var workers = 8
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
        /// Writes Events of what happens; by default nobody. ``Controller/run(once:)`` runs it.
        public var events: EventRecorder?

        /// The usual options, for an API server of version 1.`serverMinor`.
        public init(serverMinor: Int) {
            self.serverMinor = serverMinor
        }
    }

    // What follows a change of compliance within this time goes into the same status.
    private static let statusDelay = Duration.milliseconds(250)

    private let options: Options
    private let client: KubernetesClient
    private let logger: Logger
    private let cache: ClusterCache
    private let registry: ProfileRegistry
    private let ledger = SharedLedger()
    private let outages: OutageLog
    private let namespaceWorkers: Workers<String>
    private let profileWorkers: Workers<String>
    private let watchMetrics: WatchMetrics
    private let namespaceReconciler: NamespaceReconciler
    private let profileReconciler: ProfileReconciler
    private let sources: ClusterSources
    private let barrier: SyncBarrier
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
        watchMetrics = WatchMetrics(factory: options.metrics)
        let metrics = ComplianceMetrics(factory: options.metrics)
        // One more in waiting is enough: whoever asks will have asked after the last reason to.
        let (probes, probe) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.probes = probes
        probe.yield()
        let barrier = SyncBarrier()
        self.barrier = barrier
        let refusals = RefusalRelay()
        let outages = OutageLog(logger: logger) {
            refusals.changed()
        } onReachable: {
            probe.yield()
        }
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
            announcer: Announcer(recorder: options.events, registry: registry),
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
                namespaces: { namespaceWorkers.add($0 ?? cache.namespaces.names()) },
                profile: { Self.profileChanged($0, cache, registry, namespaceWorkers, profileWorkers) },
                nodes: {
                    cache.refreshKubeletVersions()
                    profileWorkers.add(cache.profiles.names())
                },
                synced: { barrier.arrive($0) }
            )
        )
        self.sources = sources
        for source in sources.all { barrier.expect(source.name) }
        refusals.connect {
            let refused = outages.refusals
            // What is refused is not waited for, if something can be done without it.
            for source in sources.all where source.importance == .evidence && refused[source.name] != nil {
                barrier.arrive(source.name)
            }
            if Self.noteUnobserved(sources, refused, cache) { namespaceWorkers.add(cache.namespaces.names()) }
            // One refusal seldom comes alone.
            for profile in cache.profiles.names() { profileWorkers.add(profile, after: Self.statusDelay) }
        }
        let essential = Set(sources.all.filter { $0.importance == .essential }.map(\.name))
        profileReconciler = ProfileReconciler(
            cache: cache,
            registry: registry,
            ledger: ledger,
            client: client,
            outages: outages,
            metrics: metrics,
            logger: logger,
            now: now,
            unobserved: {
                outages.refusals.filter { essential.contains($0.key) }.map { "\($0.key) (\($0.value))" }.sorted()
            }
        )
    }

    // What cannot be seen, and why.
    private static func noteUnobserved(
        _ sources: ClusterSources,
        _ refused: [String: Int],
        _ cache: ClusterCache
    ) -> Bool {
        var unobserved: [String: String] = [:]
        for source in sources.all {
            guard let code = refused[source.name] else { continue }
            unobserved[source.plural] =
                switch code {
                case 401, 403: "the operator may not watch them: \(code)"
                case 404: "not served: 404"
                default: "the API server answers \(code)"
                }
        }
        // Without knowing which custom resources there are, nobody can tell that there are none.
        if let reason = unobserved[CustomResourceDefinition.resource.plural] {
            for source in sources.all where source.definition != nil { unobserved[source.plural] = reason }
        }
        cache.facts.setUnobservedDaemonSets(unobserved["daemonsets"])
        _ = cache.facts.refresh()
        return cache.setUnobserved(unobserved)
    }

    // A profile asks for something else: all namespaces are looked at by the new measure.
    private static func profileChanged(
        _ change: Change<ObservedProfile>,
        _ cache: ClusterCache,
        _ registry: ProfileRegistry,
        _ namespaceWorkers: Workers<String>,
        _ profileWorkers: Workers<String>
    ) {
        // Last: whoever publishes must already see that the namespaces have still to be looked at.
        defer { profileWorkers.add(change.key.name) }
        if let old = change.old, let new = change.new, old.asksTheSame(as: new) { return }
        let namespaces = cache.namespaces.names()
        registry.changed([change.key.name], namespaces)
        namespaceWorkers.add(namespaces)
    }

    /// Whether the caches are true and work has begun.
    public var isReady: Bool { barrier.missing.isEmpty }

    /// What stands in the way of being ready, or does not work at the moment.
    public var obstacles: [String] {
        barrier.missing.map { "not synced: \($0)" } + outages.broken.map { "failing: \($0)" }
    }

    /// What is said of each metric, by name.
    public static let metricsHelp = [
        WorkerMetrics.help, ComplianceMetrics.help, WatchMetrics.help, EventRecorder.help,
    ].reduce(into: [:]) { $0.merge($1) { $1 } }

    /// Sets the metrics that are told when somebody asks.
    public func updateMetrics() {
        namespaceWorkers.updateMetrics()
        profileWorkers.updateMetrics()
        let heard = sources.all.compactMap { source in source.reflector.lastHeard.map { (source.resource, $0) } }
        watchMetrics.update(heard, at: .now)
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
    public func run(once mayBegin: @escaping @Sendable () async -> Bool = { true }) async {
        await withTaskGroup(of: Void.self) { group in
            for source in sources.all { group.addTask { await self.run(source) } }
            group.addTask { await self.skipAbsentDefinitions() }
            if await barrier.wait() {
                logger.notice("watching the cluster", metadata: ["namespaces": "\(cache.namespaces.names().count)"])
                if await mayBegin() {
                    begin()
                    await work()
                }
            }
            group.cancelAll()
        }
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
            if cache.facts.setPodSecurityAdmission(evidence) {
                logger.notice("Pod Security admission", metadata: ["evidence": "\(evidence)"])
                namespaceWorkers.add(cache.namespaces.names())
                profileWorkers.add(cache.profiles.names())
            }
        }
    }

    // Everything is known now: look at all namespaces by the measure of all profiles.
    private func begin() {
        let namespaces = cache.namespaces.names()
        _ = Self.noteUnobserved(sources, outages.refusals, cache)
        cache.refreshKubeletVersions()
        let profiles = cache.profiles.names()
        registry.changed(profiles, namespaces)
        profileWorkers.add(profiles)
        namespaceWorkers.add(namespaces, priority: .low)
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
