import Foundation
import FoundationXML
import Hardening
import KubernetesAPI
import PrintableText
import Testing
import Yams

@testable import hardening_operator

/// Reports of the same findings in every format, compared with what stands in `Resources`. That `report.sarif` there
/// is valid, `scripts/lint` shows.
@Suite struct ReportTests {
    /// Findings with everything in them that somebody might put there to break a report.
    static let report: AuditReport = {
        let web = AuditedObject(
            file: "./shop/web & co.yaml",
            line: 3,
            kind: "Deployment",
            namespace: "shop",
            name: "web"
        )
        let nasty = AuditedObject(
            file: "/srv/100%/ünï.yaml",
            line: 1,
            kind: "Pod",
            namespace: "",
            name: "a\u{1B}[2J\"<b>&'\u{0}\u{202E}\u{85}]]>"
        )
        let fine = AuditedObject(file: "./shop/web & co.yaml", line: 40, kind: "Job", namespace: "shop", name: "tidy")
        let nowhere = AuditedObject(file: "", line: 0, kind: "Cluster", namespace: "", name: "")
        func finding(
            _ object: AuditedObject,
            _ line: Int,
            _ check: String,
            _ severity: Severity,
            _ message: String,
            _ remedy: String = ""
        ) -> AuditFinding {
            AuditFinding(
                object: object,
                line: line,
                check: check,
                severity: severity,
                reason: "CheckFailed",
                message: message,
                remedy: remedy
            )
        }
        return AuditReport(
            objects: [web, fine, nasty],
            findings: [
                finding(
                    web,
                    17,
                    "privileged",
                    .critical,
                    "privileged (container \"a\" must not set …)",
                    "spec.x: false"
                ),
                finding(web, 21, "privileged", .critical, "another container"),
                finding(web, 3, "replica-count", .info, "one replica"),
                finding(nasty, 1, "image-tag-latest", .low, "line one\nline two\ttab\u{7}\u{9B}31m", "say <which>"),
                finding(nowhere, 0, "network-policy-provider", .high, "no sign of one"),
                finding(nasty, 9, "sysctls", .medium, "forbidden sysctls (kernel.x)"),
            ],
            problems: [
                ManifestProblem(file: "gone.yaml", line: nil, message: "no such file or directory"),
                ManifestProblem(file: "./shop/web & co.yaml", line: 7, message: "not valid YAML: \u{1B}[31m"),
            ],
            rules: [
                AuditRule(
                    id: "privileged",
                    summary: "Containers are not privileged.",
                    helpURI: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
                    severity: .critical
                ),
                AuditRule(id: "sysctls", summary: "Only safe kernel parameters.", helpURI: "", severity: .medium),
            ],
            summary: "3 objects in 2 files",
            threshold: .low
        )
    }()

    @Test("Each format is rendered as it was, byte for byte", arguments: ReportFormat.allCases)
    func golden(format: ReportFormat) throws {
        // So that a new version of the program changes no file.
        let rendered = format.render(Self.report).replacing("\"version\":\"\(version)\"", with: "\"version\":\"0\"")
        let name = "report.\(format == .junit ? "xml" : format == .table ? "txt" : format.rawValue)"
        let file = try #require(Bundle.module.url(forResource: "Resources/\(name)", withExtension: nil))
        let expected = try String(contentsOf: file, encoding: .utf8)
        if rendered != expected {
            let actual = NSTemporaryDirectory() + name
            try rendered.write(toFile: actual, atomically: true, encoding: .utf8)
            Issue.record(
                "\(name) is another now: if that is right, copy \(actual) to Tests/OperatorCommandTests/Resources"
            )
        }
    }

    @Test("No format lets a control character, or one that turns the text, through", arguments: ReportFormat.allCases)
    func clean(format: ReportFormat) {
        let text = format.render(Self.report)
        #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.isHidden })
        #expect(text.unicodeScalars.contains("ü") || format == .sarif)
        #expect(text.hasSuffix("\n"))
    }

