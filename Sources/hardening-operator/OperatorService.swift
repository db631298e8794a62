import HardeningController
import ServiceLifecycle

/// The operator as a service: begins once the cluster is there, answers who asks how it is, and stops in an orderly way.
struct OperatorService: Service {
    let makeController: @Sendable () async throws -> Controller
    let servers: @Sendable (Controller) -> [any Service]

    func run() async throws {
        let controller: Controller
        do {
            controller = try await cancelWhenGracefulShutdown { try await makeController() }
        } catch is CancellationError {
            // Told to stop before it began.
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in servers(controller) {
                group.addTask { try await server.run() }
            }
            group.addTask {
                await withGracefulShutdownHandler {
                    await controller.run()
                } onGracefulShutdown: {
                    controller.stop()
                }
            }
            // Told to stop, all end by themselves. Else any ending ends all: a server when it cannot listen.
            defer { group.cancelAll() }
            try await group.next()
            if Task.isShuttingDownGracefully { try await group.waitForAll() }
        }
    }
}
