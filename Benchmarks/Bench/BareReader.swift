import Foundation
import KubernetesAPI
import KubernetesClient

/// Lists and watches what the operator does, with the same client, and looks at nothing of it: the least that reading takes.
struct BareReader: Sendable {
    private struct List: Sendable {
        var path: String
        var query: [(String, String)]
        /// As which the operator reads them, where that decides on the encoding.
        var type: (any KubernetesObject.Type)?
    }

    // The log does not say as which type something was read. DaemonSets are read as two, and once of these in JSON.
    private static let types: [any KubernetesObject.Type] =
        WorkloadKinds.all.map { workload($0) } + [Service.self]

    private static func workload<Kind: WorkloadKind>(_: Kind.Type) -> any KubernetesObject.Type { Workload<Kind>.self }

    private let lists: [List]

    /// Knows what the operator has asked for in `requests`, those of a cold start.
    init(_ requests: [AuditedRequest]) throws {
        lists = try requests.filter { $0.verb == "list" && $0.responseStatus?.code == 200 }.compactMap { request in
            guard let parts = URLComponents(string: request.requestURI) else {
                throw Failure("the audit log has a request for no address: \(request.requestURI)")
            }
            let query = (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") }
            if query.contains(where: { $0.0 == "continue" }) { return nil }
            let type = Self.types.first { $0.resource.path() == parts.path }
            return List(path: parts.path, query: query, type: type)
        }
        guard !lists.isEmpty else { throw Failure("the operator has listed nothing") }
    }

    /// Lists all and watches from there, for as long as `work` takes or the lists do.
    func run(_ client: KubernetesClient, beside work: @escaping @Sendable () async throws -> Void) async throws {
        let (listed, whole) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(lists.count))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for list in lists {
                group.addTask {
                    let version = try await read(list, client)
                    whole.yield()
                    let watch = WatchQuery(resourceVersion: version, timeout: .seconds(3600))
                    let selectors = list.query.filter { $0.0.hasSuffix("Selector") }
                    // A server that has just started ends those of custom resources when it has read their definitions.
                    while true {
                        try await client.skim(list.path, selectors, watching: watch, of: list.type)
                        try await Task.sleep(for: .seconds(1))
                    }
                }
            }
            group.addTask {
                try await work()
                for await _ in listed.prefix(lists.count) {}
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func read(_ list: List, _ client: KubernetesClient) async throws -> ResourceVersion {
        var query = list.query
        while true {
            do {
                let page = try await client.skim(list.path, query, of: list.type).metadata
                guard let token = page.continueToken else { return page.resourceVersion }
                query = list.query + [("continue", token)]
            } catch let error as APIError where error.isExpired {
                // It took longer than the server's history lasts, and begins again in one piece, as the operator's would.
                query = list.query.filter { $0.0 != "limit" }
            }
        }
    }
}
