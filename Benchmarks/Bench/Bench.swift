import ArgumentParser
import Foundation

/// What can be measured apart from the rest.
enum Part: String, CaseIterable, ExpressibleByArgument {
    case coldStart = "cold-start"
    case memory, steady, events, drift
    case newNamespaces = "new-namespaces"
    case binary, instructions, counts, growth, full

    /// Those that need the cluster of the size that was asked for.
    static let onWhole: Set<Part> = [.coldStart, .memory, .steady, .events, .drift, .newNamespaces, .counts]
}

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures the operator on a control plane of its own; scripts/bench makes that and runs it.",
        subcommands: [Measure.self, WatchPods.self],
        defaultSubcommand: Measure.self
    )
}

/// What it does unless told otherwise.
struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measures the operator.")

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

    @Option(help: "A library that is preloaded into the operator while its instructions are counted.")
    var preload: String

    @Option(parsing: .upToNextOption, help: "At how many namespaces growth is measured, with 20 pods each.")
    var growth = [100, 300, 1_000, 3_000]

    @Option(parsing: .upToNextOption, help: "What to measure.")
    var parts: [Part] = Part.allCases.filter { ![.counts, .growth, .full].contains($0) }

    @Flag(help: "Seeds nothing: uses what an earlier run of this size and these parts has left in the directory.")
    var reuseCopies = false

    @Flag(help: "Prints JSON instead of a table.")
    var json = false

    @Option(help: "A file to compare with: fails where a count is more by over a fifth, or memory more than double.")
    var baseline: String?

    @Option(help: "A file to write, for later comparisons.")
    var writeBaseline: String?

    func validate() throws {
        guard namespaces >= 1, pods >= namespaces else {
            throw ValidationError("there must be a namespace, and a pod for each: \(namespaces) and \(pods)")
        }
        guard runs >= 1 else { throw ValidationError("--runs must be positive, not \(runs)") }
        guard growth.allSatisfy({ $0 >= 1 }), Set(growth).count == growth.count else {
            throw ValidationError("--growth takes different positive numbers, not \(growth)")
        }
        guard inFlight >= 1 else { throw ValidationError("--in-flight must be positive, not \(inFlight)") }
    }

    func run() async throws {
        let measurement = Measurement(
            cluster: Cluster(directory: controlPlane, script: script),
            program: program,
            kubeconfig: kubeconfig,
            manifest: manifest,
            instructionCount: InstructionCount(preload: preload),
            subject: try OperatorUnderTest(
                program: program,
                kubeconfig: kubeconfig,
                log: "\(controlPlane)/logs/operator.log",
                manifest: manifest
            ),
            size: Size(namespaces: namespaces, pods: pods),
            runs: runs,
            inFlight: inFlight,
            growth: growth,
            reusesCopies: reuseCopies
        )
        let report = try await measurement.report(Set(parts))
        print(json ? try report.json : Table(report, isColoured: isatty(STDOUT_FILENO) == 1).text)
        if let writeBaseline { try Baseline(report).write(to: writeBaseline) }
        if let baseline { try compare(report, with: baseline) }
    }

    private func compare(_ report: Report, with file: String) throws {
        let comparisons = try Baseline(file: file).comparisons(with: report)
        let header = ["compared with \(file)", "now", "then", "change", ""]
        for line in Table.aligned([header] + comparisons.map(\.cells)) { say(line) }
        guard comparisons.contains(where: \.isWorse) else { return }
        say("error: something takes more than the baseline and chance account for")
        say(
            "find out what costs that (docs/performance.md says how to profile it), and take it back; if it is worth it,"
        )
        say("say in the commit why, and write the baseline anew: make bench-check UPDATE=1")
        throw ExitCode.failure
    }
}
