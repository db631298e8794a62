import ControllerRuntime
import Foundation
import HardeningController
import KubernetesClient
import Testing

@testable import hardening_operator

/// What is to be watched is what there is.
@Suite struct MonitoringTests {
    // Not the operator's own: Prometheus' and the process's.
    private static let others: Set = ["up", "process_resident_memory_bytes", "process_cpu_seconds_total"]

    @Test(
        "Alerts, dashboard and documentation name metrics that there are",
        arguments: [
            "manifests/monitoring/prometheus-rule.yaml", "manifests/monitoring/dashboard.json", "docs/metrics.md",
        ]
    )
    func names(file: String) throws {
        let known = Self.others.union(Controller.metricsHelp.keys).union(RequestMetrics.help.keys)
            .union(LeaderElection.help.keys)
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../\(file)")
        let text = try String(contentsOf: path, encoding: .utf8)
        let pattern =
            #/\b(?:hardening|workqueue|controller_runtime|rest_client|process|leader_election)_[a-z_]+[a-z]/#
        let named = Set(text.matches(of: pattern).map { String($0.output) })
        #expect(!named.isEmpty)
        for name in named {
            let family =
                ["_bucket", "_count", "_sum"].first { name.hasSuffix($0) }
                .map { String(name.dropLast($0.count)) } ?? name
            #expect(known.contains(family) || family.hasPrefix("process_"), "\(name)")
        }
    }

    @Test("Every metric of the operator is documented")
    func documented() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/metrics.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        for name in Set(Controller.metricsHelp.keys).union(RequestMetrics.help.keys) {
            #expect(text.contains("`\(name)"), "\(name)")
        }
    }

    @Test(
        "Ports that cannot be are refused with the flag's name",
        arguments: [
            (["--metrics-port", "70000"], "--metrics-port must be between 0 and 65535, not 70000"),
            (["--metrics-port", "8081"], "--metrics-port and --health-port must differ: both are 8081"),
        ]
    )
    func ports(arguments: [String], problem: String) {
        #expect {
            _ = try RunCommand.parse(arguments)
        } throws: {
            RunCommand.fullMessage(for: $0).contains(problem)
        }
        #expect(throws: Never.self) { try RunCommand.parse(["--metrics-port", "0", "--health-port", "0"]) }
    }
}
