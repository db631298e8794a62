import KubernetesAPI

/// The cluster that a set of manifests describes: what is in them, and the little that every namespace has.
///
/// What no manifest shows counts as not observed, never as absent: a finding is about what is written.
public struct OfflineCluster: Sendable {
    /// A namespace's own objects.
    private struct Contents {
        var namespace: ObservedNamespace?
        var networkPolicies: [ObservedNetworkPolicy] = []
        var serviceAccounts: [ObservedServiceAccount] = []
        var limitRanges: [ObservedLimitRange] = []
        var workloads: [ObservedWorkload] = []
        var services: [ObservedService] = []
        var leaseHolders: Set<String> = []
    }

    private var contents: [String: Contents] = [:]
    private var callers: [ServiceCaller] = []
    private var monitors: [ObservedMonitor] = []
    private var boundAccounts: Set<BoundAccount> = []
    private var facts: ClusterFacts

    /// The namespace of objects that name none, as kubectl has it.
    public static let defaultNamespace = "default"

    /// An empty cluster of version 1.`serverMinor`.
    public init(serverMinor: Int) {
        let unseen = ClusterFacts.Evidence.notObserved("manifests do not show it")
        facts = ClusterFacts(
            serverMinor: serverMinor,
            // Where nearly every cluster has it; manifests cannot tell otherwise.
            dns: DNSFacts(
                namespace: DNSLocation.known[0].namespace,
                podLabels: DNSLocation.known[0].podLabels,
                addresses: [],
                ports: [TransportPort("TCP", 53), TransportPort("UDP", 53)]
            ),
            apiServer: APIServerFacts(endpoints: [])
        )
        facts.networkPolicyProvider = unseen
        facts.podSecurityAdmission = unseen
    }

    /// Adds a namespace.
    public mutating func add(_ namespace: Namespace) {
        contents[namespace.metadata.name, default: Contents()].namespace = ObservedNamespace(namespace)
    }

    /// Adds a network policy.
    public mutating func add(_ policy: NetworkPolicy) {
        change(policy.metadata) { $0.networkPolicies.append(ObservedNetworkPolicy(policy)) }
    }

    /// Adds a service account.
    public mutating func add(_ account: ServiceAccount) {
        change(account.metadata) { $0.serviceAccounts.append(ObservedServiceAccount(account)) }
    }

    /// Adds a limit range.
    public mutating func add(_ range: LimitRange) {
        change(range.metadata) { $0.limitRanges.append(ObservedLimitRange(range)) }
    }

    /// Adds a service.
    public mutating func add(_ service: Service) {
        change(service.metadata) { $0.services.append(ObservedService(service)) }
    }

    /// Adds a lease.
    public mutating func add(_ lease: Lease) {
        change(lease.metadata) { $0.leaseHolders.formUnion([lease.holderIdentity].compactMap { $0 }) }
    }

    /// Adds what makes pods, or a pod.
    public mutating func add<Kind>(_ workload: Workload<Kind>) {
        var observed = ObservedWorkload(workload, facts: workload.template.map { PodFacts(judging: $0) })
        // Nothing has given it one yet; names tell them apart.
        if observed.uid.isEmpty { observed.uid = "\(Kind.resource) \(observed.name)" }
        change(workload.metadata) { $0.workloads.append(observed) }
    }

    /// Adds somebody who calls services.
    public mutating func add(_ callers: [ServiceCaller]) {
        self.callers += callers.map { caller in
            var caller = caller
            if caller.namespace.isEmpty { caller.namespace = Self.defaultNamespace }
            return caller
        }
    }

    /// Adds what Prometheus is to scrape.
    public mutating func add(_ monitor: ObservedMonitor) {
        monitors.append(monitor)
    }

    /// Adds the accounts that a binding names.
    public mutating func add(_ accounts: [BoundAccount]) {
        boundAccounts.formUnion(accounts)
    }

    /// What is known of the cluster as a whole.
    public var cluster: ClusterFacts { facts }

    /// Its namespaces by name, as they stand at `now`; also those that no manifest makes, but that objects are in.
    public func views(at now: Timestamp) -> [NamespaceView] {
        contents.sorted { $0.key < $1.key }.map { name, contents in
            var accounts = contents.serviceAccounts
            // The cluster makes it in every namespace.
            if !accounts.contains(where: { $0.name == Marks.defaultServiceAccountName }) {
                let metadata = ObjectMeta(name: Marks.defaultServiceAccountName, namespace: name)
                accounts.append(ObservedServiceAccount(ServiceAccount(metadata: metadata)))
            }
            return NamespaceView(
                namespace: contents.namespace ?? Self.implied(name),
                networkPolicies: contents.networkPolicies,
                serviceAccounts: accounts,
                limitRanges: contents.limitRanges,
                workloads: WorkloadGroup.groups(contents.workloads),
                services: contents.services,
                callers: callers.filter { $0.namespace == name },
                monitors: monitors.filter { $0.selects(in: name) },
                leaseHolders: contents.leaseHolders,
                boundAccounts: Set(boundAccounts.filter { $0.namespace == name }.map(\.name)),
                cluster: facts,
                now: now
            )
        }
    }

    /// Whether a manifest makes this namespace, so that its labels are known.
    public func makes(_ namespace: String) -> Bool { contents[namespace]?.namespace != nil }

    private mutating func change(_ metadata: ObjectMeta, _ body: (inout Contents) -> Void) {
        body(
            &contents[
                metadata.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultNamespace,
                default: Contents()
            ]
        )
    }

    // The server adds this label to every namespace (KEP-2161).
    private static func implied(_ name: String) -> ObservedNamespace {
        ObservedNamespace(
            Namespace(metadata: ObjectMeta(name: name, labels: ["kubernetes.io/metadata.name": name]))
        )
    }
}

extension CompiledProfile {
    /// How the namespaces of `cluster` that this profile asks for stand, by name.
    ///
    /// Of a namespace that no manifest makes nobody knows the labels: it is judged unless the profile excludes its name.
    /// Those of the system are protected, as in a cluster.
    public func assess(_ cluster: OfflineCluster, at now: Timestamp) -> [(namespace: String, verdicts: [Verdict])] {
        cluster.views(at: now).compactMap { view in
            let isKnown = cluster.makes(view.namespace.name)
            guard isKnown ? selects(view.namespace) : !excludes(view.namespace.name) else { return nil }
            guard SystemNamespaces.all.contains(view.namespace.name) else { return (view.namespace.name, assess(view)) }
            var decision = Governance.Decision()
            decision.protectedFrom = [self]
            return (view.namespace.name, Judgement(decision, view).verdicts)
        }
    }
}
