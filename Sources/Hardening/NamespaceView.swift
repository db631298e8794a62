import KubernetesAPI

/// One namespace as it was observed, and what of the cluster bears on it: all that judging and planning look at.
///
/// A value: the same view gives the same answer.
public struct NamespaceView: Sendable {
    /// The namespace itself.
    public var namespace: ObservedNamespace
    /// Its network policies, anyone's.
    public var networkPolicies: [ObservedNetworkPolicy]
    /// Its service accounts.
    public var serviceAccounts: [ObservedServiceAccount]
    /// Its limit ranges, anyone's.
    public var limitRanges: [ObservedLimitRange]
    /// What runs in it.
    public var workloads: [WorkloadGroup]
    /// Its pods that do not count any more, or never did (``ObservedWorkload/isOver``). The API server counts them.
    public var podsThatAreOver: [ObservedWorkload] = []
    /// Its services.
    public var services: [ObservedService]
    /// Who outside of it calls its services, as far as objects say so.
    public var callers: [ServiceCaller]
    /// What Prometheus was told to scrape in it.
    public var monitors: [ObservedMonitor]
    /// Who holds its leases.
    public var leaseHolders: Set<String>
    /// What the API server said of its Pod Security admission here.
    public var admission = AdmissionKnowledge()
    /// Resources that bear on it and cannot be observed, such as `pods`, with the reason: what is known of them is
    /// nothing, or out of date.
    public var unobserved: [String: String]
    /// The names of its service accounts that a binding names which is its own or the cluster's.
    public var boundAccounts: Set<String>
    /// The names of its service accounts that a RoleBinding of another namespace names. That they are bound may be why
    /// nothing is taken from them yet; it is no reason to give anything back.
    public var accountsBoundElsewhere: Set<String> = []
    /// Of the accounts that no binding names any more, since when; those for which that is long ago are left out.
    public var unboundSince: [String: Timestamp] = [:]
    /// The cluster around it.
    public var cluster: ClusterFacts
    /// The time of day; `nil` where it does not matter what is new.
    public var now: Timestamp?

    /// A view with the given parts; the order of the lists means nothing.
    public init(
        namespace: ObservedNamespace,
        networkPolicies: [ObservedNetworkPolicy] = [],
        serviceAccounts: [ObservedServiceAccount] = [],
        limitRanges: [ObservedLimitRange] = [],
        workloads: [WorkloadGroup] = [],
        services: [ObservedService] = [],
        callers: [ServiceCaller] = [],
        monitors: [ObservedMonitor] = [],
        leaseHolders: Set<String> = [],
        unobserved: [String: String] = [:],
        boundAccounts: Set<String> = [],
        cluster: ClusterFacts,
        now: Timestamp? = nil
    ) {
        self.namespace = namespace
        self.networkPolicies = networkPolicies.sorted { $0.name < $1.name }
        self.serviceAccounts = serviceAccounts.sorted { $0.name < $1.name }
        self.limitRanges = limitRanges.sorted { $0.name < $1.name }
        self.workloads = workloads
        self.services = services.sorted { $0.name < $1.name }
        self.callers = callers.sorted()
        self.monitors = monitors.sorted { $0.object < $1.object }
        self.leaseHolders = leaseHolders
        self.unobserved = unobserved
        self.boundAccounts = boundAccounts
        self.cluster = cluster
        self.now = now
    }

    /// Whether there is such an object.
    public func contains(_ target: Operation.Target) -> Bool {
        switch target {
        case .namespace: true
        case .networkPolicy(let name): networkPolicies.contains { $0.name == name }
        case .serviceAccount(let name): serviceAccounts.contains { $0.name == name }
        case .limitRange(let name): limitRanges.contains { $0.name == name }
        }
    }

    /// Takes in the accounts of this namespace that bindings name.
    public mutating func setBoundAccounts(_ accounts: Set<BoundAccount>) {
        boundAccounts = Set(accounts.filter { !$0.isFromElsewhere }.map(\.name))
        accountsBoundElsewhere = Set(accounts.filter(\.isFromElsewhere).map(\.name)).subtracting(boundAccounts)
    }

    /// The names of its service accounts that any binding names.
    var allBoundAccounts: Set<String> { boundAccounts.union(accountsBoundElsewhere) }

    /// Of all pods that the API server counts, to tell whether they have changed.
    public var podsFingerprint: Fingerprint {
        Fingerprint(of: Set(workloads.flatMap(\.pods) + podsThatAreOver))
    }

    /// The profiles on whose behalf something here was written.
    public var traces: Set<String> {
        var traces = Set<String>()
        if namespace.isMarked { traces.insert(namespace.profile ?? "") }
        for policy in networkPolicies where policy.isOurs { traces.insert(policy.profile ?? namespace.profile ?? "") }
        for range in limitRanges where range.isOurs { traces.insert(range.profile ?? namespace.profile ?? "") }
        for account in serviceAccounts where account.isMarked {
            traces.insert(account.profile ?? namespace.profile ?? "")
        }
        return traces
    }
}
