import ControllerRuntime
import HardeningController
import ServiceLifecycle

/// The operator as a service: begins once the cluster is there, answers who asks how it is, and stops in an orderly way.
struct OperatorService: Service {
    /// By which it is found out who of several replicas writes; `nil` if there is only this one.
    let election: LeaderElection?
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
            if let election {
                group.addTask { try await election.run() }
            }
            group.addTask {
                // Nothing is written any more then. What was cut off may still be on its way.
                defer { if !Task.isCancelled { election?.resign() } }
                try await withGracefulShutdownHandler {
                    try await controller.run { await election?.acquired() ?? true }
                } onGracefulShutdown: {
                    controller.stop()
                    election?.withdraw()
                }
            }
            // Told to stop, all end by themselves. Else any ending ends all: the server when it cannot listen, the election
            // when it is lost.
            defer { group.cancelAll() }
            do {
                try await group.next()
            } catch let blindness as BlindLeader {
                // The election, which ends next, gives the lease back: when this process is started anew, another leads.
                try await group.next()
                throw blindness
            }
            if Task.isShuttingDownGracefully { try await group.waitForAll() }
        }
    }
}
