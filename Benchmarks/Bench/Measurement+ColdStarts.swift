/// How long a start takes in a cluster that nobody has hardened yet, and what it costs.
extension Measurement {
    func coldStarts(_ report: inout Report, _ parts: Set<Part>, _ seeded: Seeded) async throws {
        let writer = try await cluster.run(on: Copy.whole) { try await BareWriter(surveying: $0) }
        var bare: [ColdStart] = []
        var starts: [OperatorStart] = []
        for run in 1...runs {
            bare.append(try await start(of: writer, on: Copy.whole, "bare writer, run \(run) of \(runs)"))
            starts.append(
                try await startOfOperator(
                    on: Copy.whole,
                    namespaces: size.namespaces,
                    "operator, run \(run) of \(runs)"
                )
            )
        }
        report.requests["a cold start"] = starts.last?.start.requests
        let bareSeconds = Figures(bare.map(\.seconds))
        let seconds = Figures(starts.map(\.start.seconds))
        var row = Row("cold-start", "start to last namespace hardened", .seconds, seconds, bare: bareSeconds)
        row.goal = .init(limit: Goals.coldStartRatio * bareSeconds.median, text: "≤ \(Goals.coldStartRatio) × bare")
        row.gauge = seconds.median / bareSeconds.median
        report.rows.append(row)
        let cpu = Figures(starts.map(\.start.cpuSeconds))
        let bareCPU = Figures(bare.map(\.cpuSeconds))
        report.rows += [
            Row(
                "cold-start-cpu",
                "CPU of a cold start",
                .seconds,
                cpu,
                goal: Goals.coldStartCPUSeconds,
                bare: bareCPU,
                gauge: cpu.median / bareCPU.median
            ),
            Row(
                "cold-start-writes",
                "writes of a cold start, a namespace",
                .count,
                Figures(starts.map { Double($0.start.writes) / Double(size.namespaces) }),
                bare: Figures(Double(writer.count) / Double(size.namespaces)),
                gauge: Figures(starts.map { Double($0.start.writes) }).median / Double(size.namespaces)
            ),
            Row(
                "first-request",
                "start to first request",
                .milliseconds,
                Figures(starts.map { $0.start.secondsToFirstRequest * 1000 }),
                goal: Goals.firstRequestMilliseconds
            ),
        ]
        let peak = Figures(starts.map { $0.figures.peakBytes / Self.mebi })
        let anonymous = Figures(starts.map { $0.figures.anonymousBytes / Self.mebi })
        report.rows += [
            Row("peak", "peak memory (VmHWM)", .mebibytes, peak, goal: Goals.peakMebibytes, gauge: peak.median),
            Row("steady-memory", "memory thereafter (RssAnon)", .mebibytes, anonymous, gauge: anonymous.median),
        ]
        if parts.contains(.memory) { try await memory(&report, starts.map(\.figures), furtherPods: seeded.furtherPods) }
    }
}
