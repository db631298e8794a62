import ControllerRuntime
import Hardening
import KubernetesAPI
import Synchronization

/// All that is kept of the cluster, in one store for each resource.
final class ClusterCache: Sendable {
    let profiles = Store<ObservedProfile>()
    let namespaces = Store<ObservedNamespace> { $0.name }
    let networkPolicies = Store<ObservedNetworkPolicy> { $0.name }
    let serviceAccounts = Store<ObservedServiceAccount> { $0.name }
    let limitRanges = Store<ObservedLimitRange> { $0.name }
    let roleBindings = Store<Set<NamespaceIndex<BoundAccount>.Entry>>()
    let clusterRoleBindings = Store<Set<NamespaceIndex<BoundAccount>.Entry>>()
    let boundAccounts = NamespaceIndex<BoundAccount>(memory: .seconds(ServiceAccountTokenControl.unboundSeconds))
    /// By kind.
    let workloads = Dictionary(
        uniqueKeysWithValues: WorkloadKinds.all.map {
            ($0.resource.kind, Store<ObservedWorkload>(nameOf: { $0.name }, contentDigestOf: { $0.contentDigest }))
        }
    )
    let projections = Projections()
    let services = Store<ObservedService> { $0.name }
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
    private let admission = Mutex<[String: AdmissionKnowledge]>([:])

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

    /// How the API server would take a policy in `namespace`.
    func take(_ answer: AdmissionAnswer, for namespace: String) {
        admission.withLock { $0[namespace, default: .init()].take(answer) }
    }

    /// Whether the API server leaves `namespace` alone.
    func take(_ exemption: AdmissionExemption, for namespace: String) {
        admission.withLock { $0[namespace, default: .init()].take(exemption) }
    }

    /// Nothing is to be known any more of what the API server said of `namespace`.
    func forgetAdmission(of namespace: String) {
        admission.withLock { $0[namespace] = nil }
    }

    /// The API server may be another one, which leaves other namespaces alone.
    func forgetExemptions() {
        admission.withLock { known in
            for name in known.keys { known[name]?.forgetExemption() }
        }
    }

    /// Everything that bears on a namespace at this time of day, or `nil` when there is no such namespace.
    func view(of name: String, at now: Timestamp) -> NamespaceView? {
        guard let namespace = namespaces.value(name) else { return nil }
        let objects = workloads.values.flatMap { $0.values(in: name) }
        var view = NamespaceView(
            namespace: namespace,
            networkPolicies: networkPolicies.values(in: name),
            serviceAccounts: serviceAccounts.values(in: name),
            limitRanges: limitRanges.values(in: name),
            workloads: WorkloadGroup.groups(objects),
            services: services.values(in: name),
            callers: Array(callers.elements(in: name)),
            monitors: Array(monitors.elements(in: name)),
            leaseHolders: Set(leases.values(in: name)),
            unobserved: unobserved,
            cluster: facts.current,
            now: now
        )
        view.podsThatAreOver = objects.filter { $0.isOver && $0.kind == "Pod" }
        view.admission = admission.withLock { $0[name] } ?? .init()
        view.setBoundAccounts(boundAccounts.elements(in: name))
        for (account, age) in boundAccounts.gone(from: name) where !account.isFromElsewhere {
            view.unboundSince[account.name] = Timestamp(
                secondsSinceEpoch: now.secondsSinceEpoch - age.components.seconds
            )
        }
        return view
    }

    /// Takes in what a write was answered with, so that the next view shows it. Who has written it judges anew by that view:
    /// no other look at the namespace follows.
    func absorb(_ written: ClusterWriter.Written) {
        switch written {
        case .namespace(let object):
            namespaces.written(
                ObjectKey(object.metadata),
                projections.observed(object),
                object.metadata.resourceVersion,
                isTakenUp: true
            )
        case .networkPolicy(let object):
            networkPolicies.written(
                ObjectKey(object.metadata),
                projections.observed(object),
                object.metadata.resourceVersion,
                isTakenUp: true
            )
        case .serviceAccount(let object):
            serviceAccounts.written(
                ObjectKey(object.metadata),
                projections.observed(object),
                object.metadata.resourceVersion,
                isTakenUp: true
            )
        case .limitRange(let object):
            limitRanges.written(
                ObjectKey(object.metadata),
                projections.observed(object),
                object.metadata.resourceVersion,
                isTakenUp: true
            )
        case .deleted(let operation):
            guard case .delete(let text) = operation.verb else { return }
            let uid = UID(text)
            func key(_ name: String) -> ObjectKey { ObjectKey(namespace: operation.namespace, name: name) }
            switch operation.target {
            case .networkPolicy(let name): networkPolicies.deleted(key(name), isTakenUp: true) { $0.uid == uid }
            case .limitRange(let name): limitRanges.deleted(key(name), isTakenUp: true) { $0.uid == uid }
            case .serviceAccount(let name): serviceAccounts.deleted(key(name), isTakenUp: true) { $0.uid == uid }
            case .namespace: namespaces.deleted(ObjectKey(name: operation.namespace), isTakenUp: true) { $0.uid == uid }
            }
        }
    }
}
