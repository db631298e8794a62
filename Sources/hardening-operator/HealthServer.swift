import HardeningController
import Hummingbird
import Logging

/// Answers the kubelet: `/livez` as long as the process runs, `/readyz` once the caches are true.
struct HealthServer {
    static func application(port: Int, controller: Controller, logger: Logger) -> some ApplicationProtocol {
        let router = Router()
        router.get("/livez") { _, _ in "ok\n" }
        router.get("/readyz") { _, _ -> EditedResponse<String> in
            let obstacles = controller.obstacles
            return EditedResponse(
                status: controller.isReady ? .ok : .serviceUnavailable,
                response: obstacles.isEmpty ? "ok\n" : obstacles.joined(separator: "\n") + "\n"
            )
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return Application(
            router: router,
            configuration: .init(address: .hostname("0.0.0.0", port: port)),
            logger: quiet
        )
    }
}
