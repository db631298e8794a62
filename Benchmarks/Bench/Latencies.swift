import ClusterDocuments
import KubernetesAPI
import KubernetesClient

/// How long it takes until a namespace is hardened, as a client that watches sees it.
struct Latencies: Sendable {
    static let samples = 200

    let client: KubernetesClient
    let observer: Observer

    /// From the answer to somebody's write that undoes something, or the sight of it, to all in force again: milliseconds, one for each of
    /// `namespaces` in turn. Each object is undone at most once in ten minutes, or the operator would take it for a fight.
    func ofRepairs(in namespaces: [String]) async throws -> Figures {
        let kinds = Disturbance.allCases
        guard namespaces.count * kinds.count >= Self.samples else {
            throw Failure(
                "\(Self.samples) repairs need \(Self.samples / kinds.count) namespaces, not \(namespaces.count)"
            )
        }
        return try await measure { sample in
            let namespace = namespaces[sample % namespaces.count]
            // Of all kinds, however many namespaces there are; in each namespace of each once, before any again.
            let kind = kinds[(sample + sample / namespaces.count) % kinds.count]
            return (namespace, { try await kind.inflict(on: namespace, client) })
        }
    }

    /// From the answer to the creation of a namespace, to all in force there: milliseconds.
    func ofNewNamespaces() async throws -> Figures {
        try await measure { sample in
            let namespace = "new-\(sample)"
            return (
                namespace,
                {
                    _ = try await client.create(
                        Receipt<Namespace>.self,
                        document: ClusterDocuments.namespace(namespace),
                        fieldManager: "kubectl-create"
                    )
                }
            )
        }
    }

    private func measure(
        _ sample: (Int) -> (namespace: String, write: () async throws -> Void)
    ) async throws -> Figures {
        var milliseconds: [Double] = []
        for number in 0..<Self.samples {
            let (namespace, write) = sample(number)
            let begin = ContinuousClock.now
            try await write()
            let answered = ContinuousClock.now
            let seen = try await observer.completion(of: namespace, since: begin)
            // On a busy machine who watches hears of a write before its writer does.
            let known = min(answered, seen.broken ?? answered)
            milliseconds.append(max(0, (seen.completed - known).seconds * 1000))
            try await Task.sleep(for: .milliseconds(20))
        }
        return Figures(milliseconds)
    }
}
