import ClusterDocuments
import Hardening
import KubernetesAPI
import KubernetesClient

/// From the start of a writer in a cluster that it has never seen, to the last namespace hardened.
struct ColdStart: Sendable, Codable {
    /// From the start to the last write that put something in force, as the server's audit log has it.
    var seconds: Double
    /// From the start to the first request of all.
    var secondsToFirstRequest: Double
    /// Of processor time, until nothing was left to do.
    var cpuSeconds: Double
    /// Of API server and etcd, in the same time.
    var cpuSecondsOfServer: Double
    /// The writes that put something in force.
    var writes: Int
    /// All requests, by kind.
    var requests: [String: Int]
    /// The requests but for those of which there are more the longer it takes: watches, leases, and the profile's status.
    var requestsForGood: Int

    init(_ log: AuditLog, startedAt: Double, cpuSeconds: Double, ofServer cpuSecondsOfServer: Double) throws {
        let requests = try log.requests()
        let writes = requests.filter(\.isHardening)
        guard let last = writes.map(\.answeredAt).max(), let first = requests.map(\.receivedAt).min() else {
            throw Failure("\(log.file) has no write")
        }
        seconds = last - startedAt
        secondsToFirstRequest = first - startedAt
        self.cpuSeconds = cpuSeconds
        self.cpuSecondsOfServer = cpuSecondsOfServer
        self.writes = writes.count
        self.requests = requests.byKind
        requestsForGood = requests.filter { !$0.isOfTime }.count
    }
}

/// What can be seen of a cluster from outside.
struct Hardened {
    /// Waits until the profile's status says that it is in force in so many namespaces, and sees for itself that it is.
    ///
    /// - Throws: ``Failure`` when the status says so and it is not true.
    static func wait(_ client: KubernetesClient, namespaces: Int) async throws {
        try await eventually("the status says that \(namespaces) namespaces are hardened") {
            let profile = try await client.get(HardeningProfile.self, name: ClusterDocuments.profileName)
            guard let status = profile.status, status.condition(.ready)?.status == .true else { return nil as Void? }
            // A server that does not act on Pod Security labels makes them unverified, at best.
            let good = status.namespaces.compliant + status.namespaces.unverified
            return status.namespaces.selected == namespaces && good == namespaces ? () : nil
        }
        let hardened = try await Observer.observing(client) { $0.complete.count }
        guard hardened == namespaces else {
            throw Failure("the status calls \(namespaces) namespaces hardened, and \(hardened) are")
        }
    }
}
