import KubernetesClient

/// What it takes to keep up with pods that change.
extension Measurement {
    private static let underEvents = Duration.seconds(20)

    func events(
        _ report: inout Report,
        _ running: OperatorUnderTest.Running,
        _ client: KubernetesClient
    ) async throws {
        let churn = try await PodChurn(client, perSecond: Goals.eventsPerSecond) { _ in true }
        let server = try cluster.process("kube-apiserver")
        // What both use of themselves is taken off.
        func cpu(during body: () async throws -> Double) async throws
            -> (operator: Double, server: Double, events: Double)
        {
            let before = (try ProcessFigures.cpuSeconds(of: running.process), try ProcessFigures.cpuSeconds(of: server))
            let result = try await body()
            let after = (try ProcessFigures.cpuSeconds(of: running.process), try ProcessFigures.cpuSeconds(of: server))
            return (after.0 - before.0, after.1 - before.1, result)
        }
        let idle = try await cpu {
            try await Task.sleep(for: Self.underEvents)
            return 0
        }
        say("\(churn.perSecond) pod updates a second for \(Self.underEvents.seconds.text(digits: 0)) s")
        let mark = cluster.auditLog.mark
        let busy = try await cpu {
            let perSecond = try await churn.run(for: Self.underEvents)
            // The last of them are still on their way.
            try await Task.sleep(for: .seconds(1))
            return perSecond
        }
        let events = busy.events * Self.underEvents.seconds
        let perEvent = (busy.operator - idle.operator) / events
        let perEventOfServer = (busy.server - idle.server) / events
        let statuses = try cluster.auditLog.requests(after: mark).filter { $0.kind == "patch hardeningprofiles/status" }
        report.rows += [
            Row(
                "pod-event",
                "CPU of a pod event (the server's own beside it)",
                .microseconds,
                Figures(perEvent * 1e6),
                goal: Goals.microsecondsPerEvent,
                bare: Figures(perEventOfServer * 1e6),
                gauge: perEvent / perEventOfServer
            ),
            Row(
                "pod-events",
                "share of a core at \(churn.perSecond) pod events a second (of \(busy.events.text(digits: 0)) reached)",
                .percent,
                Figures(perEvent * Double(churn.perSecond) * 100),
                goal: Goals.percentUnderEvents
            ),
            Row(
                "status-writes",
                "status writes a second meanwhile",
                .perSecond,
                Figures(Double(statuses.count) / Self.underEvents.seconds),
                goal: Goals.statusWritesPerSecond
            ),
        ]
    }
}
