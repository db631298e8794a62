import HardeningController
import Hummingbird
import Logging
import ServiceLifecycle

/// Answers the kubelet: `/livez` as long as the process runs, `/readyz` once the caches are true.
struct HealthServer: Service {
    let port: Int
    let controller: Controller
    let logger: Logger

    func run() async throws {
        try await HTTPEndpoint.serve(router, port: port, option: "--health-port", logger: logger)
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        let controller = controller
        router.get("/livez") { _, _ in "ok\n" }
        router.get("/readyz") { _, _ -> EditedResponse<String> in
            let obstacles = controller.obstacles
            return EditedResponse(
                status: controller.isReady ? .ok : .serviceUnavailable,
                response: obstacles.isEmpty ? "ok\n" : obstacles.joined(separator: "\n") + "\n"
            )
        }
        return router
    }
}
