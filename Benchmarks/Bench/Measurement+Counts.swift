import KubernetesClient

/// What a cold start and the quiet thereafter take of requests and memory: one run, for comparing with a baseline.
extension Measurement {
    func counts(_ report: inout Report) async throws {
        let (start, quiet) = try await startOfOperator(on: Copy.whole, size, "operator") { _, _ in
            try await requestsWhenQuiet()
        }
        report.requests["a cold start"] = start.start.requests
        report.requests["60 s in which nothing changes"] = quiet.byKind
        report.rows += [
            Row.writes(ofColdStarts: [start.start]), Row.requests(ofColdStarts: [start.start]),
            Row.heap([start.figures]), Row.requestsWhenQuiet(quiet),
        ]
    }
}
