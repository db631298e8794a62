import ClusterDocuments
import KubernetesAPI
import KubernetesClient

/// Updates pods' statuses at a steady rate, as kubelets do.
struct PodChurn: Sendable {
    /// A pod, by its names.
    struct Name: Sendable {
        var namespace: String
        var name: String
    }

    let client: KubernetesClient
    let pods: [Name]
    let perSecond: Int

    /// The pods of namespaces that `isIncluded`.
    init(_ client: KubernetesClient, perSecond: Int, in isIncluded: (String) -> Bool) async throws {
        self.client = client
        self.perSecond = perSecond
        pods = try await client.listAll(Receipt<Pod>.self).map {
            Name(namespace: $0.metadata.namespace ?? "", name: $0.metadata.name)
        }.filter { isIncluded($0.namespace) }
    }

    /// Sends updates for so long, or until it is cancelled; fewer when the server cannot keep up.
    ///
    /// - Returns: how many were made a second.
    func run(for length: Duration) async throws -> Double {
        let begin = ContinuousClock.now
        let interval = Duration.seconds(1) / perSecond
        var sent = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            while begin.duration(to: .now) < length {
                try await Task.sleep(until: begin + interval * sent, clock: .continuous)
                // A server that has fallen behind is not to be kept busy with catching up: others wait then, too.
                if sent >= 16 { try await group.next() }
                let pod = pods[sent % pods.count]
                let round = sent / pods.count + 1
                group.addTask { try await update(pod, round) }
                sent += 1
            }
            try await group.waitForAll()
        }
        return Double(sent) / begin.duration(to: .now).seconds
    }

    private func update(_ pod: Name, _ round: Int) async throws {
        _ = try await client.merge(
            Receipt<Pod>.self,
            name: pod.name,
            namespace: pod.namespace,
            subresource: "status",
            patch: ["status": PodDocument.status(restarts: round)],
            fieldManager: "kubelet"
        )
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
