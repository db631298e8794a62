import CoreMetrics
import Foundation
import FoundationXML
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging
import PrometheusMetrics
import TestSupport
import Testing
import Yams

@testable import HardeningController
@testable import hardening_operator

@Suite("Whatever is written into a cluster or a file") struct HostileTextTests {
    // MARK: Reports

    private static func report(_ generator: inout SeededGenerator) -> AuditReport {
        func text() -> String { HostileText.random(using: &generator) }
        let manifest = Manifest(
            file: "f.yaml",
            document: 1,
            prefix: "",
            node: .init(value: .null, line: 1),
            apiVersion: text(),
            kind: text(),
            namespace: text(),
            name: text()
        )
        let finding = Finding(
            namespace: text(),
            control: .workloads,
            workload: text(),
            severity: .high,
            reason: .checkFailed,
            message: text()
        )
        return AuditReport(
            objects: [AuditedObject(manifest)],
            findings: (0..<5).map { _ in
                AuditFinding(
                    object: AuditedObject(manifest),
                    line: 1,
                    check: "privileged",
                    severity: .high,
                    reason: "CheckFailed",
                    message: finding.message,
                    remedy: text()
                )
            },
            problems: [manifest.problem(text(), text())],
            rules: [],
            summary: "1 object in 1 file"
        )
    }

