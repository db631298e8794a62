import ControllerRuntime
import HardeningController
import Hummingbird
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
        try await HTTPEndpoint.serve(router, port: port, option: "--health-port", logger: logger)
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        let (controller, election) = (controller, election)
        router.get("/livez") { _, _ -> EditedResponse<String> in
            let isAlive = election?.isAlive ?? true
            return EditedResponse(
                status: isAlive ? .ok : .serviceUnavailable,
                response: isAlive ? "ok\n" : "leader election has not run for three lease durations\n"
            )
        }
        router.get("/readyz") { _, _ -> EditedResponse<String> in
            let lost = election?.obstacle
            let obstacles = ([lost].compactMap(\.self) + controller.obstacles).map { $0.printable(upTo: 4_096) }
            return EditedResponse(
                status: controller.isReady && lost == nil ? .ok : .serviceUnavailable,
                response: obstacles.isEmpty ? "ok\n" : obstacles.joined(separator: "\n") + "\n"
            )
        }
        return router
    }
}
