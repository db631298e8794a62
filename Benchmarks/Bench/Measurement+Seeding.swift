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
        static let counted = "counted"
        static let countedFewerPods = "counted-fewer-pods"
        static let countedMoreNamespaces = "counted-more-namespaces"
        static let full = "full"

        static func growth(_ size: Size) -> String { "growth-\(size.namespaces)" }
    }

    /// What is known of what was seeded.
    struct Seeded: Codable {
        /// By how many pods ``Copy/whole`` is more than ``Copy/fewerPods``.
        var furtherPods = 0
        var meanPodBytes = 0
        var kubernetes = "(none was started)"
    }

    /// Seeds what `parts` are measured on, but for the full size.
    func seed(for parts: Set<Part>) async throws -> Seeded {
        let record = URL(fileURLWithPath: "\(cluster.directory)/seeded.json")
        if reusesCopies { return try JSONDecoder().decode(Seeded.self, from: Data(contentsOf: record)) }
        try await cluster.stop()
        try await cluster.keep(as: Copy.empty)
        var seeded = Seeded()
        if !parts.isDisjoint(with: Part.onWhole) { seeded = try await seedWhole(for: parts) }
        if parts.contains(.instructions) { seeded = try await seedCounted() }
        if parts.contains(.growth) { seeded = try await seedGrowth() }
        try JSONEncoder().encode(seeded).write(to: record)
        return seeded
    }

    /// Puts the cluster back to where nothing is in it.
    func startAnew() async throws { try await cluster.run(on: Copy.empty) { _ in } }

    // Only what counts are taken of needs no other copies.
    private func seedWhole(for parts: Set<Part>) async throws -> Seeded {
        guard parts.isDisjoint(with: Part.onWhole.subtracting([.counts])) else {
            return try await seedCopies(for: parts)
        }
        return try await grow(to: Copy.whole, "\(size)") { seeding in
            try await seeding.furnish()
            try await seeding.fill(size)
        }
    }

    // A cluster with about half of the pods, with all of them, and with three times the namespaces.
    private func seedCopies(for parts: Set<Part>) async throws -> Seeded {
        let names = 0..<size.namespaces
        let half = Size(namespaces: size.namespaces, pods: size.pods / 2)
        _ = try await grow(to: Copy.fewerPods, "\(half)") { seeding in
            try await seeding.furnish()
            try await seeding.nodes(for: size)
            try await seeding.namespaces(names)
            try await seeding.pods(size, in: names, tenths: 0..<5)
        }
        var further = 0
        var seeded = try await grow(to: Copy.whole, "\(size)") { seeding in
            further = try await seeding.pods(size, in: names, tenths: 5..<10)
        }
        seeded.furtherPods = further
        if parts.contains(.memory) {
            _ = try await grow(to: Copy.moreNamespaces, "\(3 * size.namespaces) namespaces") { seeding in
                try await seeding.namespaces(size.namespaces..<3 * size.namespaces)
            }
        }
        return seeded
    }

    /// Goes on filling the cluster as it stands, and keeps that as `copy`.
    func grow(to copy: String, _ what: String, _ body: (Seeding) async throws -> Void) async throws -> Seeded {
        say("seeding \(what)")
        let begin = ContinuousClock.now
        let seeded = try await cluster.run { client in
            let seeding = Seeding(client: client)
            try await body(seeding)
            let namespaces = try await client.list(Receipt<Namespace>.self, .init(limit: 1)) { _ in }
            try await cluster.compact(to: namespaces.resourceVersion)
            return Seeded(
                meanPodBytes: try await seeding.meanPodBytes(),
                kubernetes: try await seeding.kubernetesVersion()
            )
        }
        try await cluster.stop()
        try await cluster.keep(as: copy)
        say("seeded in \(begin.duration(to: .now).seconds.text(digits: 0)) s")
        return seeded
    }
}
