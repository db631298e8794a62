import ControllerRuntime
import HardeningController
import Hummingbird
import Logging
import ServiceLifecycle

/// Answers the kubelet: `/livez` as long as the process runs and takes part in electing a leader, `/readyz` once the
/// caches are true, whoever leads; no more when this process led and could not renew its lease.
struct HealthServer: Service {
    let port: Int
    let controller: Controller
    let election: LeaderElection?
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
            let obstacles = [lost].compactMap(\.self) + controller.obstacles
            return EditedResponse(
                status: controller.isReady && lost == nil ? .ok : .serviceUnavailable,
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
