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
        do {
            try await application.run()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw HealthServerError(
                description: "--health-port \(port): cannot listen there: \(error): choose another port, or 0 for none"
            )
        }
    }

    private var application: some ApplicationProtocol {
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
        var quiet = logger
        // What matters is thrown; what else it has to say is about probes that end early.
        quiet.logLevel = .critical
        return Application(
            router: router,
            configuration: .init(address: .hostname("0.0.0.0", port: port)),
            logger: quiet
        )
    }
}

/// Why there are no health endpoints.
struct HealthServerError: Error, CustomStringConvertible {
    var description: String
}
