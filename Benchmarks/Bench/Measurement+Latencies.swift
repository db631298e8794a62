import KubernetesClient

/// How soon drift is repaired, and a new namespace hardened.
extension Measurement {
    func drift(_ report: inout Report, _ client: KubernetesClient) async throws {
        let churn = try await PodChurn(client, perSecond: Goals.eventsPerSecondDuringRepairs) {
            // Elsewhere: the first half is where it drifts.
            (Int($0.drop { !$0.isNumber }) ?? 0) >= size.namespaces / 2
        }
        let namespaces = (0..<size.namespaces / 2).map(Seeding.namespace)
        say("\(Latencies.samples) repairs under \(churn.perSecond) pod updates a second elsewhere")
        let mark = cluster.auditLog.mark
        let latencies = try await withThrowingTaskGroup(of: Figures?.self) { group in
            group.addTask {
                _ = try await churn.run(for: .seconds(3600))
                return nil
            }
            group.addTask {
                try await observing { try await $0.ofRepairs(in: namespaces) }
            }
            defer { group.cancelAll() }
            for try await figures in group {
                if let figures { return figures }
            }
            throw CancellationError()
        }
        try append(latencies, "drift", "drift repaired", Goals.repairMilliseconds, since: mark, to: &report)
    }

    // By a client of its own, whose answers wait for nobody else's.
    private func observing(_ measure: @escaping @Sendable (Latencies) async throws -> Figures) async throws -> Figures {
        try await cluster.withClient { client in
            try await Observer.observing(client) { observer in
                try await measure(Latencies(client: client, observer: observer))
            }
        }
    }

    func newNamespaces(_ report: inout Report) async throws {
        say("\(Latencies.samples) new namespaces")
        let mark = cluster.auditLog.mark
        let latencies = try await observing { try await $0.ofNewNamespaces() }
        try append(
            latencies,
            "new-namespace",
            "a new namespace hardened",
            Goals.newNamespaceMilliseconds,
            since: mark,
            to: &report
        )
    }

    // Beside them, how long the API server takes for each of the writes by its own clock: less cannot be had.
    private func append(
        _ latencies: Figures,
        _ key: String,
        _ what: String,
        _ goals: (median: Double, p99: Double),
        since mark: Int,
        to report: inout Report
    ) throws {
        let writes = try cluster.auditLog.requests(after: mark).filter(\.isHardening)
        let server = Figures(writes.map { ($0.answeredAt - $0.receivedAt) * 1000 })
        report.rows += [
            Row(
                "\(key)-median",
                "\(what), median",
                .milliseconds,
                latencies,
                goal: goals.median,
                floor: Figures(server.median)
            ),
            Row(
                "\(key)-p99",
                "\(what), p99",
                .milliseconds,
                latencies,
                value: latencies.percentile(0.99),
                goal: goals.p99,
                floor: Figures(server.percentile(0.99))
            ),
        ]
    }
}
