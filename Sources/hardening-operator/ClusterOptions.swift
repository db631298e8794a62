import ArgumentParser
import CoreMetrics
import KubernetesClient
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which cluster, as every command asks.
struct ClusterOptions: ParsableArguments {
    @Option(help: "The kubeconfig file. Default: $KUBECONFIG, then the pod's own service account, then ~/.kube/config.")
    var kubeconfig: String?

    @Option(help: "The context in it. Default: its current context.")
    var context: String?

    @Flag(
        help: """
            Accept a kubeconfig's cluster with insecure-skip-tls-verify: true, or with an http server beyond this machine. \
            Whoever is in between can then read and change everything.
            """
    )
    var allowInsecureTls = false

    /// What to connect to, with a warning if nothing proves that it is the right one.
    func configuration(logger: Logger) throws -> ClusterConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let configuration = try ClusterConfiguration.load(
            kubeconfig: kubeconfig,
            context: context,
            allowsInsecureTLS: allowInsecureTls,
            environment: environment,
            homeDirectory: environment["HOME"] ?? "/"
        )
        if !configuration.provesServer {
            logger.warning(
                "the API server's certificate is NOT verified: whoever is in between reads and changes everything",
                metadata: ["server": "\(configuration.server)"]
            )
        }
        return configuration
    }

    func client(
        _ configuration: ClusterConfiguration,
        logger: Logger,
        metrics: (any MetricsFactory)? = nil
    ) throws -> KubernetesClient {
        try KubernetesClient(
            configuration: configuration,
            userAgent: "hardening-operator/\(version)",
            logger: logger,
            metrics: metrics
        )
    }
}
