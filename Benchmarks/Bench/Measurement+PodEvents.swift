import KubernetesClient

/// What it takes to keep up with pods that change.
struct PodEventCost: Sendable, Codable {
    /// How many there were a second: fewer than asked for, if the server could not keep up.
    var perSecond: Double
    /// Of the operator's processor time, for one.
    var seconds: Double
    /// Of the API server's.
    var secondsOfServer: Double
    /// Of the processor time of a program that watches, and looks at nothing.
    var secondsOfBareWatcher: Double
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
                bare: Figures(cost.secondsOfServer * 1e6),
                floor: Figures(cost.secondsOfBareWatcher * 1e6)
            ),
            Row(
                "pod-events",
                "share of a core at \(asked) pod events a second (of \(cost.perSecond.text(digits: 0)) reached)",
                .percent,
                Figures(cost.seconds * Double(asked) * 100),
                goal: Goals.percentUnderEvents,
                floor: Figures(cost.secondsOfBareWatcher * Double(asked) * 100)
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
        // What it does of itself is taken off, and this is not that.
        try await startIsTold()
        return try await BareWatcher(kubeconfig: kubeconfig).run { watcher in
            let processes = [running.process, server, watcher]
            func cpu() throws -> [Double] { try processes.map(ProcessFigures.cpuSeconds) }
            let begin = try cpu()
            try await Task.sleep(for: Self.underEvents)
            let idle = zip(try cpu(), begin).map(-)
            say("\(churn.perSecond) pod updates a second for \(Self.underEvents.seconds.text(digits: 0)) s")
            let mark = cluster.auditLog.mark
            let before = try cpu()
            let perSecond = try await churn.run(for: Self.underEvents)
            // The last of them are still on their way.
            try await Task.sleep(for: .seconds(1))
            let events = perSecond * Self.underEvents.seconds
            let each = zip(zip(try cpu(), before).map(-), idle).map { ($0 - $1) / events }
            let requests = try cluster.auditLog.requests(after: mark)
            let statuses = requests.filter { $0.kind == "patch hardeningprofiles/status" }
            say("a pod event: \((each[0] * 1e6).text(digits: 0)) µs, at least \((each[2] * 1e6).text(digits: 0)) µs")
            return PodEventCost(
                perSecond: perSecond,
                seconds: each[0],
                secondsOfServer: each[1],
                secondsOfBareWatcher: each[2],
                statusWritesPerSecond: Double(statuses.count) / Self.underEvents.seconds
            )
        }
    }
}
