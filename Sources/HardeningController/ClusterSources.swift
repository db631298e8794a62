import ControllerRuntime
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging

/// Everything that is read of the cluster: one source for each resource, with what is kept of it and whom a change
/// concerns.
struct ClusterSources: Sendable {
    /// One resource.
    struct Source: Sendable {
        /// How much depends on it.
        enum Importance: Sendable {
            /// Without it nothing can be said or done.
            case essential
            /// Without it some things cannot be foretold or judged; the rest goes on.
            case evidence
        }

        var reflector: any Reflecting
        /// The resource's plural name.
        var plural: String
        /// The plural name with the group, as kubectl names it.
        var resource: String
        var importance: Importance
        /// Whether a namespace may be looked at as soon as its own objects have been listed.
        var isGradual = false
        /// The CustomResourceDefinition without which the API server does not serve it; `nil` for what it always serves.
        var definition: String?

        var name: String { reflector.name }
    }

    /// Who is told of changes.
    struct Listeners: Sendable {
        /// These namespaces are to be looked at again; `nil` for all.
        var namespaces: @Sendable (_ names: [String]?) -> Void
        /// A profile has changed.
        var profile: @Sendable (Change<ObservedProfile>) -> Void
        /// The nodes have changed.
        var nodes: @Sendable () -> Void
        /// The list of pods has come so far.
        var podsListed: @Sendable (ListProgress) -> Void = { _ in }
        /// Other custom resources are served than before.
        var served: @Sendable () -> Void
        /// The first list of the source of this name is in the store.
        var synced: @Sendable (_ name: String) -> Void
    }

    private(set) var all: [Source] = []
    /// The CustomResourceDefinitions that are there.
    let definitions = Presence()

    /// The sources that fill `cache`.
    init(
        cache: ClusterCache,
        client: KubernetesClient,
        outages: OutageLog,
        logger: Logger,
        listeners: Listeners
    ) {
        let builder = Builder(client: client, outages: outages, logger: logger, listeners: listeners)
        all += Self.core(cache, builder)
        all += Self.facts(cache, builder)
        all += Self.workloads(cache, builder)
        all += Self.callers(cache, builder, definitions)
    }

    private struct Builder: Sendable {
        let client: KubernetesClient
        let outages: OutageLog
        let logger: Logger
        let listeners: Listeners

        func source<Object: KubernetesObject, Value: Sendable & Equatable>(
            _ type: Object.Type,
            _ selection: Selection = .all,
            _ importance: Source.Importance = .evidence,
            into store: Store<Value>,
            absentMeansEmpty: Bool = false,
            isCustom: Bool = false,
            project: @escaping @Sendable (Object) throws(JSONError) -> Value,
            onChange: @escaping @Sendable (Change<Value>) -> Void,
            onListing: (@Sendable (ListProgress) -> Void)? = nil
        ) -> Source {
            let name = selection.describe(Object.resource)
            let synced = listeners.synced
            return Source(
                reflector: Reflector<Object, Value>(
                    name: name,
                    client: client,
                    selection: selection,
                    store: store,
                    absentMeansEmpty: absentMeansEmpty,
                    outages: outages,
                    logger: logger,
                    project: project,
                    onChange: onChange,
                    onListing: onListing,
                    onSynced: { synced(name) }
                ),
                plural: Object.resource.plural,
                resource: "\(Object.resource)",
                importance: importance,
                isGradual: onListing != nil,
                definition: isCustom ? "\(Object.resource)" : nil
            )
        }

        /// A source of which each change concerns the object's own namespace.
        func namespaced<Object: KubernetesObject, Value: Sendable & Equatable>(
            _ type: Object.Type,
            _ importance: Source.Importance = .evidence,
            fields: String? = nil,
            into store: Store<Value>,
            project: @escaping @Sendable (Object) throws(JSONError) -> Value
        ) -> Source {
            let listeners = listeners
            return source(type, Selection(fields: fields), importance, into: store, project: project) { change in
                listeners.namespaces([change.key.namespace])
            }
        }

