import KubernetesClient

/// What it takes to keep up with pods that change.
struct PodEventCost: Sendable, Codable {
    /// How many there were a second: fewer than asked for, if the server could not keep up.
    var perSecond: Double
    /// Of the operator's processor time, for one.
    var seconds: Double
    /// Of the API server's.
    var secondsOfServer: Double
    /// How often the profile's status was written meanwhile.
    var statusWritesPerSecond: Double
}

extension Measurement {
    private static let underEvents = Duration.seconds(20)

    func events(
        _ report: inout Report,
        _ running: OperatorUnderTest.Running,
        _ client: KubernetesClient
    ) async throws {
        let cost = try await podEventCost(running, client)
        let asked = Goals.eventsPerSecond
        report.rows += [
            Row(
                "pod-event",
                "CPU of a pod event (the server's own beside it)",
                .microseconds,
                Figures(cost.seconds * 1e6),
                goal: Goals.microsecondsPerEvent,
                bare: Figures(cost.secondsOfServer * 1e6)
            ),
            Row(
                "pod-events",
                "share of a core at \(asked) pod events a second (of \(cost.perSecond.text(digits: 0)) reached)",
                .percent,
                Figures(cost.seconds * Double(asked) * 100),
                goal: Goals.percentUnderEvents
            ),
            Row(
                "status-writes",
                "status writes a second meanwhile",
                .perSecond,
                Figures(cost.statusWritesPerSecond),
                goal: Goals.statusWritesPerSecond
            ),
        ]
    }

    /// Updates the pods' statuses for a while. What operator and server use of themselves is taken off.
    func podEventCost(
        _ running: OperatorUnderTest.Running,
        _ client: KubernetesClient
    ) async throws -> PodEventCost {
        let churn = try await PodChurn(client, perSecond: Goals.eventsPerSecond) { _ in true }
        let server = try cluster.process("kube-apiserver")
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
        let statuses = try cluster.auditLog.requests(after: mark).filter { $0.kind == "patch hardeningprofiles/status" }
        return PodEventCost(
            perSecond: busy.events,
            seconds: (busy.operator - idle.operator) / events,
            secondsOfServer: (busy.server - idle.server) / events,
            statusWritesPerSecond: Double(statuses.count) / Self.underEvents.seconds
        )
    }
}
