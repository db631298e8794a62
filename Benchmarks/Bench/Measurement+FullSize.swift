/// At Kubernetes' own limits, and once, since seeding and each run take minutes.
extension Measurement {
    /// The published limits: 5,000 nodes, 150,000 pods, 10,000 namespaces.
    private static let full = Size(namespaces: 10_000, pods: 150_000)

    func fullSize(_ report: inout Report) async throws {
        for copy in [Copy.fewerPods, Copy.whole, Copy.moreNamespaces] { try await cluster.forget(copy) }
        let full = Self.full
        _ = try await cluster.run(on: Copy.empty) { _ in }
        try await grow(to: Copy.full, "\(full.namespaces) namespaces with \(full.pods) pods") { seeding in
            try await seeding.furnish()
            try await seeding.nodes(for: full)
            try await seeding.namespaces(0..<full.namespaces)
            try await seeding.pods(full, tenths: 0..<10)
        }
        let writer = try await cluster.run(on: Copy.full) { try await BareWriter(surveying: $0) }
        let bare = try await start(of: writer, on: Copy.full, "bare writer, full size")
        let start = try await startOfOperator(on: Copy.full, namespaces: full.namespaces, "operator, full size")
        let suffix = "at \(full.namespaces) namespaces, \(full.pods) pods"
        report.rows += [
            Row(
                "full-peak",
                "peak memory \(suffix)",
                .mebibytes,
                Figures(start.figures.peakBytes / Self.mebi),
                goal: Goals.fullPeakMebibytes
            ),
            Row(
                "full-steady-memory",
                "memory thereafter (RssAnon)",
                .mebibytes,
                Figures(start.figures.anonymousBytes / Self.mebi)
            ),
            Row(
                "full-cold-start",
                "start to last namespace hardened \(suffix)",
                .seconds,
                Figures(start.start.seconds),
                bare: Figures(bare.seconds)
            ),
            Row(
                "full-cold-start-cpu",
                "CPU of that",
                .seconds,
                Figures(start.start.cpuSeconds),
                bare: Figures(bare.cpuSeconds)
            ),
        ]
    }
}