        /// A source whose objects say something about namespaces.
        func indexed<Object: KubernetesObject, Element: Hashable & Sendable>(
            _ type: Object.Type,
            _ importance: Source.Importance = .evidence,
            into store: Store<Set<NamespaceIndex<Element>.Entry>>,
            _ index: NamespaceIndex<Element>,
            isCustom: Bool = false,
            project: @escaping @Sendable (Object) throws(JSONError) -> Set<NamespaceIndex<Element>.Entry>
        ) -> Source {
            let listeners = listeners
            return source(type, .all, importance, into: store, isCustom: isCustom, project: project) { change in
                listeners.namespaces(index.update(from: change.old ?? [], to: change.new ?? []).map(Array.init))
            }
        }
    }

    // MARK: What is enforced

    private static func core(_ cache: ClusterCache, _ builder: Builder) -> [Source] {
        let listeners = builder.listeners
        let projections = cache.projections
        @Sendable func accounts(_ accounts: [BoundAccount]) -> Set<NamespaceIndex<BoundAccount>.Entry> {
            Set(accounts.map { .init(namespace: $0.namespace, element: $0) })
        }
        return [
            builder.source(
                HardeningProfile.self,
                .all,
                .essential,
                into: cache.profiles,
                absentMeansEmpty: true,
                project: ObservedProfile.init,
                onChange: listeners.profile
            ),
            builder.source(
                Namespace.self,
                .all,
                .essential,
                into: cache.namespaces,
                project: projections.observed
            ) { listeners.namespaces([$0.key.name]) },
            builder.namespaced(
                NetworkPolicy.self,
                .essential,
                into: cache.networkPolicies,
                project: projections.observed
            ),
            builder.namespaced(
                ServiceAccount.self,
                .essential,
                into: cache.serviceAccounts,
                project: projections.observed
            ),
            builder.namespaced(LimitRange.self, .essential, into: cache.limitRanges, project: projections.observed),
            builder.indexed(RoleBinding.self, .essential, into: cache.roleBindings, cache.boundAccounts) {
                accounts(BoundAccount.accounts($0.subjects, defaultNamespace: $0.metadata.namespace))
            },
            builder.indexed(ClusterRoleBinding.self, .essential, into: cache.clusterRoleBindings, cache.boundAccounts) {
                accounts(BoundAccount.accounts($0.subjects, defaultNamespace: nil))
            },
        ]
    }

    // MARK: What allowances and judgements must know of the cluster

    private static func facts(_ cache: ClusterCache, _ builder: Builder) -> [Source] {
        let listeners = builder.listeners
        let factsChanged: @Sendable () -> Void = {
            if cache.facts.refresh() { listeners.namespaces(nil) }
        }
        func place(
            _ place: ClusterFactsTracker.Place,
            _ service: String,
            in namespace: String
        ) -> [Source] {
            [
                builder.source(
                    Service.self,
                    Selection(namespace: namespace, fields: "metadata.name=\(service)"),
                    .essential,
                    into: place.services,
                    project: { $0 },
                    onChange: { _ in factsChanged() }
                ),
                builder.source(
                    EndpointSlice.self,
                    Selection(namespace: namespace, labels: "\(EndpointSlice.serviceNameLabel)=\(service)"),
                    .essential,
                    into: place.endpointSlices,
                    project: { $0 },
                    onChange: { _ in factsChanged() }
                ),
            ]
        }
        var sources = cache.facts.dns.flatMap { place($0.place, $0.location.service, in: $0.location.namespace) }
        sources += place(cache.facts.apiServer, "kubernetes", in: "default")
        sources.append(
            builder.source(
                DaemonSet.self,
                Selection(
                    namespace: DNSLocation.nodeLocalNamespace,
                    fields: "metadata.name=\(DNSLocation.nodeLocalDaemonSet)"
                ),
                .essential,
                into: cache.facts.nodeLocal,
                project: { $0 },
                onChange: { _ in factsChanged() }
            )
        )
        sources.append(
            builder.source(
                KubernetesAPI.Node.self,
                into: cache.nodes,
                project: { $0.kubeletVersion ?? "" },
                onChange: { _ in listeners.nodes() }
            )
        )
        return sources
    }

