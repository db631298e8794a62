import ArgumentParser
import Foundation

/// What can be measured apart from the rest.
enum Part: String, CaseIterable, ExpressibleByArgument {
    case coldStart = "cold-start"
    case memory, steady, events, drift
    case newNamespaces = "new-namespaces"
    case binary, full
}

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the operator on a control plane of its own; scripts/bench makes that and runs it."
    )

    @Option(help: "The control plane's directory, as 'scripts/control-plane up' has made it; its data are replaced.")
    var controlPlane: String

    @Option(help: "scripts/control-plane.")
    var script: String

    @Option(help: "The operator's program.")
    var program: String

    @Option(help: "A kubeconfig of the operator's own account.")
    var kubeconfig: String

    @Option(help: "The Deployment whose arguments and environment the operator is run with.")
    var manifest: String

    @Option(help: "How many namespaces there are.")
    var namespaces = 1_000

    @Option(help: "How many pods there are in them.")
    var pods = 20_000

    @Option(help: "How often each cold start is measured.")
    var runs = 5

    @Option(help: "How many writes the bare writer has in flight.")
    var inFlight = 32

    @Option(parsing: .upToNextOption, help: "What to measure.")
    var parts: [Part] = Part.allCases.filter { $0 != .full }

    @Flag(help: "Seeds nothing: uses what an earlier run of this size and these parts has left in the directory.")
    var reuseCopies = false

    @Flag(help: "Prints JSON instead of a table.")
    var json = false

    @Option(help: "A file to compare with: fails where a ratio or a count is worse by more than a fifth.")
    var baseline: String?

    @Option(help: "A file to write, for later comparisons.")
    var writeBaseline: String?

    func validate() throws {
        guard namespaces >= 1, pods >= namespaces else {
            throw ValidationError("there must be a namespace, and a pod for each: \(namespaces) and \(pods)")
        }
        guard runs >= 1 else { throw ValidationError("--runs must be positive, not \(runs)") }
        guard inFlight >= 1 else { throw ValidationError("--in-flight must be positive, not \(inFlight)") }
    }

    func run() async throws {
        let measurement = Measurement(
            cluster: Cluster(directory: controlPlane, script: script),
            program: program,
            kubeconfig: kubeconfig,
            subject: try OperatorUnderTest(
                program: program,
                kubeconfig: kubeconfig,
                log: "\(controlPlane)/logs/operator.log",
                manifest: manifest
            ),
            size: Size(namespaces: namespaces, pods: pods),
            runs: runs,
            inFlight: inFlight,
            reusesCopies: reuseCopies
        )
        let report = try await measurement.report(Set(parts))
        print(json ? try report.json : Table(report, isColoured: isatty(STDOUT_FILENO) == 1).text)
        if let writeBaseline { try Baseline(report).write(to: writeBaseline) }
        if let baseline { try compare(report, with: baseline) }
    }

    private func compare(_ report: Report, with file: String) throws {
        let regressions = try Baseline(file: file).regressions(in: report)
        guard !regressions.isEmpty else {
            say("nothing is more than \(Int(Baseline.tolerance * 100)) % worse than in \(file)")
            return
        }
        for regression in regressions { say("worse: \(regression)") }
        say(
            "find out what costs that (docs/performance.md says how to profile it), and take it back; if it is worth it, say there why, and write \(file) anew: make bench-check UPDATE=1"
        )
        throw ExitCode.failure
    }
}
