import HardeningController
import ServiceLifecycle

/// The operator as a service: begins once the cluster is there, answers the kubelet meanwhile, and stops in an orderly
/// way.
struct OperatorService: Service {
    let makeController: @Sendable () async throws -> Controller
    let health: @Sendable (Controller) -> HealthServer?

    func run() async throws {
        let controller: Controller
        do {
            controller = try await cancelWhenGracefulShutdown { try await makeController() }
        } catch is CancellationError {
            // Told to stop before it began.
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let server = health(controller) {
                group.addTask { try await server.run() }
            }
            group.addTask {
                await withGracefulShutdownHandler {
                    await controller.run()
                } onGracefulShutdown: {
                    controller.stop()
                }
            }
            // Told to stop, both end by themselves. Else either ending ends both: the server when it cannot listen.
            defer { group.cancelAll() }
            try await group.next()
            if Task.isShuttingDownGracefully { try await group.waitForAll() }
        }
    }
}