    // MARK: What runs

    private static func workloads(_ cache: ClusterCache, _ builder: Builder) -> [Source] {
        let listeners = builder.listeners
        let projections = cache.projections
        func source<Kind: WorkloadKind>(_ kind: Kind.Type) -> Source {
            builder.source(
                Workload<Kind>.self,
                into: cache.workloads[Kind.resource.kind] ?? Store(),
                project: { (object) throws(JSONError) in try projections.observed(object) },
                onChange: { change in
                    listeners.namespaces([change.key.namespace])
                    let name = change.key.name
                    if Kind.self == WorkloadKinds.DaemonSet.self,
                        NetworkPolicyProvider.isKnown(daemonSet: name, in: change.key.namespace),
                        cache.facts.refresh()
                    {
                        listeners.namespaces(nil)
                    }
                },
                onListing: Kind.self == WorkloadKinds.Pod.self ? listeners.podsListed : nil
            )
        }
        return WorkloadKinds.all.map { source($0) }
    }

    // MARK: Who calls what runs

    private static func callers(_ cache: ClusterCache, _ builder: Builder, _ definitions: Presence) -> [Source] {
        let listeners = builder.listeners
        @Sendable func entries(_ callers: [ServiceCaller]) -> Set<NamespaceIndex<ServiceCaller>.Entry> {
            Set(callers.map { .init(namespace: $0.namespace, element: $0) })
        }
        @Sendable func entries(_ monitor: ObservedMonitor) -> Set<NamespaceIndex<ObservedMonitor>.Entry> {
            guard let namespaces = monitor.namespaces else { return [.init(namespace: nil, element: monitor)] }
            return Set(namespaces.map { .init(namespace: $0, element: monitor) })
        }
        return [
            builder.namespaced(Service.self, into: cache.services, project: cache.projections.observed),
            // Each node holds one that it renews every few seconds, and that says nothing about what runs.
            builder.namespaced(
                Lease.self,
                fields: "metadata.namespace!=kube-node-lease",
                into: cache.leases,
                project: { $0.holderIdentity ?? "" }
            ),
            builder.indexed(
                WebhookConfiguration<WebhookConfigurationKinds.Validating>.self,
                into: cache.validatingWebhooks,
                cache.callers
            ) { entries(ServiceCaller.callers($0)) },
            builder.indexed(
                WebhookConfiguration<WebhookConfigurationKinds.Mutating>.self,
                into: cache.mutatingWebhooks,
                cache.callers
            ) { entries(ServiceCaller.callers($0)) },
            builder.source(
                CustomResourceDefinition.self,
                into: cache.definitions,
                project: { entries(ServiceCaller.callers($0)) },
                onChange: { change in
                    definitions.set(change.key.name, change.new != nil)
                    if (change.old == nil) != (change.new == nil) { listeners.served() }
                    listeners.namespaces(
                        cache.callers.update(from: change.old ?? [], to: change.new ?? []).map(Array.init)
                    )
                }
            ),
            builder.indexed(APIService.self, into: cache.apiServices, cache.callers) {
                entries(ServiceCaller.callers($0))
            },
            builder.indexed(Ingress.self, into: cache.ingresses, cache.callers) { entries(ServiceCaller.callers($0)) },
            builder.indexed(HTTPRoute.self, into: cache.httpRoutes, cache.callers, isCustom: true) {
                entries(ServiceCaller.callers($0))
            },
            builder.indexed(
                Monitor<MonitorKinds.ServiceMonitor>.self,
                into: cache.serviceMonitors,
                cache.monitors,
                isCustom: true
            ) { entries(ObservedMonitor($0)) },
            builder.indexed(
                Monitor<MonitorKinds.PodMonitor>.self,
                into: cache.podMonitors,
                cache.monitors,
                isCustom: true
            ) { entries(ObservedMonitor($0)) },
        ]
    }
}
