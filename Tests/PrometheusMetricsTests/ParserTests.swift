import CoreMetrics
import Foundation
import Subprocess
import TestSupport
import Testing

@testable import PrometheusMetrics

/// What others make of the text: the parsers of PyPI's `prometheus-client`, and `promtool`.
@Suite(.enabled(if: Tools.directory != nil, "scripts/test gets the tools that this needs"))
struct ParserTests {
    private static let awkward = [
        "", "a", "\"", "\\", "\n", "\\n", "}", ",", "=\"", "{", "#", "# EOF\n", " ", "é", "日本",
    ]

    /// Random metrics, and what a reader must find of them: the value of each sample, by name and labels.
    private func random(_ seed: UInt64) -> (PrometheusRegistry, [String: Double]) {
        var generator = SeededGenerator(seed: seed)
        let registry = PrometheusRegistry()
        var expected: [String: Double] = [:]
        for family in 0..<Int.random(in: 0...8, using: &generator) {
            let name = "m\(family)"
            let help = (0..<4).compactMap { _ in Self.awkward.randomElement(using: &generator) }.joined()
            registry.describe(name, help)
            let kind = Int.random(in: 0...3, using: &generator)
            var seen: Set<[String]> = []
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                let values = (0..<2).map { _ in
                    (0..<3).compactMap { _ in Self.awkward.randomElement(using: &generator) }.joined()
                }
                guard seen.insert(values).inserted else { continue }
                let dimensions = [("a", values[0]), ("b", values[1])]
                func expect(_ suffix: String, _ value: Double, _ more: [(String, String)] = []) {
                    expected[Self.key(name + suffix, dimensions + more)] = value
                }
                let number = Double(Int64.random(in: 0...1 << 40, using: &generator)) / 1024
                switch kind {
                case 0:
                    let count = Int64.random(in: 0...1 << 50, using: &generator)
                    Counter(label: name, dimensions: dimensions, factory: registry).increment(by: count)
                    expect("_total", Double(count))
                case 1:
                    FloatingPointCounter(label: name, dimensions: dimensions, factory: registry).increment(by: number)
                    expect("_total", number)
                case 2:
                    let value =
                        Bool.random(using: &generator) ? -number : [.infinity, -.infinity, 1e-300, 0][family % 4]
                    Meter(label: name, dimensions: dimensions, factory: registry).set(value)
                    expect("", value)
                default:
                    let nanoseconds = Int64.random(in: 0...400_000_000_000, using: &generator)
                    let seconds = Double(nanoseconds) / 1e9
                    Timer(label: name, dimensions: dimensions, factory: registry).recordNanoseconds(nanoseconds)
                    for bound in PrometheusRegistry.timerBuckets {
                        expect("_bucket", seconds <= bound ? 1 : 0, [("le", "\(bound)")])
                    }
                    expect("_bucket", 1, [("le", "+Inf")])
                    expect("_sum", seconds)
                    expect("_count", 1)
                }
            }
        }
        return (registry, expected)
    }

    private static func key(_ name: String, _ labels: [(String, String)]) -> String {
        name + labels.sorted { $0.0 < $1.0 }.map { "|\($0.0)=\($0.1)" }.joined()
    }

    @Test("Whatever is recorded, both parsers of prometheus-client read the same samples back", arguments: seeds)
    func roundTrip(seed: UInt64) async throws {
        let (registry, expected) = random(seed)
        for format in ExpositionFormat.allCases {
            let samples = try await Tools.parse(registry.exposition(format), format)
            let read = Dictionary(
                samples.map { sample in
                    let value: Double =
                        switch sample.value {
                        case "inf": .infinity
                        case "-inf": -.infinity
                        default: Double(sample.value) ?? .nan
                        }
                    return (Self.key(sample.name, sample.labels.map { ($0.key, $0.value) }), value)
                },
                uniquingKeysWith: { first, _ in first }
            )
            #expect(read == expected, "seed \(seed), \(format)")
            #expect(samples.count == expected.count, "seed \(seed), \(format)")
        }
    }

    @Test("promtool has nothing to say against names, types and help texts, those of the process among them")
    func promtool() async throws {
        let registry = PrometheusRegistry(process: ProcessMetrics())
        registry.describe("requests_total", "Requests.")
        registry.describe("work_duration_seconds", "How long work took.")
        registry.describe("queue_depth", "How much waits.")
        Counter(label: "requests_total", dimensions: [("code", "\"\n\\")], factory: registry).increment()
        Timer(label: "work_duration_seconds", factory: registry).recordNanoseconds(1)
        Meter(label: "queue_depth", factory: registry).set(1.5)
        let complaints = try await Tools.lint(registry.exposition(.text))
        #expect(complaints == "")
    }

    @Test("Neither tool takes just anything")
    func broken() async throws {
        await #expect(throws: (any Error).self) { try await Tools.parse("a{b=\"\n\"} 1\n", .text) }
        await #expect(throws: (any Error).self) { try await Tools.parse("# TYPE a gauge\na 1\n", .openMetrics) }
        #expect(try await Tools.lint("# TYPE a counter\na 1\n") != "")
    }
}

/// The tools of `scripts/prometheus`.
enum Tools {
    static let directory = ProcessInfo.processInfo.environment["HARDENING_TEST_PROMETHEUS"]

    struct Sample: Decodable {
        var name: String
        var labels: [String: String]
        var value: String
    }

    struct Refused: Error, CustomStringConvertible {
        var description: String
    }

    private static let program = """
        import io, json, sys
        from prometheus_client import openmetrics, parser
        from prometheus_client.openmetrics import parser as openmetrics_parser
        text = sys.stdin.buffer.read().decode()
        families = {"text": parser, "openMetrics": openmetrics_parser}[sys.argv[1]].text_fd_to_metric_families(
            io.StringIO(text, newline="\\n"))
        print(json.dumps([{"name": s.name, "labels": s.labels, "value": repr(float(s.value))}
            for f in families for s in f.samples]))
        """

    /// What prometheus-client reads in `text`.
    static func parse(_ text: String, _ format: ExpositionFormat) async throws -> [Sample] {
        let (output, errors, isGood) = try await run("python", ["-c", program, "\(format)"], text)
        guard isGood else { throw Refused(description: errors) }
        return try JSONDecoder().decode([Sample].self, from: Data(output.utf8))
    }

    /// What promtool has to say against `text`.
    static func lint(_ text: String) async throws -> String {
        let (output, errors, isGood) = try await run("promtool", ["check", "metrics"], text)
        return isGood ? "" : output + errors + "refused"
    }

    private static func run(
        _ tool: String,
        _ arguments: [String],
        _ input: String
    ) async throws -> (String, String, Bool) {
        let directory = try #require(directory)
        let result = try await Subprocess.run(
            .path(.init("\(directory)/bin/\(tool)")),
            arguments: Arguments(arguments),
            input: .string(input),
            output: .string(limit: 16 << 20),
            error: .string(limit: 1 << 20)
        )
        return (result.standardOutput, result.standardError, result.terminationStatus.isSuccess)
    }
}
