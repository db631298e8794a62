import ControllerRuntime
import Hardening
import KubernetesAPI
import Synchronization

/// Follows what the controls must know of the cluster: where its DNS and its API server are.
final class ClusterFactsTracker: Sendable {
    /// The objects of one place.
    struct Place: Sendable {
        let services = Store<Service>()
        let endpointSlices = Store<EndpointSlice>()
    }

    let dns: [(location: DNSLocation, place: Place)] = DNSLocation.known.map { ($0, Place()) }
    let nodeLocal = Store<DaemonSet>()
    let apiServer = Place()

    private let daemonSets: Store<ObservedWorkload>
    private let statedProvider: String?
    private let unobservedDaemonSets = Mutex<String?>("nobody has looked")
    private let facts: Mutex<ClusterFacts>

    init(serverMinor: Int, networkPolicyProvider: String?, daemonSets: Store<ObservedWorkload>) {
        facts = Mutex(ClusterFacts(serverMinor: serverMinor))
        statedProvider = networkPolicyProvider
        self.daemonSets = daemonSets
    }

    /// What was found out about the API server's Pod Security admission.
    ///
    /// - Returns: whether that changes the facts.
    func setPodSecurityAdmission(_ evidence: ClusterFacts.Evidence) -> Bool {
        facts.withLock { facts in
            defer { facts.podSecurityAdmission = evidence }
            return facts.podSecurityAdmission != evidence
        }
    }

    /// Why DaemonSets cannot be observed, or `nil` if they can.
    func setUnobservedDaemonSets(_ reason: String?) {
        unobservedDaemonSets.withLock { $0 = reason }
    }

    /// The kubelets' versions, by how many nodes have them; `nil` if nodes cannot be observed.
    func setKubeletVersions(_ versions: [String: Int]?) {
        facts.withLock { $0.kubeletVersions = versions }
    }

    /// The facts as they are known now.
    var current: ClusterFacts { facts.withLock { $0 } }

    /// Looks at the objects again, one of which has changed.
    ///
    /// - Returns: whether that changes the facts.
    func refresh() -> Bool {
        // Within the lock: of two changes at a time, the later look at the objects must not lose.
        facts.withLock { facts in
            let before = facts
            let nodeLocal = nodeLocal.value(DNSLocation.nodeLocalDaemonSet, in: DNSLocation.nodeLocalNamespace)
            facts.dns =
                dns.lazy.compactMap { location, place in
                    DNSFacts(
                        at: location,
                        service: place.services.value(location.service, in: location.namespace),
                        endpointSlices: place.endpointSlices.values(in: location.namespace),
                        nodeLocal: nodeLocal
                    )
                }.first
            facts.apiServer = APIServerFacts(
                service: apiServer.services.value("kubernetes", in: "default"),
                endpointSlices: apiServer.endpointSlices.values(in: "default")
            )
            facts.networkPolicyProvider =
                if let statedProvider {
                    .found("--network-policy-provider \(statedProvider)")
                } else if let unobservedDaemonSets = unobservedDaemonSets.withLock({ $0 }) {
                    .notObserved("daemonsets cannot be watched (\(unobservedDaemonSets))")
                } else {
                    NetworkPolicyProvider.evidence(
                        daemonSets.all().map { (namespace: $0.key.namespace, daemonSet: $0.value) }
                    )
                }
            return facts != before
        }
    }
}
