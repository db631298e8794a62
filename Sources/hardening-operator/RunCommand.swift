import ArgumentParser
import ControllerRuntime
import Hardening
import HardeningController
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import ServiceLifecycle

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the operator until it is told to stop (SIGTERM, SIGINT).",
        discussion: """
            Namespaces that run the cluster are protected and never written to: kube-system, kube-public, \
            kube-node-lease and the operator's own. Only --unprotect-namespace lifts that, no profile can.
            """
    )

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var leadership: LeadershipOptions

    @Option(help: "How many namespaces to work on at a time.")
    var workers = Controller.Options.usualWorkers

    @Option(help: "For how many seconds to wait at start for the API server and the CRD.")
    var startupTimeout = 30

    @Option(help: "The port of /livez and /readyz; 0 for none.")
    var healthPort = 8081

    @Option(help: "The port of /metrics, for Prometheus; 0 for none.")
    var metricsPort = 8080

    @Option(help: "The operator's own namespace. Default: $POD_NAMESPACE, else hardening-system.")
    var operatorNamespace: String?

    @Option(help: "A protected namespace that profiles may harden all the same. May be given several times.")
    var unprotectNamespace: [String] = []

    @Option(help: "What acts on NetworkPolicies here, such as k3s, if no sign of it can be seen in the cluster.")
    var networkPolicyProvider: String?

    func validate() throws {
        guard 1...256 ~= workers else { throw ValidationError("--workers must be between 1 and 256, not \(workers)") }
        guard startupTimeout >= 0 else {
            throw ValidationError("--startup-timeout must not be negative: \(startupTimeout)")
        }
        guard 0...65535 ~= healthPort else {
            throw ValidationError("--health-port must be between 0 and 65535, not \(healthPort)")
        }
        guard 0...65535 ~= metricsPort else {
            throw ValidationError("--metrics-port must be between 0 and 65535, not \(metricsPort)")
        }
        guard metricsPort == 0 || metricsPort != healthPort else {
            throw ValidationError("--metrics-port and --health-port must differ: both are \(metricsPort)")
        }
    }

    func run() async throws {
        let logger = log.logger()
        let configuration = try cluster.configuration(logger: logger)
        let metrics = metricsPort == 0 ? nil : MetricsServer.registry()
        let client = try cluster.client(configuration, logger: logger, metrics: metrics)
        // Of its own: nothing that others send may stand in the way of renewing the lease.
        let leaseClient = leadership.leaderElect ? try cluster.client(configuration, logger: logger) : nil
        let ended: Result<Void, any Error>
        do {
            let election = try leaseClient.map {
                try leadership.election($0, namespace: ownNamespace, logger: logger, metrics: metrics)
            }
            ended = .success(try await run(client, election, metrics, logger))
        } catch {
            ended = .failure(error)
        }
        await client.shutdown()
        await leaseClient?.shutdown()
        try ended.get()
        logger.notice("stopped")
    }

    private func run(
        _ client: KubernetesClient,
        _ election: LeaderElection?,
        _ metrics: PrometheusRegistry?,
        _ logger: Logger
    ) async throws {
        let client = election.map { election in client.writing { try election.requireLeadership() } } ?? client
        let service = OperatorService(election: election) {
            let server = try await Startup.waitForCluster(client, timeout: .seconds(startupTimeout), logger: logger)
            var options = Controller.Options(serverMinor: server.minorNumber)
            options.workers = workers
            options.protectedNamespaces = protectedNamespaces
            options.networkPolicyProvider = networkPolicyProvider
            options.blindPatience = leadership.blindPatience
            if let metrics { options.metrics = metrics }
            options.events = EventRecorder(
                client: client,
                source: .init(
                    controller: "hardening.dev/operator",
                    instance: ProcessInfo.processInfo.hostName,
                    fieldManager: Marks.fieldManager,
                    serverMinor: server.minorNumber
                ),
                logger: logger,
                metrics: options.metrics
            ) {
                MicroTime.now
            }
            logger.notice(
                "starting",
                metadata: ["version": "\(version)", "server": "\(server.gitVersion)", "cluster": "\(client.origin)"]
            )
            return Controller(client: client, options: options, logger: logger) {
                Timestamp.now
            }
        } servers: { controller in
            var servers: [any ServiceLifecycle.Service] = []
            if healthPort != 0 {
                servers.append(
                    HealthServer(port: healthPort, controller: controller, election: election, logger: logger)
                )
            }
            if let metrics {
                servers.append(
                    MetricsServer(
                        port: metricsPort,
                        registry: metrics,
                        controller: controller,
                        election: election,
                        logger: logger
                    )
                )
            }
            return servers
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        var group = ServiceGroupConfiguration(
            services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        // Work under way is given this long; what is cut off then is taken up again at the next start.
        group.maximumGracefulShutdownDuration = .seconds(3)
        try await ServiceGroup(configuration: group).run()
    }

    private var ownNamespace: String {
        operatorNamespace ?? ProcessInfo.processInfo.environment["POD_NAMESPACE"] ?? "hardening-system"
    }

    private var protectedNamespaces: Set<String> {
        SystemNamespaces.all.union([ownNamespace]).subtracting(unprotectNamespace)
    }
}
