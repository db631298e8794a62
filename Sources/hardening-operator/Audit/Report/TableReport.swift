import Hardening
import PrintableText

/// A report for people: aligned columns, and what it comes to.
enum TableReport {
    /// The table; only the summary if nothing was found.
    static func render(_ report: AuditReport) -> String {
        var text = ""
        if !report.findings.isEmpty {
            let header = ["SEVERITY", "PLACE", "NAMESPACE", "OBJECT", "CHECK", "MESSAGE"]
            let rows = report.findings.map { finding in
                [
                    finding.severity.rawValue, place(finding), finding.object.namespace, finding.object.title,
                    finding.check, finding.message,
                ].map { $0.isEmpty ? "-" : $0.printable(upTo: AuditFinding.textLimit) }
            }
            var widths = header.map(\.unicodeScalars.count)
            for row in rows {
                for (column, cell) in row.enumerated() {
                    widths[column] = max(widths[column], cell.unicodeScalars.count)
                }
            }
            append(header, widths, to: &text)
            for (row, finding) in zip(rows, report.findings) {
                append(row, widths, to: &text)
                if !finding.remedy.isEmpty { text += "    \(finding.remedy.printable(upTo: AuditFinding.textLimit))\n" }
            }
            text += "\n"
        }
        return text + summary(report) + "\n"
    }

    private static func place(_ finding: AuditFinding) -> String {
        finding.object.file.isEmpty ? "" : "\(finding.object.file):\(finding.line)"
    }

    private static func append(_ row: [String], _ widths: [Int], to text: inout String) {
        for (column, cell) in row.enumerated() {
            text += cell
            if column < row.count - 1 {
                text += String(repeating: " ", count: widths[column] - cell.unicodeScalars.count + 2)
            }
        }
        text += "\n"
    }

    private static func summary(_ report: AuditReport) -> String {
        var summary = report.summary
        if !report.findings.isEmpty {
            let counts = Severity.allCases.compactMap { severity in
                let count = report.findings.count { $0.severity == severity }
                return count == 0 ? nil : "\(count) \(severity.rawValue)"
            }
            let count = report.findings.count
            summary += "; \(count) \(count == 1 ? "finding" : "findings"): \(counts.joined(separator: ", "))"
        }
        if !report.problems.isEmpty {
            let count = report.problems.count
            summary += "; \(count) \(count == 1 ? "problem" : "problems") with the input: see above"
        }
        return summary
    }
}
