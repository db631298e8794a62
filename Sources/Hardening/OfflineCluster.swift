import KubernetesAPI

/// The cluster that a set of manifests describes: what is in them, and the little that every namespace has.
///
/// What no manifest shows counts as not observed, never as absent: a finding is about what is written.
///
/// A cluster has one object of a kind and name in a namespace, manifests may have several: of two environments, say.
/// None stands for the others: each is judged by itself, beside all else that is there. See ``forEachVariant(at:_:)``.
public struct OfflineCluster: Sendable {
    /// A namespace's own objects.
    private struct Contents {
        var namespaces = ObjectCopies<ObservedNamespace>()
        var networkPolicies = ObjectCopies<ObservedNetworkPolicy>()
        var serviceAccounts = ObjectCopies<ObservedServiceAccount>()
        var limitRanges = ObjectCopies<ObservedLimitRange>()
        var services = ObjectCopies<ObservedService>()
        var workloads: [(object: ObservedWorkload, source: Int)] = []
        var leaseHolders: Set<String> = []
        // Of what is in it, the first.
        var firstSource: Int?

        // How many there are of the object of which there are most, leaving aside workloads.
        var depth: Int {
            [namespaces.depth, networkPolicies.depth, serviceAccounts.depth, limitRanges.depth, services.depth].max()
                ?? 0
        }
    }

    /// A namespace with one object of each kind and name.
    public struct Variant: Sendable {
        /// How it stands.
        public var view: NamespaceView
        /// Whether a manifest makes the namespace, so that its labels are known.
        public var isMade: Bool
        /// Where the objects come from that are in it, by kind and name, such as `Deployment/web`; the namespace's own
        /// too, such as `Namespace/shop`.
        public var sources: [String: Int]
        /// Where the first object comes from that is in the namespace, of whatever variant; `nil` if none is.
        public var firstSource: Int?
    }

    private var contents: [String: Contents] = [:]
    private var callers: [ServiceCaller] = []
    private var monitors: [ObservedMonitor] = []
    private var boundAccounts: Set<BoundAccount> = []
    private var facts: ClusterFacts

    /// The namespace of objects that name none, as kubectl has it.
    public static let defaultNamespace = "default"

    /// N of the version 1.N that is assumed where nobody says which it is: the newest of which this release knows the
    /// Pod Security Standards.
    public static let assumedMinor = 36

    /// An empty cluster of version 1.`serverMinor`; of an assumed one if `nil`, which counts as not observed.
    public init(serverMinor: Int?) {
        let unseen = ClusterFacts.Evidence.notObserved("manifests do not show it")
        facts = ClusterFacts(
            serverMinor: serverMinor ?? Self.assumedMinor,
            // Where nearly every cluster has it; manifests cannot tell otherwise.
            dns: DNSFacts(
                namespace: DNSLocation.known[0].namespace,
                podLabels: DNSLocation.known[0].podLabels,
                addresses: [],
                ports: [TransportPort("TCP", 53), TransportPort("UDP", 53)]
            ),
            apiServer: APIServerFacts(endpoints: [])
        )
        facts.isServerMinorObserved = serverMinor != nil
        facts.networkPolicyProvider = unseen
        facts.podSecurityAdmission = unseen
    }

    // MARK: Adding

    // `source` says where an object comes from, in whatever numbers the caller has for that, rising.

    /// Adds a namespace.
    public mutating func add(_ namespace: Namespace, from source: Int) {
        contents[namespace.metadata.name, default: Contents()].namespaces
            .add(ObservedNamespace(namespace), named: namespace.metadata.name, from: source)
    }

    /// Adds a network policy.
    public mutating func add(_ policy: NetworkPolicy, from source: Int) {
        change(policy.metadata, source) {
            $0.networkPolicies.add(ObservedNetworkPolicy(policy), named: policy.metadata.name, from: source)
        }
    }

    /// Adds a service account.
    public mutating func add(_ account: ServiceAccount, from source: Int) {
        change(account.metadata, source) {
            $0.serviceAccounts.add(ObservedServiceAccount(account), named: account.metadata.name, from: source)
        }
    }

    /// Adds a limit range.
    public mutating func add(_ range: LimitRange, from source: Int) {
        change(range.metadata, source) {
            $0.limitRanges.add(ObservedLimitRange(range), named: range.metadata.name, from: source)
        }
    }

    /// Adds a service.
    public mutating func add(_ service: Service, from source: Int) {
        change(service.metadata, source) {
            $0.services.add(ObservedService(service), named: service.metadata.name, from: source)
        }
    }

    /// Adds a lease.
    public mutating func add(_ lease: Lease, from source: Int) {
        change(lease.metadata, source) { $0.leaseHolders.formUnion([lease.holderIdentity].compactMap { $0 }) }
    }