    @Test("no report lets it out, and each stays what a reader of its format takes", arguments: seeds)
    func reports(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let report = Self.report(&generator)
        for format in ReportFormat.allCases {
            let text = format.render(report)
            #expect(HostileText.hidden(in: text, except: ["\n"]) == [], "\(format), seed \(seed)")
            switch format {
            case .table: #expect(text.split(separator: "\n").count <= 13, "seed \(seed)")
            case .json:
                let lines = text.split(separator: "\n")
                #expect(lines.count == 5, "seed \(seed)")
                for line in lines { _ = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8)) }
            case .yaml: #expect(try (Yams.load(yaml: text) as? [Any])?.count == 5, "seed \(seed)")
            case .sarif: _ = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            case .junit: #expect(XMLParser(data: Data(text.utf8)).parse(), "seed \(seed)")
            }
        }
        for problem in report.problems {
            #expect(HostileText.hidden(in: "\(problem)") == [], "seed \(seed)")
            #expect("\(problem)".unicodeScalars.count <= 4_096, "seed \(seed)")
        }
    }

    @Test("names and messages of a manifest are as long as those of an object may be, however long they are")
    func longNames() throws {
        let long = String(repeating: "x", count: 100_000)
        let scratch = try Scratch()
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(long), "namespace": .string(long)],
            "spec": [
                "containers": [
                    ["name": .string(long), "image": .string(long), "securityContext": ["privileged": true]]
                ]
            ],
        ]
        try scratch.write("f.json", String(decoding: try JSONEncoder().encode(pod), as: UTF8.self))
        for format in ReportFormat.allCases {
            #expect(try audit([scratch.path], "restricted", format).output.utf8.count < 100_000, "\(format)")
            let output = try audit([scratch.path], controls: "workloads: {}", format).output
            #expect(output.utf8.count < 100_000, "\(format): \(output.utf8.count)")
        }
    }

    // MARK: Plans

    private static func survey(_ generator: inout SeededGenerator) -> ClusterSurvey.Result {
        func text() -> String { HostileText.random(using: &generator) }
        let finding = Finding(
            type: .impact,
            namespace: text(),
            control: .networkPolicy,
            workload: text(),
            severity: .high,
            reason: .enforcementHeld,
            message: text()
        )
        let change = NamespaceSurvey.Change(
            control: .networkPolicy,
            operation: .init(namespace: text(), target: .networkPolicy(text()), verb: .delete(uid: text())),
            isPresent: true,
            differences: [.init(path: text(), before: .string(text()), after: .object([text(): .string(text())]))]
        )
        var verdict = Verdict(control: .networkPolicy, mode: .enforce, findings: [finding])
        verdict.exemption = text()
        return ClusterSurvey.Result(
            namespaces: [
                NamespaceSurvey(
                    name: text(),
                    governor: text(),
                    selecting: [text()],
                    shadowed: [text()],
                    isProtected: false,
                    isTerminating: false,
                    verdicts: [verdict],
                    changes: [change]
                )
            ],
            missing: [text()],
            clusterFindings: [text(): [finding]],
            invalid: [:],
            unobserved: [text(): text()]
        )
    }

    @Test("no plan lets it out", arguments: seeds)
    func plans(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let result = Self.survey(&generator)
        let lines = PlanText(result).text.split(separator: "\n")
        #expect(lines.count == 9, "seed \(seed)")
        for line in lines {
            #expect(HostileText.hidden(in: String(line)) == [], "seed \(seed)")
            #expect(line.unicodeScalars.count <= PlanText.lineLimit, "seed \(seed)")
        }
        let json = try PlanDocument(result).json
        #expect(HostileText.hidden(in: json, except: ["\n"]) == [], "seed \(seed)")
        let read = try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
        let path = read["namespaces"].flatMap(\.first)?["changes"].flatMap(\.first)?["fields"].flatMap(\.first)?["path"]
        // What programs read is what was written.
        #expect(path == .string(result.namespaces[0].changes[0].differences[0].path), "seed \(seed)")
    }

    // MARK: Logs

    @Test("no log line lets it out, in neither format", arguments: seeds)
    func logs(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func text() -> String { HostileText.random(using: &generator) }
        for isQuoting in [false, true] {
            let recorder = LogRecorder()
            var logger = Logger(label: "t") { _ in PrintableLogHandler(recorder.handler, isQuoting: isQuoting) }
            logger[metadataKey: "lease"] = "\(text())"
            logger.info(
                "\(text())",
                metadata: ["a": "\(text())", "b": ["\(text())", "\(text())"], "c": ["\(text())": "\(text())"]]
            )
            for line in recorder.lines {
                #expect(line.metadata.count == 4)
                for text in [line.message] + line.metadata.values {
                    #expect(HostileText.hidden(in: text) == [], "seed \(seed)")
                    #expect(
                        text.unicodeScalars.count <= 2 * PrintableLogHandler<JSONLogHandler>.limit + 2,
                        "seed \(seed)"
                    )
                }
            }
            #expect(recorder.lines.count == 1)
        }
    }

    @Test(
        "in a text log a value with spaces is quoted, so that it cannot pass for a field",
        arguments: [
            ("plain", "plain"), ("", #""""#), ("x level=error", #""x level=error""#), (#"a"b"#, #""a\"b""#),
            ("a=b", #""a=b""#), (#"\ "#, #""\\ ""#), ("a\nb", #"a\nb"#),
        ]
    )
    func quoted(value: String, written: String) {
        let recorder = LogRecorder()
        let logger = Logger(label: "t") { _ in PrintableLogHandler(recorder.handler, isQuoting: true) }
        logger.info("m", metadata: ["key": "\(value)"])
        #expect(recorder.lines.first?.metadata["key"] == written)
    }

    // MARK: Errors

    @Test("no error lets it out", arguments: seeds)
    func errors(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func text() -> String { HostileText.random(using: &generator) }
        let errors: [any Error] = [
            APIError(request: text(), code: 500, status: Status(message: text(), reason: text(), code: 500)),
            APIError(request: text(), code: 500, body: text()), TransportError(.malformed, text()),
            ConfigurationError(text()), PrintableError.of(ReleaseError(description: text())),
        ]
        for error in errors {
            #expect(HostileText.hidden(in: "\(error)") == [], "\(type(of: error)), seed \(seed)")
            #expect("\(error)".unicodeScalars.count <= 4_096, "\(type(of: error)), seed \(seed)")
        }
    }

    // MARK: Metrics

    @Test("no metric lets it out, in neither format", arguments: seeds)
    func metrics(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func text() -> String { HostileText.random(using: &generator) }
        let registry = PrometheusRegistry()
        for index in 0..<5 {
            Counter(label: "m\(index)", dimensions: [("a", text()), ("b", text())], factory: registry).increment()
        }
        for format in [ExpositionFormat.text, .openMetrics] {
            let exposition = registry.exposition(format)
            #expect(HostileText.hidden(in: exposition, except: ["\n"]) == [], "seed \(seed)")
            for line in exposition.split(separator: "\n") where !line.hasPrefix("#") {
                // Inside quotation marks, a backslash is followed by one of three, and there is no bare mark.
                let isSample = line.wholeMatch(
                    of: /[a-zA-Z_:][a-zA-Z0-9_:]*\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\["\\n])*",?)+\} [0-9.]+/
                )
                #expect(isSample != nil, "seed \(seed): \(line.prefix(200))")
                #expect(line.unicodeScalars.count < 1_000, "seed \(seed)")
            }
        }
    }
}

extension JSONValue {
    /// The first element of a list.
    fileprivate var first: JSONValue? {
        if case .array(let elements) = self { elements.first } else { nil }
    }
}
