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
        append(latencies, "drift", "drift repaired", Goals.repairMilliseconds, to: &report)
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
        let latencies = try await observing { try await $0.ofNewNamespaces() }
        append(latencies, "new-namespace", "a new namespace hardened", Goals.newNamespaceMilliseconds, to: &report)
    }

    private func append(
        _ latencies: Figures,
        _ key: String,
        _ what: String,
        _ goals: (median: Double, p99: Double),
        to report: inout Report
    ) {
        report.rows += [
            Row("\(key)-median", "\(what), median", .milliseconds, latencies, goal: goals.median),
            Row(
                "\(key)-p99",
                "\(what), p99",
                .milliseconds,
                latencies,
                value: latencies.percentile(0.99),
                goal: goals.p99
            ),
        ]
    }
}
