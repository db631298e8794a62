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

    private let facts: Mutex<ClusterFacts>

    init(serverMinor: Int) {
        facts = Mutex(ClusterFacts(serverMinor: serverMinor))
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
            return facts != before
        }
    }
}