    /// Adds what makes pods, or a pod.
    ///
    /// - Throws: `JSONError` when its template cannot be read.
    public mutating func add<Kind>(_ workload: Workload<Kind>, from source: Int) throws(JSONError) {
        let template = try workload.template.map { (template) throws(JSONError) in try template.read() }
        var observed = ObservedWorkload(workload, facts: template.map { PodFacts(judging: $0) })
        // Nothing has given it one yet; names tell them apart.
        if observed.uid.isEmpty { observed.uid = UID("\(Kind.resource) \(observed.name)") }
        change(workload.metadata, source) { $0.workloads.append((observed, source)) }
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

    private mutating func change(_ metadata: ObjectMeta, _ source: Int, _ body: (inout Contents) -> Void) {
        let namespace = metadata.namespace.flatMap { $0.isEmpty ? nil : $0 } ?? Self.defaultNamespace
        body(&contents[namespace, default: Contents()])
        if contents[namespace]?.firstSource == nil { contents[namespace]?.firstSource = source }
    }

    // MARK: Looking

    /// What is known of the cluster as a whole.
    public var cluster: ClusterFacts { facts }

    /// Shows its namespaces by name, as they stand at `now`; also those that no manifest makes, but that objects are in.
    ///
    /// A namespace is shown as often as there are objects in it of one kind and name. The first time, it has the first of
    /// each; then the second, or the last if there are not that many. Of workloads, it then has only those that have
    /// not been shown, unless something else in it is another.
    public func forEachVariant(at now: Timestamp, _ body: (Variant) -> Void) {
        for (name, contents) in contents.sorted(by: { $0.key < $1.key }) {
            let workloads = WorkloadCopies(contents.workloads)
            let callers = callers.filter { $0.namespace == name }.sorted()
            let monitors = monitors.filter { $0.selects(in: name) }.sorted { $0.object < $1.object }
            let accounts = boundAccounts.filter { $0.namespace == name }
            for index in 0..<max(1, contents.depth, workloads.depth) {
                let isWhole = index < max(1, contents.depth)
                var variant = variant(of: contents, index, named: name, at: now)
                let shown = isWhole ? workloads.variant(index) : workloads.only(index)
                for workload in shown {
                    variant.sources["\(workload.object.kind)/\(workload.object.name)"] = workload.source
                }
                variant.view.workloads = WorkloadGroup.groups(shown.map(\.object))
                variant.view.callers = callers
                variant.view.monitors = monitors
                variant.view.setBoundAccounts(accounts)
                body(variant)
            }
        }
    }

    private func variant(of contents: Contents, _ index: Int, named name: String, at now: Timestamp) -> Variant {
        var sources: [String: Int] = [:]
        func objects<Object>(_ copies: ObjectCopies<Object>, _ kind: String) -> [Object] {
            copies.variant(index).map { copy in
                sources["\(kind)/\(copy.name)"] = copy.source
                return copy.object
            }
        }
        var accounts = objects(contents.serviceAccounts, ServiceAccount.resource.kind)
        // The cluster makes it in every namespace.
        if !accounts.contains(where: { $0.name == Marks.defaultServiceAccountName }) {
            let metadata = ObjectMeta(name: Marks.defaultServiceAccountName, namespace: name)
            accounts.append(ObservedServiceAccount(ServiceAccount(metadata: metadata)))
        }
        let namespace = objects(contents.namespaces, Namespace.resource.kind).first
        let view = NamespaceView(
            namespace: namespace ?? Self.implied(name),
            networkPolicies: objects(contents.networkPolicies, NetworkPolicy.resource.kind),
            serviceAccounts: accounts,
            limitRanges: objects(contents.limitRanges, LimitRange.resource.kind),
            services: objects(contents.services, Service.resource.kind),
            leaseHolders: contents.leaseHolders,
            cluster: facts,
            now: now
        )
        return Variant(view: view, isMade: namespace != nil, sources: sources, firstSource: contents.firstSource)
    }

    // The server adds this label to every namespace (KEP-2161).
    private static func implied(_ name: String) -> ObservedNamespace {
        ObservedNamespace(
            Namespace(metadata: ObjectMeta(name: name, labels: ["kubernetes.io/metadata.name": name]))
        )
    }
}

/// How a namespace of an ``OfflineCluster`` stands.
public struct OfflineAssessment: Sendable {
    /// The namespace.
    public var namespace: String
    /// How each control stands.
    public var verdicts: [Verdict]
    /// Where the objects come from that were judged: see ``OfflineCluster/Variant/sources``.
    public var sources: [String: Int]
    /// See ``OfflineCluster/Variant/firstSource``.
    public var firstSource: Int?
}

extension CompiledProfile {
    /// How the namespaces of `cluster` that this profile asks for stand, by name; several times if they have variants,
    /// of which the later repeat what the earlier say of objects that both have.
    ///
    /// Of a namespace that no manifest makes nobody knows the labels: it is judged unless the profile excludes its name.
    /// Those of the system are protected, as in a cluster.
    public func assess(_ cluster: OfflineCluster, at now: Timestamp) -> [OfflineAssessment] {
        var assessments: [OfflineAssessment] = []
        cluster.forEachVariant(at: now) { variant in
            let view = variant.view
            guard variant.isMade ? selects(view.namespace) : !excludes(view.namespace.name) else { return }
            var decision = Governance.Decision()
            if SystemNamespaces.all.contains(view.namespace.name) {
                decision.protectedFrom = [self]
            } else {
                decision.governor = self
            }
            assessments.append(
                OfflineAssessment(
                    namespace: view.namespace.name,
                    verdicts: Judgement(decision, view).verdicts,
                    sources: variant.sources,
                    firstSource: variant.firstSource
                )
            )
        }
        return assessments
    }
}
