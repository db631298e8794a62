import ArgumentParser
import ControllerRuntime
import CoreMetrics
import KubernetesAPI
import KubernetesClient
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How replicas agree on who of them writes. The names are those of Kubernetes' own components.
struct LeadershipOptions: ParsableArguments {
    @Flag(help: "Only write while holding a Lease in the operator's namespace, so that several replicas can run.")
    var leaderElect = false

    @Option(help: "How long a lease is held without being renewed; whole seconds.")
    var leaderElectLeaseDuration = LengthOfTime.standard(\.leaseDuration)

    @Option(help: "How long the leader tries to renew its lease before it ends.")
    var leaderElectRenewDeadline = LengthOfTime.standard(\.renewDeadline)

    @Option(help: "How long to wait between two attempts.")
    var leaderElectRetryPeriod = LengthOfTime.standard(\.retryPeriod)

    @Option(help: "The Lease's name.")
    var leaderElectResourceName = "hardening-operator"

    func validate() throws {
        do {
            _ = try timing
        } catch {
            throw ValidationError("--leader-elect-…: \(error)")
        }
    }

    private var timing: LeaderElector.Timing {
        get throws(LeaderElector.InvalidTiming) {
            try LeaderElector.Timing(
                leaseDuration: leaderElectLeaseDuration.duration,
                renewDeadline: leaderElectRenewDeadline.duration,
                retryPeriod: leaderElectRetryPeriod.duration
            )
        }
    }

    /// After how long a leader that cannot begin ends; `nil` where there is no other.
    var blindPatience: Duration? { leaderElect ? leaderElectLeaseDuration.duration * 4 : nil }

    /// An election to take part in.
    func election(
        _ client: KubernetesClient,
        namespace: String,
        logger: Logger,
        metrics: (any MetricsFactory)?
    ) throws -> LeaderElection {
        LeaderElection(
            client: client,
            place: .init(name: leaderElectResourceName, namespace: namespace),
            // A restarted container has the name of the one before it, whose lease is not its own.
            identity: "\(ProcessInfo.processInfo.hostName)_\(UUID().uuidString.lowercased())",
            timing: try timing,
            logger: logger,
            metrics: metrics
        ) {
            MicroTime.now
        }
    }
}

/// A length of time as Kubernetes writes it.
struct LengthOfTime: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        guard let duration = GoDuration.duration(argument) else { return nil }
        self.duration = duration
    }

    private init(_ duration: Duration) { self.duration = duration }

    static func standard(_ part: KeyPath<LeaderElector.Timing, Duration>) -> LengthOfTime {
        LengthOfTime(LeaderElector.Timing.standard[keyPath: part])
    }

    var defaultValueDescription: String { "\(duration.components.seconds)s" }
}
