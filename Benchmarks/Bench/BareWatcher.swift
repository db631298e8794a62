import ArgumentParser
import Foundation
import KubernetesAPI
import KubernetesClient
import Subprocess

/// A process that watches pods as the operator does, and looks at no event: the least that an event takes.
struct BareWatcher: Sendable {
    let kubeconfig: String

    /// Runs it for as long as `body` takes, which gets its process id.
    func run<Result: Sendable>(_ body: @escaping @Sendable (Int32) async throws -> Result) async throws -> Result {
        let outcome = try await Subprocess.run(
            .path("/proc/self/exe"),
            arguments: ["watch-pods", "--kubeconfig", kubeconfig],
            input: .none,
            output: .discarded,
            error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false)
        ) { execution in
            let process = execution.processIdentifier.value
            // It does not end by itself, and would be waited for.
            defer { try? execution.send(signal: .kill) }
            // It watches by then.
            try await ProcessFigures.untilIdle(process, below: 0.05)
            return try await body(process)
        }
        guard case .signaled = outcome.terminationStatus else {
            throw Failure("the bench's own watch of pods has ended: \(outcome.terminationStatus)")
        }
        return outcome.closureResult
    }
}

/// What such a process does.
struct WatchPods: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watches all pods and looks at none, until it is killed.",
        shouldDisplay: false
    )

    @Option(help: "Who to watch as.")
    var kubeconfig: String

    func run() async throws {
        let client = try Cluster.client(kubeconfig: kubeconfig)
        let path = Pod.resource.path()
        let version = try await client.skim(path, [("limit", "1")], of: Pod.self).metadata.resourceVersion
        let watch = WatchQuery(resourceVersion: version, timeout: .seconds(3600))
        try await client.skim(path, [], watching: watch, of: Pod.self)
        await client.shutdown()
    }
}
