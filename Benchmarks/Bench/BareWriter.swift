import Foundation
import Hardening
import HardeningController
import KubernetesAPI
import KubernetesClient
import Logging

/// Sends the very writes that the operator would, and does nothing else: the least time in which this server can be
/// brought there by who knows beforehand what to write.
struct BareWriter: Sendable {
    private let operations: [Hardening.Operation]

    /// Knows what the operator would write to each namespace of the cluster as it stands.
    init(surveying client: KubernetesClient) async throws {
        let server = try await client.get(ServerVersion.self, path: "/version")
        var options = Controller.Options(serverMinor: server.minorNumber)
        options.protectedNamespaces = SystemNamespaces.all.union(["hardening-system"])
        let survey = ClusterSurvey(
            client: client,
            options: options,
            logger: Logger(label: "survey") { _ in SwiftLogNoOpLogHandler() },
            now: Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970))
        )
        let surveyed = try await survey.run(profile: nil, only: []).namespaces
        if let held = surveyed.first(where: { $0.verdicts.contains { $0.obstacle != nil } }) {
            throw Failure("something is held in \(held.name), so not all would be written: \(held.verdicts)")
        }
        operations = surveyed.flatMap { $0.changes.map(\.operation) }
    }

    /// How many writes there are.
    var count: Int { operations.count }

    /// Writes all, so many at a time, and reads meanwhile what `reader` does.
    ///
    /// - Returns: seconds of processor time of this process.
    func run(kubeconfig: String, inFlight: Int, reading reader: BareReader? = nil) async throws -> Double {
        let client = try Cluster.client(kubeconfig: kubeconfig)
        let writer = ClusterWriter(client: client)
        let before = try ProcessFigures.cpuSeconds(of: getpid())
        do {
            let writing: @Sendable () async throws -> Void = {
                try await forEach(operations, atOnce: inFlight) { _ = try await writer.perform($0) }
            }
            if let reader { try await reader.run(client, beside: writing) } else { try await writing() }
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        return try ProcessFigures.cpuSeconds(of: getpid()) - before
    }
}
