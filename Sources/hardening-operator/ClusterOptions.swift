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

    func configuration() throws -> ClusterConfiguration {
        let environment = ProcessInfo.processInfo.environment
        return try ClusterConfiguration.load(
            kubeconfig: kubeconfig,
            context: context,
            environment: environment,
            homeDirectory: environment["HOME"] ?? "/"
        )
    }

    func client(
        _ configuration: ClusterConfiguration,
        logger: Logger,
        metrics: (any MetricsFactory)? = nil
    ) throws -> KubernetesClient {
        if configuration.insecureSkipTLSVerify {
            logger.warning(
                "TLS certificates are NOT verified: whoever is in between reads and changes everything",
                metadata: ["server": "\(configuration.server)"]
            )
        }
        return try KubernetesClient(
            configuration: configuration,
            userAgent: "hardening-operator/\(version)",
            logger: logger,
            metrics: metrics
        )
    }
}
