import KubernetesClient

/// What is asked of the API server while nothing changes.
extension Measurement {
    private static let quiet = Duration.seconds(60)
    // Events of the start are written at ten a second; whoever is silent for so long has written all.
    private static let silence = Duration.seconds(5)

    func steady(_ report: inout Report) async throws {
        let requests = try await requestsWhenQuiet()
        report.requests["60 s in which nothing changes"] = requests.byKind
        report.rows.append(.requestsWhenQuiet(requests))
    }

    func requestsWhenQuiet() async throws -> [AuditedRequest] {
        try await startIsTold()
        say("listening for \(Self.quiet.seconds.text(digits: 0)) s while nothing changes")
        return try await requests(in: Self.quiet)
    }

    /// Waits until the Events of the start are written.
    func startIsTold() async throws {
        while try await !requests(in: Self.silence, of: "events").isEmpty {}
    }

    private func requests(in time: Duration, of resource: String? = nil) async throws -> [AuditedRequest] {
        let mark = cluster.auditLog.mark
        try await Task.sleep(for: time)
        return try cluster.auditLog.requests(after: mark).filter {
            resource == nil || $0.objectRef?.resource == resource
        }
    }
}

extension Row {
    static func requestsWhenQuiet(_ requests: [AuditedRequest]) -> Row {
        let others = requests.filter { $0.verb != "watch" && $0.objectRef?.resource != "leases" }
        return Row(
            "quiet-requests",
            "requests in 60 s of quiet but watches and leases",
            .count,
            Figures(Double(others.count)),
            goal: Goals.requestsWhenQuiet,
            gauge: Double(others.count)
        )
    }
}
