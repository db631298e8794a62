import KubernetesAPI
import KubernetesClient
import Synchronization

/// Watches what is in force in each namespace, and notes when all of it came to be.
final class Observer: Sendable {
    private struct Standing {
        var inForce: InForce = []
        /// When something was last seen to be missing that was there, or the namespace was seen at all.
        var broken = ContinuousClock.now
        /// When all was last seen to have come to be in force.
        var completed: ContinuousClock.Instant?
    }

    private let standings = Mutex<[String: Standing]>([:])

    private init() {}

    /// Lists all that is in force, and watches it for as long as `body` takes.
    static func observing<Result: Sendable>(
        _ client: KubernetesClient,
        _ body: @escaping @Sendable (Observer) async throws -> Result
    ) async throws -> Result {
        let observer = Observer()
        let watches = try await [
            observer.watch(Namespace.self, client), observer.watch(NetworkPolicy.self, client),
            observer.watch(LimitRange.self, client), observer.watch(ServiceAccount.self, client),
        ]
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            for watch in watches {
                group.addTask {
                    try await watch()
                    throw Failure("a watch of the bench's own has ended")
                }
            }
            group.addTask { try await body(observer) }
            defer { group.cancelAll() }
            for try await result in group {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    /// The namespaces in which all is in force.
    var complete: Set<String> { standings.withLock { Set($0.filter { $0.value.inForce == .all }.keys) } }

    /// Waits until all is in force in `namespace`, after something was missing since `begin`.
    ///
    /// - Returns: when that was seen, and before it, if so, that something was missing.
    func completion(
        of namespace: String,
        since begin: ContinuousClock.Instant
    ) async throws -> (broken: ContinuousClock.Instant?, completed: ContinuousClock.Instant) {
        try await eventually("all is in force in \(namespace)", within: .seconds(60), every: .milliseconds(1)) {
            guard let standing = standings.withLock({ $0[namespace] }), let completed = standing.completed,
                completed > begin
            else { return nil }
            return (standing.broken > begin ? standing.broken : nil, completed)
        }
    }

    private func note(_ kind: Resource, _ metadata: ObjectMeta, _ json: JSONValue?) {
        guard let (part, holds) = InForce.part(kind, metadata.name, json ?? .null) else { return }
        standings.withLock { standings in
            var standing = standings[metadata.namespace ?? metadata.name] ?? Standing()
            let before = standing.inForce
            standing.inForce = holds && json != nil ? before.union(part) : before.subtracting(part)
            if before == .all, standing.inForce != .all { standing.broken = .now }
            if before != .all, standing.inForce == .all { standing.completed = .now }
            standings[metadata.namespace ?? metadata.name] = standing
        }
    }

    // Lists now, and gives back what watches from there.
    private func watch<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ client: KubernetesClient
    ) async throws -> @Sendable () async throws -> Void {
        let page = try await client.list(Whole<Kind>.self) { item in
            let object = try item.get()
            self.note(Kind.resource, object.metadata, object.json)
        }
        return {
            let query = WatchQuery(resourceVersion: page.resourceVersion, timeout: .seconds(3600))
            try await client.watch(Whole<Kind>.self, query) { event in
                switch event {
                case .added(let object), .modified(let object):
                    self.note(Kind.resource, object.metadata, object.json)
                case .deleted(let object): self.note(Kind.resource, object.metadata, nil)
                case .bookmark: break
                case .error(let status): throw Failure("a watch of the bench's own was refused: \(status)")
                case .unreadable(let object): throw object
                }
            }
        }
    }
}