    @Test("JSON, YAML and SARIF carry the same text, whatever is in it")
    func sameText() throws {
        struct Line: Decodable {
            var name: String
            var message: String
            var line: Int
        }
        struct Log: Decodable {
            struct Run: Decodable {
                struct Result: Decodable {
                    struct Message: Decodable { var text: String }
                    struct Location: Decodable {
                        struct Logical: Decodable { var name: String }
                        var logicalLocations: [Logical]
                    }
                    var message: Message
                    var locations: [Location]
                    var level: String
                    var partialFingerprints: [String: String]
                }
                var results: [Result]
            }
            var runs: [Run]
        }
        let findings = Self.report.findings
        let json = try ReportFormat.json.render(Self.report).split(separator: "\n")
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        #expect(json.map(\.message) == findings.map(\.message))
        #expect(json.map(\.name) == findings.map(\.object.name))
        let yaml = try YAMLDecoder().decode([Line].self, from: ReportFormat.yaml.render(Self.report))
        #expect(yaml.map(\.message) == findings.map(\.message))
        let sarif = try JSONDecoder().decode(Log.self, from: Data(ReportFormat.sarif.render(Self.report).utf8))
        let results = try #require(sarif.runs.first?.results)
        #expect(results.map { $0.locations.first?.logicalLocations.first?.name } == findings.map(\.object.name))
        #expect(results.map(\.level) == ["error", "error", "note", "note", "error", "warning"])
        #expect(zip(results, findings).allSatisfy { $0.message.text.hasPrefix($1.message) })
        #expect(Set(results.compactMap { $0.partialFingerprints.values.first }).count == findings.count)
    }

    @Test("A finding keeps its fingerprint when lines move")
    func fingerprints() throws {
        func prints(_ report: AuditReport) -> [Substring] {
            SARIFReport.render(report).matches(of: /"objectAndCheck\/v1":"([^"]*)"/).map(\.output.1)
        }
        var moved = Self.report
        for index in moved.findings.indices {
            moved.findings[index].line += 5
            moved.findings[index].object.line += 5
        }
        #expect(prints(moved) == prints(Self.report))
        #expect(prints(moved).count == 6)
    }

    private final class Cases: NSObject, XMLParserDelegate {
        var failed: [String] = []
        var passed: [String] = []
        var errors = 0
        var suites: [String: [String: String]] = [:]
        private var name = ""
        private var isFailed = false

        func parser(
            _ parser: XMLParser,
            didStartElement element: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            switch element {
            case "testsuite": suites[attributes["name"] ?? ""] = attributes
            case "testcase":
                name = "\(attributes["classname"] ?? ""): \(attributes["name"] ?? "")"
                isFailed = false
            case "failure": isFailed = true
            case "error":
                isFailed = true
                errors += 1
            default: break
            }
        }

        func parser(_ parser: XMLParser, didEndElement element: String, namespaceURI: String?, qualifiedName: String?) {
            if element == "testcase" { isFailed ? failed.append(name) : passed.append(name) }
        }
    }

    @Test("JUnit's XML is well formed, a suite for each file, a case for each check of an object")
    func junit() throws {
        let parser = XMLParser(data: Data(ReportFormat.junit.render(Self.report).utf8))
        let cases = Cases()
        parser.delegate = cases
        #expect(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
        #expect(Set(cases.suites.keys) == ["gone.yaml", "./shop/web & co.yaml", "/srv/100%/ünï.yaml", "no file"])
        #expect(cases.suites["./shop/web & co.yaml"]?["tests"] == "4")
        #expect(cases.suites["./shop/web & co.yaml"]?["failures"] == "1")
        #expect(cases.errors == 2)
        #expect(cases.failed.contains("shop/Deployment/web: privileged"))
        // Below the threshold.
        #expect(cases.passed.contains("shop/Deployment/web: replica-count"))
        #expect(cases.passed.contains("shop/Job/tidy: all checks"))
    }

    @Test("Where each check was asked of each object, JUnit has a case for each")
    func junitCases() {
        let object = AuditedObject(file: "f", line: 1, kind: "Pod", namespace: "", name: "a")
        var report = AuditReport(objects: [object], rules: Self.report.rules, asksEachRule: true)
        #expect(ReportFormat.junit.render(report).contains("tests=\"2\" failures=\"0\""))
        report.findings = [
            AuditFinding(
                object: object,
                line: 1,
                check: "sysctls",
                severity: .medium,
                reason: "CheckFailed",
                message: "",
                remedy: ""
            )
        ]
        #expect(ReportFormat.junit.render(report).contains("tests=\"2\" failures=\"1\""))
    }

    @Test(
        "A file's URI is relative as the file was named, and every byte of it is one that URIs have",
        arguments: [
            ("a/b.yaml", "a/b.yaml"), ("././a.yaml", "a.yaml"), ("/a b", "file:///a%20b"), ("a:b", "a%3Ab"),
            ("ü%", "%C3%BC%25"), ("../x", "../x"), ("-", "-"), ("a\n", "a%0A"),
        ]
    )
    func uris(file: String, uri: String) {
        #expect(SARIFReport.uri(file) == uri)
    }
}
