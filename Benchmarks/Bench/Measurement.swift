import Foundation
import KubernetesAPI
import KubernetesClient

/// A run of the whole benchmark: seeds once, and measures each row on a fresh copy of that.
struct Measurement: Sendable {
    /// How etcd's data is kept for the runs.
    private enum Copy {
        static let empty = "empty"
        static let fewerPods = "fewer-pods"
        static let whole = "whole"
        static let moreNamespaces = "more-namespaces"
        static let full = "full"
    }

    /// Kubernetes' own published limits: 5,000 nodes, 150,000 pods, 10,000 namespaces.
    private static let full = Size(namespaces: 10_000, pods: 150_000)
    private static let quiet = Duration.seconds(60)
    private static let underEvents = Duration.seconds(20)
    private static let mebi = 1_048_576.0

    let cluster: Cluster
    let program: String
    let kubeconfig: String
    let subject: OperatorUnderTest
    let size: Size
    let runs: Int
    let inFlight: Int
    /// Whether the copies of etcd's data that an earlier run has left are used as they are.
    let reusesCopies: Bool

    /// Measures the rows of `parts`.
    func report(_ parts: Set<Part>) async throws -> Report {
        let seeded = try await seed(for: parts)
        var report = Report(
            date: "\(Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970)))",
            machine: Report.thisMachine,
            kubernetes: seeded.kubernetes,
            size: size,
            runs: runs,
            writesInFlight: inFlight,
            meanPodBytes: seeded.meanPodBytes
        )
        if !parts.isDisjoint(with: [.coldStart, .memory]) { try await coldStarts(&report, parts, seeded) }
        if !parts.isDisjoint(with: [.steady, .events, .drift, .newNamespaces]) { try await atWork(&report, parts) }
        if parts.contains(.binary) { try await binary(&report) }
        if parts.contains(.full) { try await fullSize(&report) }
        return report
    }

    // MARK: Seeding

    private struct Seeded: Codable {
        /// By how many pods the whole is more than ``Copy/fewerPods``.
        var furtherPods: Int
        var meanPodBytes: Int
        var kubernetes: String
    }

    // A cluster with about half of the pods, with all of them, and with three times the namespaces.
    private func seed(for parts: Set<Part>) async throws -> Seeded {
        let record = URL(fileURLWithPath: "\(cluster.directory)/seeded.json")
        if reusesCopies { return try JSONDecoder().decode(Seeded.self, from: Data(contentsOf: record)) }
        try await cluster.stop()
        if parts.contains(.full) { try await cluster.keep(as: Copy.empty) }
        let names = 0..<size.namespaces
        try await grow(to: Copy.fewerPods, "\(size.namespaces) namespaces with \(size.pods / 2) pods") { seeding in
            try await seeding.furnish()
            try await seeding.nodes(for: size)
            try await seeding.namespaces(names)
            try await seeding.pods(size, tenths: 0..<5)
        }
        let seeded = try await grow(to: Copy.whole, "\(size.pods) pods") { seeding in
            Seeded(
                furtherPods: try await seeding.pods(size, tenths: 5..<10),
                meanPodBytes: try await seeding.meanPodBytes(),
                kubernetes: try await seeding.kubernetesVersion()
            )
        }
        if parts.contains(.memory) {
            try await grow(to: Copy.moreNamespaces, "\(3 * size.namespaces) namespaces") { seeding in
                try await seeding.namespaces(size.namespaces..<3 * size.namespaces)
            }
        }
        try JSONEncoder().encode(seeded).write(to: record)
        return seeded
    }

    @discardableResult
    private func grow<Result>(
        to copy: String,
        _ what: String,
        _ body: (Seeding) async throws -> Result
    ) async throws -> Result {
        say("seeding \(what)")
        let begin = ContinuousClock.now
        let result = try await cluster.run { client in
            let result = try await body(Seeding(client: client))
            let namespaces = try await client.list(Receipt<Namespace>.self, .init(limit: 1)) { _ in }
            try await cluster.compact(to: namespaces.resourceVersion)
            return result
        }
        try await cluster.stop()
        try await cluster.keep(as: copy)
        say("seeded in \(begin.duration(to: .now).seconds.text(digits: 0)) s")
        return result
    }

