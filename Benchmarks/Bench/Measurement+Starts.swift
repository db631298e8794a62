import Foundation
import KubernetesClient

/// Single starts, which the rows are made of.
extension Measurement {
    struct OperatorStart: Sendable {
        var start: ColdStart
        var figures: ProcessFigures
    }

    func start(of writer: BareWriter, on copy: String, _ what: String) async throws -> ColdStart {
        let start = try await cluster.run(on: copy) { _ in
            let startedAt = Date().timeIntervalSince1970
            let cpu = try await writer.run(kubeconfig: kubeconfig, inFlight: inFlight)
            return try ColdStart(cluster.auditLog, startedAt: startedAt, cpuSeconds: cpu)
        }
        say("\(what): \(start.seconds.text(digits: 2)) s, CPU \(start.cpuSeconds.text(digits: 2)) s")
        return start
    }

    func startOfOperator(on copy: String, namespaces: Int, _ what: String) async throws -> OperatorStart {
        let start = try await cluster.run(on: copy) { client in
            try await subject.run { running in
                try await Hardened.wait(client, namespaces: namespaces)
                try await ProcessFigures.untilIdle(running.process, below: 0.05)
                let figures = try running.figures
                let start = try ColdStart(
                    cluster.auditLog,
                    startedAt: running.startedAt,
                    cpuSeconds: figures.cpuSeconds
                )
                return OperatorStart(start: start, figures: figures)
            }
        }
        let peak = (start.figures.peakBytes / Self.mebi).text(digits: 1)
        say(
            "\(what): \(start.start.seconds.text(digits: 2)) s, CPU \(start.start.cpuSeconds.text(digits: 2)) s, peak \(peak) MiB"
        )
        return start
    }
}
