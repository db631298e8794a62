import KubernetesClient

/// What is asked of the API server while nothing changes.
extension Measurement {
    private static let quiet = Duration.seconds(60)

    func steady(_ report: inout Report) async throws {
        let requests = try await requestsWhenQuiet()
        report.requests["60 s in which nothing changes"] = requests.byKind
        report.rows.append(.requestsWhenQuiet(requests))
    }

    func requestsWhenQuiet() async throws -> [AuditedRequest] {
        say("listening for \(Self.quiet.seconds.text(digits: 0)) s while nothing changes")
        let mark = cluster.auditLog.mark
        try await Task.sleep(for: Self.quiet)
        return try cluster.auditLog.requests(after: mark)
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
