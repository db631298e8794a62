import Foundation
import KubernetesAPI
import KubernetesClient

/// How etcd's data is kept for the runs.
extension Measurement {
    enum Copy {
        static let empty = "empty"
        static let fewerPods = "fewer-pods"
        static let whole = "whole"
        static let moreNamespaces = "more-namespaces"
        static let full = "full"
    }

    /// What is known of ``Copy/whole``.
    struct Seeded: Codable {
        /// By how many pods the whole is more than ``Copy/fewerPods``.
        var furtherPods: Int
        var meanPodBytes: Int
        var kubernetes: String
    }

    /// A cluster with about half of the pods, with all of them, and with three times the namespaces.
    func seed(for parts: Set<Part>) async throws -> Seeded {
        let record = URL(fileURLWithPath: "\(cluster.directory)/seeded.json")
        if reusesCopies { return try JSONDecoder().decode(Seeded.self, from: Data(contentsOf: record)) }
        try await cluster.stop()
        if parts.contains(.full) { try await cluster.keep(as: Copy.empty) }
        let names = 0..<size.namespaces
        try await grow(to: Copy.fewerPods, "\(size.namespaces) namespaces with \(size.pods / 2) pods") { seeding in
            try await seeding.furnish()
            try await seeding.nodes(for: size)
            try await seeding.namespaces(names)
            try await seeding.pods(size, tenths: 0..<5)
        }
        let seeded = try await grow(to: Copy.whole, "\(size.pods) pods") { seeding in
            Seeded(
                furtherPods: try await seeding.pods(size, tenths: 5..<10),
                meanPodBytes: try await seeding.meanPodBytes(),
                kubernetes: try await seeding.kubernetesVersion()
            )
        }
        if parts.contains(.memory) {
            try await grow(to: Copy.moreNamespaces, "\(3 * size.namespaces) namespaces") { seeding in
                try await seeding.namespaces(size.namespaces..<3 * size.namespaces)
            }
        }
        try JSONEncoder().encode(seeded).write(to: record)
        return seeded
    }

    /// Goes on filling the cluster as it stands, and keeps that as `copy`.
    @discardableResult
    func grow<Result>(
        to copy: String,
        _ what: String,
        _ body: (Seeding) async throws -> Result
    ) async throws -> Result {
        say("seeding \(what)")
        let begin = ContinuousClock.now
        let result = try await cluster.run { client in
            let result = try await body(Seeding(client: client))
            let namespaces = try await client.list(Receipt<Namespace>.self, .init(limit: 1)) { _ in }
            try await cluster.compact(to: namespaces.resourceVersion)
            return result
        }
        try await cluster.stop()
        try await cluster.keep(as: copy)
        say("seeded in \(begin.duration(to: .now).seconds.text(digits: 0)) s")
        return result
    }
}
