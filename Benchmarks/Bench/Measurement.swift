import Foundation
import KubernetesAPI
import KubernetesClient

/// A run of the whole benchmark: seeds once, and measures each row on a fresh copy of that.
struct Measurement: Sendable {
    static let mebi = 1_048_576.0

    let cluster: Cluster
    let program: String
    let kubeconfig: String
    let manifest: String
    let instructionCount: InstructionCount
    let subject: OperatorUnderTest
    let size: Size
    let runs: Int
    let inFlight: Int
    /// The numbers of namespaces at which growth is measured.
    let growth: [Int]
    /// Whether the copies of etcd's data that an earlier run has left are used as they are.
    let reusesCopies: Bool

    /// Measures the rows of `parts`.
    func report(_ parts: Set<Part>) async throws -> Report {
        let seeded = try await seed(for: parts)
        var report = Report(
            date: "\(Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)))",
            machine: Report.thisMachine,
            kubernetes: seeded.kubernetes,
            build: Report.thisBuild,
            size: size,
            runs: runs,
            writesInFlight: inFlight,
            meanPodBytes: seeded.meanPodBytes
        )
        if !parts.isDisjoint(with: [.coldStart, .memory]) { try await coldStarts(&report, parts, seeded) }
        if parts.contains(.counts) { try await counts(&report) }
        if !parts.isDisjoint(with: [.steady, .events, .drift, .newNamespaces]) { try await atWork(&report, parts) }
        if parts.contains(.binary) { try await binary(&report) }
        if parts.contains(.instructions) { try await instructions(&report) }
        if parts.contains(.growth) { try await growth(&report) }
        if parts.contains(.full) { try await fullSize(&report) }
        return report
    }

    // What an operator does that has nothing left to do.
    private func atWork(_ report: inout Report, _ parts: Set<Part>) async throws {
        let before = report
        report = try await cluster.run(on: Copy.whole) { client in
            try await subject.run { running in
                var report = before
                try await Hardened.wait(client, namespaces: size.namespaces)
                try await ProcessFigures.untilIdle(running.process, below: 0.05)
                if parts.contains(.steady) { try await steady(&report) }
                if parts.contains(.events) { try await events(&report, running, client) }
                if parts.contains(.drift) { try await drift(&report, client) }
                if parts.contains(.newNamespaces) { try await newNamespaces(&report) }
                return report
            }
        }
    }
}
