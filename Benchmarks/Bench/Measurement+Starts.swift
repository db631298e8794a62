import Foundation
import KubernetesClient

/// A cold start of the operator, and what its process has used until it rested.
struct OperatorStart: Sendable, Codable {
    var start: ColdStart
    var figures: ProcessFigures
}

/// Single starts, which the rows are made of.
extension Measurement {
    /// - Parameter reader: what is read meanwhile, if anything is.
    func start(
        of writer: BareWriter,
        reading reader: BareReader? = nil,
        on copy: String,
        _ what: String
    ) async throws -> ColdStart {
        let start = try await cluster.run(on: copy) { _ in
            let startedAt = Date().timeIntervalSince1970
            let before = try cluster.cpuSeconds()
            let cpu = try await writer.run(kubeconfig: kubeconfig, inFlight: inFlight, reading: reader)
            return try ColdStart(
                cluster.auditLog,
                startedAt: startedAt,
                cpuSeconds: cpu,
                ofServer: cluster.cpuSeconds() - before
            )
        }
        say("\(what): \(start.seconds.text(digits: 2)) s, CPU \(start.cpuSeconds.text(digits: 2)) s")
        return start
    }

    func startOfOperator(on copy: String, _ size: Size, _ what: String) async throws -> OperatorStart {
        try await startOfOperator(on: copy, size, what) { _, _ in }.start
    }

    /// Does `work` beside the operator once it has nothing left to do.
    func startOfOperator<Result: Sendable>(
        on copy: String,
        _ size: Size,
        _ what: String,
        then work: @escaping @Sendable (OperatorUnderTest.Running, KubernetesClient) async throws -> Result
    ) async throws -> (start: OperatorStart, result: Result) {
        try await cluster.run(on: copy) { client in
            let before = try cluster.cpuSeconds()
            return try await subject.run { running in
                try await Hardened.wait(client, namespaces: size.namespaces)
                try await ProcessFigures.untilIdle(running.process, below: 0.05)
                let figures = try running.figures
                let start = try ColdStart(
                    cluster.auditLog,
                    startedAt: running.startedAt,
                    cpuSeconds: figures.cpuSeconds,
                    ofServer: cluster.cpuSeconds() - before
                )
                let peak = (figures.peakBytes / Self.mebi).text(digits: 1)
                let cpu = start.cpuSeconds.text(digits: 2)
                say("\(what): \(start.seconds.text(digits: 2)) s, CPU \(cpu) s, peak \(peak) MiB")
                return (OperatorStart(start: start, figures: figures), try await work(running, client))
            }
        }
    }
}
