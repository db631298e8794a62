/// How long a start takes in a cluster that nobody has hardened yet, and what it costs.
extension Measurement {
    func coldStarts(_ report: inout Report, _ parts: Set<Part>, _ seeded: Seeded) async throws {
        let writer = try await cluster.run(on: Copy.whole) { try await BareWriter(surveying: $0) }
        var bare: [ColdStart] = []
        var starts: [OperatorStart] = []
        var floors: [ColdStart] = []
        for run in 1...runs {
            bare.append(try await start(of: writer, on: Copy.whole, "bare writer, run \(run) of \(runs)"))
            starts.append(
                try await startOfOperator(on: Copy.whole, size, "operator, run \(run) of \(runs)")
            )
            let reader = try BareReader(cluster.auditLog.requests())
            floors.append(
                try await start(
                    of: writer,
                    reading: reader,
                    on: Copy.whole,
                    "bare reader and writer, run \(run) of \(runs)"
                )
            )
        }
        report.requests["a cold start"] = starts.last?.start.requests
        report.rows += [
            Row(
                "cold-start",
                "start to last namespace hardened",
                .seconds,
                Figures(starts.map(\.start.seconds)),
                bare: Figures(bare.map(\.seconds)),
                floor: Figures(floors.map(\.seconds))
            ),
            // What else the machine does changes from one run to the next, and less within one.
            Row(
                "cold-start-ratio",
                "that, by the bare writer's of the same run",
                .times,
                Figures(zip(starts, bare).map { $0.start.seconds / $1.seconds }),
                goal: Goals.coldStartRatio,
                floor: Figures(zip(floors, bare).map { $0.seconds / $1.seconds })
            ),
        ]
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
                floor: Figures(floors.map(\.cpuSeconds))
            ),
            Row(
                "cold-start-server-cpu",
                "CPU of API server and etcd meanwhile",
                .seconds,
                Figures(starts.map(\.start.cpuSecondsOfServer)),
                bare: Figures(bare.map(\.cpuSecondsOfServer)),
                floor: Figures(floors.map(\.cpuSecondsOfServer))
            ),
            .writes(ofColdStarts: starts.map(\.start), bare: Double(writer.count)),
            .requests(ofColdStarts: starts.map(\.start)),
            Row(
                "first-request",
                "start to first request",
                .milliseconds,
                Figures(starts.map { $0.start.secondsToFirstRequest * 1000 }),
                goal: Goals.firstRequestMilliseconds
            ),
        ]
        let peak = Figures(starts.map { $0.figures.peakBytes / Self.mebi })
        report.rows += [
            Row("peak", "peak memory (VmHWM)", .mebibytes, peak, goal: Goals.peakMebibytes),
            .heap(starts.map(\.figures)),
        ]
        if parts.contains(.memory) { try await memory(&report, starts.map(\.figures), furtherPods: seeded.furtherPods) }
    }
}

extension Row {
    static func writes(ofColdStarts starts: [ColdStart], bare: Double? = nil) -> Row {
        let writes = Figures(starts.map { Double($0.writes) })
        return Row(
            "cold-start-writes",
            "writes of a cold start that put something in force",
            .count,
            writes,
            bare: bare.map { Figures($0) },
            gauge: writes.median
        )
    }

    static func requests(ofColdStarts starts: [ColdStart]) -> Row {
        let requests = Figures(starts.map { Double($0.requestsForGood) })
        return Row(
            "cold-start-requests",
            "requests of a cold start but watches, leases, statuses",
            .count,
            requests,
            gauge: requests.median
        )
    }

    static func heap(_ figures: [ProcessFigures]) -> Row {
        let heap = Figures(figures.map { $0.anonymousBytes / Measurement.mebi })
        return Row("steady-memory", "memory thereafter (RssAnon)", .mebibytes, heap, gauge: heap.median)
    }
}
