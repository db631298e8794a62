import ControllerRuntime
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
    private let namespaceWorkers = Workers<String>()
    private let profileWorkers = Workers<String>()
    private let namespaceReconciler: NamespaceReconciler
    private let profileReconciler: ProfileReconciler
    private let watches: [Watch]
    private let barrier: SyncBarrier

    // A reflector, whatever it reflects.
    private struct Watch: Sendable {
        var name: String
        var run: @Sendable () async -> Void
    }

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
        let cache = ClusterCache(serverMinor: options.serverMinor)
        let registry = ProfileRegistry(profiles: cache.profiles)
        let profileWorkers = profileWorkers
        let outages = OutageLog(logger: logger) { profileWorkers.add(cache.profiles.names()) }
        self.cache = cache
        self.registry = registry
        self.outages = outages
        let ledger = ledger
        let namespaceWorkers = namespaceWorkers
        namespaceReconciler = NamespaceReconciler(
            cache: cache,
            registry: registry,
            writer: ClusterWriter(client: client),
            protectedNamespaces: options.protectedNamespaces,
            repairs: SharedRepairLimiter(),
            now: now,
            logger: logger
        ) { namespace, record, revision in
            let changed = ledger.record(record, for: namespace)
            let finished = revision.map { registry.lookedAt(namespace, asOf: $0) } ?? []
            for profile in changed { profileWorkers.add(profile, after: Self.statusDelay) }
            profileWorkers.add(finished)
        }
        var watches: [Watch] = []
        let barrier = SyncBarrier()
        self.barrier = barrier
        func watch<Object: KubernetesObject, Value: Sendable & Equatable>(
            _ type: Object.Type,
            _ selection: Selection = .all,
            into store: Store<Value>,
            absentMeansEmpty: Bool = false,
            project: @escaping @Sendable (Object) -> Value,
            onChange: @escaping @Sendable (Change<Value>) -> Void
        ) {
            let name = selection.describe(Object.resource)
            let reflector = Reflector<Object, Value>(
                name: name,
                client: client,
                selection: selection,
                store: store,
                absentMeansEmpty: absentMeansEmpty,
                outages: outages,
                logger: logger,
                project: project,
                onChange: onChange,
                onSynced: { barrier.arrive(name) }
            )
            barrier.expect(name)
            watches.append(Watch(name: name, run: { await reflector.run() }))
        }
        @Sendable func addNamespace<Value>(_ change: Change<Value>) {
            namespaceWorkers.add(change.key.namespace)
        }

        watch(HardeningProfile.self, into: cache.profiles, absentMeansEmpty: true, project: ObservedProfile.init) {
            change in
            Self.profileChanged(change, cache, registry, namespaceWorkers, profileWorkers)
        }
        watch(Namespace.self, into: cache.namespaces, project: ObservedNamespace.init) { change in
            namespaceWorkers.add(change.key.name)
        }
        watch(
            NetworkPolicy.self,
            into: cache.networkPolicies,
            project: ObservedNetworkPolicy.init,
            onChange: addNamespace
        )
        watch(
            ServiceAccount.self,
            into: cache.serviceAccounts,
            project: ObservedServiceAccount.init,
            onChange: addNamespace
        )
        watch(LimitRange.self, into: cache.limitRanges, project: ObservedLimitRange.init, onChange: addNamespace)
        watch(
            RoleBinding.self,
            into: cache.roleBindings,
            project: { BoundAccounts($0.subjects, defaultNamespace: $0.metadata.namespace) },
            onChange: { namespaceWorkers.add(cache.boundAccounts.update(from: $0.old, to: $0.new)) }
        )
        watch(
            ClusterRoleBinding.self,
            into: cache.clusterRoleBindings,
            project: { BoundAccounts($0.subjects, defaultNamespace: nil) },
            onChange: { namespaceWorkers.add(cache.boundAccounts.update(from: $0.old, to: $0.new)) }
        )
        let factsChanged: @Sendable () -> Void = {
            if cache.facts.refresh() { namespaceWorkers.add(cache.namespaces.names()) }
        }
        func watchPlace(_ place: ClusterFactsTracker.Place, _ service: String, in namespace: String) {
            watch(
                Service.self,
                Selection(namespace: namespace, fields: "metadata.name=\(service)"),
                into: place.services,
                project: { $0 },
                onChange: { _ in factsChanged() }
            )
            watch(
                EndpointSlice.self,
                Selection(namespace: namespace, labels: "\(EndpointSlice.serviceNameLabel)=\(service)"),
                into: place.endpointSlices,
                project: { $0 },
                onChange: { _ in factsChanged() }
            )
        }
        for (location, place) in cache.facts.dns { watchPlace(place, location.service, in: location.namespace) }
        watchPlace(cache.facts.apiServer, "kubernetes", in: "default")
        watch(
            DaemonSet.self,
            Selection(
                namespace: DNSLocation.nodeLocalNamespace,
                fields: "metadata.name=\(DNSLocation.nodeLocalDaemonSet)"
            ),
            into: cache.facts.nodeLocal,
            project: { $0 },
            onChange: { _ in factsChanged() }
        )
        self.watches = watches
        let watched = Set(watches.map(\.name))
        profileReconciler = ProfileReconciler(
            cache: cache,
            registry: registry,
            ledger: ledger,
            client: client,
            outages: outages,
            logger: logger,
            now: now,
            unobserved: {
                outages.refusals.filter { watched.contains($0.key) }.map { "\($0.key) (\($0.value))" }.sorted()
            }
        )
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

    /// Takes up no further work; ``run()`` returns once what is under way is done.
    public func stop() {
        barrier.giveUp()
        namespaceWorkers.stop()
        profileWorkers.stop()
    }

    /// Runs until stopped or cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            for watch in watches { group.addTask { await watch.run() } }
            if await barrier.wait() {
                logger.notice("watching the cluster", metadata: ["namespaces": "\(cache.namespaces.names().count)"])
                begin()
                await work()
            }
            group.cancelAll()
        }
    }

    // Everything is known now: look at all namespaces by the measure of all profiles.
    private func begin() {
        let namespaces = cache.namespaces.names()
        _ = cache.facts.refresh()
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
            await group.waitForAll()
        }
    }
}
