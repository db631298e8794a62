import ControllerRuntime
import Hardening
import KubernetesAPI
import Synchronization

/// All that is kept of the cluster, in one store for each resource.
final class ClusterCache: Sendable {
    let profiles = Store<ObservedProfile>()
    let namespaces = Store<ObservedNamespace>()
    let networkPolicies = Store<ObservedNetworkPolicy>()
    let serviceAccounts = Store<ObservedServiceAccount>()
    let limitRanges = Store<ObservedLimitRange>()
    let roleBindings = Store<Set<NamespaceIndex<BoundAccount>.Entry>>()
    let clusterRoleBindings = Store<Set<NamespaceIndex<BoundAccount>.Entry>>()
    let boundAccounts = NamespaceIndex<BoundAccount>(memory: .seconds(ServiceAccountTokenControl.unboundSeconds))
    /// By kind.
    let workloads = Dictionary(
        uniqueKeysWithValues: WorkloadKinds.all.map { ($0.resource.kind, Store<ObservedWorkload>()) }
    )
    let podFacts = PodFactsPool()
    let services = Store<ObservedService>()
    let leases = Store<String>()
    let validatingWebhooks = Store<Set<NamespaceIndex<ServiceCaller>.Entry>>()
    let mutatingWebhooks = Store<Set<NamespaceIndex<ServiceCaller>.Entry>>()
    let definitions = Store<Set<NamespaceIndex<ServiceCaller>.Entry>>()
    let apiServices = Store<Set<NamespaceIndex<ServiceCaller>.Entry>>()
    let ingresses = Store<Set<NamespaceIndex<ServiceCaller>.Entry>>()
    let httpRoutes = Store<Set<NamespaceIndex<ServiceCaller>.Entry>>()
    let callers = NamespaceIndex<ServiceCaller>()
    let serviceMonitors = Store<Set<NamespaceIndex<ObservedMonitor>.Entry>>()
    let podMonitors = Store<Set<NamespaceIndex<ObservedMonitor>.Entry>>()
    let monitors = NamespaceIndex<ObservedMonitor>()
    /// The kubelet's version, by node.
    let nodes = Store<String>()
    let facts: ClusterFactsTracker
    private let unobservedResources = Mutex<[String: String]>([:])
    private let answers = Mutex<[String: AdmissionAnswer]>([:])

    init(serverMinor: Int, networkPolicyProvider: String? = nil) {
        facts = ClusterFactsTracker(
            serverMinor: serverMinor,
            networkPolicyProvider: networkPolicyProvider,
            daemonSets: workloads["DaemonSet"] ?? Store()
        )
    }

    /// Counts the kubelets' versions anew.
    func refreshKubeletVersions() {
        let versions = nodes.values().filter { !$0.isEmpty }
        let counts = Dictionary(versions.map { ($0, 1) }, uniquingKeysWith: +)
        facts.setKubeletVersions(unobserved["nodes"] == nil ? counts : nil)
    }

    /// The resources that cannot be observed, by plural name, and why.
    var unobserved: [String: String] { unobservedResources.withLock { $0 } }

    /// These resources cannot be observed.
    ///
    /// - Returns: whether that is news.
    func setUnobserved(_ resources: [String: String]) -> Bool {
        unobservedResources.withLock { unobserved in
            defer { unobserved = resources }
            return unobserved != resources
        }
    }

    /// What the API server said when it was asked about `namespace`, or with `nil` that nothing is to be known of it.
    func setAnswer(_ answer: AdmissionAnswer?, for namespace: String) {
        answers.withLock { $0[namespace] = answer }
    }

    /// Everything that bears on a namespace at this time of day, or `nil` when there is no such namespace.
    func view(of name: String, at now: Timestamp) -> NamespaceView? {
        guard let namespace = namespaces.value(name) else { return nil }
        var view = NamespaceView(
            namespace: namespace,
            networkPolicies: networkPolicies.values(in: name),
            serviceAccounts: serviceAccounts.values(in: name),
            limitRanges: limitRanges.values(in: name),
            workloads: WorkloadGroup.groups(workloads.values.flatMap { $0.values(in: name) }),
            services: services.values(in: name),
            callers: Array(callers.elements(in: name)),
            monitors: Array(monitors.elements(in: name)),
            leaseHolders: Set(leases.values(in: name)),
            admissionAnswer: answers.withLock { $0[name] },
            unobserved: unobserved,
            cluster: facts.current,
            now: now
        )
        view.setBoundAccounts(boundAccounts.elements(in: name))
        for (account, age) in boundAccounts.gone(from: name) where !account.isFromElsewhere {
            view.unboundSince[account.name] = Timestamp(
                secondsSinceEpoch: now.secondsSinceEpoch - age.components.seconds
            )
        }
        return view
    }

    /// Takes in what a write was answered with, so that the next view shows it.
    func absorb(_ written: ClusterWriter.Written) {
        switch written {
        case .namespace(let object):
            namespaces.written(ObjectKey(object.metadata), ObservedNamespace(object), object.metadata.resourceVersion)
        case .networkPolicy(let object):
            networkPolicies.written(
                ObjectKey(object.metadata),
                ObservedNetworkPolicy(object),
                object.metadata.resourceVersion
            )
        case .serviceAccount(let object):
            serviceAccounts.written(
                ObjectKey(object.metadata),
                ObservedServiceAccount(object),
                object.metadata.resourceVersion
            )
        case .limitRange(let object):
            limitRanges.written(ObjectKey(object.metadata), ObservedLimitRange(object), object.metadata.resourceVersion)
        case .deleted(let operation):
            guard case .delete(let uid) = operation.verb else { return }
            func key(_ name: String) -> ObjectKey { ObjectKey(namespace: operation.namespace, name: name) }
            switch operation.target {
            case .networkPolicy(let name): networkPolicies.deleted(key(name)) { $0.uid == uid }
            case .limitRange(let name): limitRanges.deleted(key(name)) { $0.uid == uid }
            case .serviceAccount(let name): serviceAccounts.deleted(key(name)) { $0.uid == uid }
            case .namespace: namespaces.deleted(ObjectKey(name: operation.namespace)) { $0.uid == uid }
            }
        }
    }
}
