import ControllerRuntime
import HardeningController
import KubernetesClient
import Logging
import PrometheusMetrics
import ServiceLifecycle

/// Answers Prometheus: `/metrics`, in the format that it asks for.
struct MetricsServer: Service {
    let port: Int
    let registry: PrometheusRegistry
    let controller: Controller
    let election: LeaderElection?
    let logger: Logger

    /// A registry that knows what all metrics of the operator are about.
    static func registry() -> PrometheusRegistry {
        let registry = PrometheusRegistry(process: ProcessMetrics())
        for help in [Controller.metricsHelp, RequestMetrics.help, LeaderElection.help] {
            for (name, text) in help { registry.describe(name, text) }
        }
        return registry
    }

    func run() async throws {
        let (controller, election) = (controller, election)
        registry.beforeExposition {
            controller.updateMetrics()
            election?.updateMetrics()
        }
        let registry = registry
        try await HTTPEndpoint.serve(
            [
                "/metrics": { headers in
                    let format = ExpositionFormat(accept: headers[values: .accept].joined(separator: ","))
                    return .init(contentType: format.contentType, text: registry.exposition(format))
                }
            ],
            port: port,
            option: "--metrics-port",
            logger: logger
        )
    }
}
