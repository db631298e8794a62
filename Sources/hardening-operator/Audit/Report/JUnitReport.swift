import Hardening
import PrintableText

/// A report as JUnit's XML: each file is a suite, each check of an object a case.
enum JUnitReport {
    private struct Suite {
        var cases: [String] = []
        var failures = 0
        var errors = 0
    }

    /// The document.
    static func render(_ report: AuditReport) -> String {
        var suites: [String: Suite] = [:]
        var files: [String] = []
        func add(_ file: String, _ change: (inout Suite) -> Void) {
            if suites[file] == nil { files.append(file) }
            change(&suites[file, default: Suite()])
        }
        for problem in report.problems {
            add(problem.file) { suite in
                suite.errors += 1
                let message = problem.line.map { "line \($0): \(problem.message)" } ?? problem.message
                suite.cases.append(
                    testCase(
                        problem.file,
                        "readable",
                        body: "<error type=\"Unreadable\" message=\"\(escape(message))\"/>"
                    )
                )
            }
        }
        let findings = Dictionary(grouping: report.findings, by: \.object)
        // Findings may also be about what is no object of a file.
        var objects = report.objects
        var known = Set(objects)
        for finding in report.findings where known.insert(finding.object).inserted { objects.append(finding.object) }
        for object in objects {
            add(object.file) { suite in
                let byCheck = Dictionary(grouping: findings[object] ?? [], by: \.check)
                var checks = report.asksEachRule ? report.rules.map(\.id) : []
                for finding in findings[object] ?? [] where !checks.contains(finding.check) {
                    checks.append(finding.check)
                }
                if checks.isEmpty { checks = ["all checks"] }
                for check in checks {
                    let found = byCheck[check] ?? []
                    let failed = found.contains(where: report.isFailure)
                    if failed { suite.failures += 1 }
                    let title = [object.namespace, object.title].filter { !$0.isEmpty }.joined(separator: "/")
                    suite.cases.append(testCase(title, check, body: body(found, failed: failed)))
                }
            }
        }
        let all = files.compactMap { suites[$0] }
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        text += "<testsuites name=\"hardening-operator audit\" \(counts(all))>\n"
        for file in files {
            guard let suite = suites[file] else { continue }
            text += "  <testsuite name=\"\(escape(file.isEmpty ? "no file" : file))\" \(counts([suite]))>\n"
            text += suite.cases.joined()
            text += "  </testsuite>\n"
        }
        return text + "</testsuites>\n"
    }

    private static func counts(_ suites: [Suite]) -> String {
        let tests = suites.reduce(0) { $0 + $1.cases.count }
        let failures = suites.reduce(0) { $0 + $1.failures }
        let errors = suites.reduce(0) { $0 + $1.errors }
        return "tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\""
    }

    private static func testCase(_ title: String, _ name: String, body: String) -> String {
        let start = "    <testcase classname=\"\(escape(title))\" name=\"\(escape(name))\""
        return body.isEmpty ? "\(start)/>\n" : "\(start)>\(body)</testcase>\n"
    }

    private static func body(_ findings: [AuditFinding], failed: Bool) -> String {
        guard let worst = findings.min(by: { $0.severity < $1.severity }) else { return "" }
        let lines = findings.map { finding in
            let remedy = finding.remedy.isEmpty ? "" : "\n\(escape(finding.remedy))"
            let place = finding.object.file.isEmpty ? "" : "\(finding.object.file):\(finding.line): "
            return "\(escape("\(place)\(finding.severity.rawValue): \(finding.message)"))\(remedy)"
        }.joined(separator: "\n")
        guard failed else { return "<system-out>\(lines)</system-out>" }
        return "<failure type=\"\(worst.severity.rawValue)\" message=\"\(escape(worst.message))\">\(lines)</failure>"
    }

    // XML has no way at all to write most control characters.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.printable().unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