    // MARK: Cold starts

    private struct OperatorStart: Sendable {
        var start: ColdStart
        var figures: ProcessFigures
    }

    private func coldStarts(_ report: inout Report, _ parts: Set<Part>, _ seeded: Seeded) async throws {
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

    private func start(of writer: BareWriter, on copy: String, _ what: String) async throws -> ColdStart {
        let start = try await cluster.run(on: copy) { _ in
            let startedAt = Date().timeIntervalSince1970
            let cpu = try await writer.run(kubeconfig: kubeconfig, inFlight: inFlight)
            return try ColdStart(cluster.auditLog, startedAt: startedAt, cpuSeconds: cpu)
        }
        say("\(what): \(start.seconds.text(digits: 2)) s, CPU \(start.cpuSeconds.text(digits: 2)) s")
        return start
    }

    private func startOfOperator(on copy: String, namespaces: Int, _ what: String) async throws -> OperatorStart {
        let start = try await cluster.run(on: copy) { client in
            try await subject.run { running in
                try await Hardened.wait(client, namespaces: namespaces)
                try await ProcessFigures.untilIdle(running.process, below: 0.05)
                let figures = try running.figures
                let start = try ColdStart(
                    cluster.auditLog,
                    startedAt: running.startedAt,
                    cpuSeconds: figures.cpuSeconds
                )
                return OperatorStart(start: start, figures: figures)
            }
        }
        let peak = (start.figures.peakBytes / Self.mebi).text(digits: 1)
        say(
            "\(what): \(start.start.seconds.text(digits: 2)) s, CPU \(start.start.cpuSeconds.text(digits: 2)) s, peak \(peak) MiB"
        )
        return start
    }

    // Slopes between sizes: what a pod or a namespace more takes.
    private func memory(_ report: inout Report, _ whole: [ProcessFigures], furtherPods pods: Int) async throws {
        var fewerPods: [ProcessFigures] = []
        var moreNamespaces: [ProcessFigures] = []
        for run in 1...runs {
            fewerPods.append(
                try await startOfOperator(
                    on: Copy.fewerPods,
                    namespaces: size.namespaces,
                    "operator with half of the pods, run \(run) of \(runs)"
                ).figures
            )
            moreNamespaces.append(
                try await startOfOperator(
                    on: Copy.moreNamespaces,
                    namespaces: 3 * size.namespaces,
                    "operator with three times the namespaces, run \(run) of \(runs)"
                ).figures
            )
        }
        func slope(_ less: [ProcessFigures], _ more: [ProcessFigures], _ count: Int, _ of: (ProcessFigures) -> Double)
            -> Figures
        {
            Figures(zip(less, more).map { (of($1) - of($0)) / Double(count) })
        }
        let namespaces = 2 * size.namespaces
        report.rows += [
            Row(
                "bytes-per-pod",
                "memory per further pod",
                .bytes,
                slope(fewerPods, whole, pods) { $0.anonymousBytes },
                goal: Goals.bytesPerPod
            ),
            Row(
                "peak-per-pod",
                "peak memory per further pod",
                .bytes,
                slope(fewerPods, whole, pods) { $0.peakBytes },
                goal: Goals.bytesPerPod
            ),
            Row(
                "bytes-per-namespace",
                "memory per further namespace",
                .bytes,
                slope(whole, moreNamespaces, namespaces) { $0.anonymousBytes },
                goal: Goals.bytesPerNamespace
            ),
            Row(
                "peak-per-namespace",
                "peak memory per further namespace",
                .bytes,
                slope(whole, moreNamespaces, namespaces) { $0.peakBytes },
                goal: Goals.bytesPerNamespace
            ),
        ]
    }

    // MARK: At work

    private func atWork(_ report: inout Report, _ parts: Set<Part>) async throws {
        let before = report
        report = try await cluster.run(on: Copy.whole) { client in
            try await subject.run { running in
                var report = before
                try await Hardened.wait(client, namespaces: size.namespaces)
                try await ProcessFigures.untilIdle(running.process, below: 0.05)
                if parts.contains(.steady) { try await steady(&report) }
                if parts.contains(.events) { try await events(&report, running, client) }
                if parts.contains(.drift) { try await drift(&report, client) }
                if parts.contains(.newNamespaces) { try await newNamespaces(&report) }
                return report
            }
        }
    }

    private func steady(_ report: inout Report) async throws {
        say("listening for \(Self.quiet.seconds.text(digits: 0)) s while nothing changes")
        let mark = cluster.auditLog.mark
        try await Task.sleep(for: Self.quiet)
        let requests = try cluster.auditLog.requests(after: mark)
        report.requests["60 s in which nothing changes"] = requests.byKind
        let others = requests.filter { $0.verb != "watch" && $0.objectRef?.resource != "leases" }
        report.rows.append(
            Row(
                "quiet-requests",
                "requests in 60 s of quiet but watches and leases",
                .count,
                Figures(Double(others.count)),
                goal: Goals.requestsWhenQuiet,
                gauge: Double(others.count)
            )
        )
    }

    private func events(
        _ report: inout Report,
        _ running: OperatorUnderTest.Running,
        _ client: KubernetesClient
    ) async throws {
        let churn = try await PodChurn(client, perSecond: Goals.eventsPerSecond) { _ in true }
        let server = try cluster.process("kube-apiserver")
        // What both use of themselves is taken off.
        func cpu(during body: () async throws -> Double) async throws
            -> (operator: Double, server: Double, events: Double)
        {
            let before = (try ProcessFigures.cpuSeconds(of: running.process), try ProcessFigures.cpuSeconds(of: server))
            let result = try await body()
            let after = (try ProcessFigures.cpuSeconds(of: running.process), try ProcessFigures.cpuSeconds(of: server))
            return (after.0 - before.0, after.1 - before.1, result)
        }
        let idle = try await cpu {
            try await Task.sleep(for: Self.underEvents)
            return 0
        }
        say("\(churn.perSecond) pod updates a second for \(Self.underEvents.seconds.text(digits: 0)) s")
        let mark = cluster.auditLog.mark
        let busy = try await cpu {
            let perSecond = try await churn.run(for: Self.underEvents)
            // The last of them are still on their way.
            try await Task.sleep(for: .seconds(1))
            return perSecond
        }
        let events = busy.events * Self.underEvents.seconds
        let perEvent = (busy.operator - idle.operator) / events
        let perEventOfServer = (busy.server - idle.server) / events
        let statuses = try cluster.auditLog.requests(after: mark).filter { $0.kind == "patch hardeningprofiles/status" }
        report.rows += [
            Row(
                "pod-event",
                "CPU of a pod event (the server's own beside it)",
                .microseconds,
                Figures(perEvent * 1e6),
                goal: Goals.microsecondsPerEvent,
                bare: Figures(perEventOfServer * 1e6),
                gauge: perEvent / perEventOfServer
            ),
            Row(
                "pod-events",
                "share of a core at \(churn.perSecond) pod events a second (of \(busy.events.text(digits: 0)) reached)",
                .percent,
                Figures(perEvent * Double(churn.perSecond) * 100),
                goal: Goals.percentUnderEvents
            ),
            Row(
                "status-writes",
                "status writes a second meanwhile",
                .perSecond,
                Figures(Double(statuses.count) / Self.underEvents.seconds),
                goal: Goals.statusWritesPerSecond
            ),
        ]
    }

    private func drift(_ report: inout Report, _ client: KubernetesClient) async throws {
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

    private func newNamespaces(_ report: inout Report) async throws {
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

    // MARK: The rest

    private func binary(_ report: inout Report) async throws {
        let copy = "\(cluster.directory)/copies/stripped"
        try await Command.run("mkdir", "-p", "\(cluster.directory)/copies")
        try await Command.run("strip", "-s", "-o", copy, program)
        let attributes = try FileManager.default.attributesOfItem(atPath: copy)
        let mebibytes = Double((attributes[.size] as? Int) ?? 0) / Self.mebi
        report.rows.append(
            Row(
                "binary",
                "binary, stripped",
                .mebibytes,
                Figures(mebibytes),
                goal: Goals.binaryMebibytes,
                gauge: mebibytes
            )
        )
    }

    // Once: seeding and each run take minutes.
    private func fullSize(_ report: inout Report) async throws {
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
