/// At Kubernetes' own limits, and once, since seeding and each run take minutes.
extension Measurement {
    /// The published limits: 5,000 nodes, 150,000 pods, 10,000 namespaces.
    static let full = Size(namespaces: 10_000, pods: 150_000)

    func fullSize(_ report: inout Report) async throws {
        let full = Self.full
        if !reusesCopies {
            for copy in [Copy.fewerPods, Copy.whole, Copy.moreNamespaces] { try await cluster.forget(copy) }
            try await startAnew()
            let seeded = try await grow(to: Copy.full, "\(full)") { seeding in
                try await seeding.furnish()
                try await seeding.fill(full)
            }
            (report.kubernetes, report.meanPodBytes) = (seeded.kubernetes, seeded.meanPodBytes)
        }
        let writer = try await cluster.run(on: Copy.full) { try await BareWriter(surveying: $0) }
        let bare = try await start(of: writer, on: Copy.full, "bare writer, full size")
        let point = try await growthPoint(on: Copy.full, full)
        let start = point.start
        let reader = try BareReader(cluster.auditLog.requests())
        let floor = try await self.start(
            of: writer,
            reading: reader,
            on: Copy.full,
            "bare reader and writer, full size"
        )
        report.growth = Growth(points: (report.growth?.points ?? []) + [point])
        let suffix = "at \(full)"
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
                bare: Figures(bare.seconds),
                floor: Figures(floor.seconds)
            ),
            Row(
                "full-cold-start-cpu",
                "CPU of that",
                .seconds,
                Figures(start.start.cpuSeconds),
                bare: Figures(bare.cpuSeconds),
                floor: Figures(floor.cpuSeconds)
            ),
        ]
    }
}
