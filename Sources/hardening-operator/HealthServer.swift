import ControllerRuntime
import HardeningController
import Logging
import PrintableText
import ServiceLifecycle

/// Answers the kubelet: `/livez` as long as the process runs and takes part in electing a leader, `/readyz` as long as the
/// caches are true, whoever leads, and what was made of them can be published; no more when this process led and could
/// not renew its lease.
struct HealthServer: Service {
    let port: Int
    let controller: Controller
    let election: LeaderElection?
    let logger: Logger

    func run() async throws {
        try await HTTPEndpoint.serve(
            ["/livez": { _ in live }, "/readyz": { _ in ready }],
            port: port,
            option: "--health-port",
            logger: logger
        )
    }

    private var live: HTTPEndpoint.Answer {
        election?.isAlive ?? true
            ? .init(text: "ok\n")
            : .init(status: .serviceUnavailable, text: "leader election has not run for three lease durations\n")
    }

    private var ready: HTTPEndpoint.Answer {
        let lost = election?.obstacle
        let obstacles = ([lost].compactMap(\.self) + controller.obstacles).map { $0.printable(upTo: 4_096) }
        return .init(
            status: controller.isReady && lost == nil ? .ok : .serviceUnavailable,
            text: obstacles.isEmpty ? "ok\n" : obstacles.joined(separator: "\n") + "\n"
        )
    }
}
