import KubernetesAPI

/// A report as records: what a program reads line by line.
enum RecordReport {
    /// JSON Lines.
    static func json(_ report: AuditReport) -> String {
        var text: [UInt8] = []
        for record in records(report) {
            text.append(UInt8(ascii: "{"))
            for (index, member) in record.members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONText.append(member.key, to: &text)
                text.append(UInt8(ascii: ":"))
                JSONText.append(member.value, to: &text)
            }
            text += "}\n".utf8
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// One YAML document: a list.
    static func yaml(_ report: AuditReport) -> String {
        let records = records(report)
        guard !records.isEmpty else { return "[]\n" }
        var text: [UInt8] = []
        for record in records {
            for (index, member) in record.members.enumerated() {
                text += (index == 0 ? "- " : "  ").utf8
                text += "\(member.key): ".utf8
                // JSON's values are YAML's too, but for one thing.
                JSONText.append(member.value, to: &text, isYAML: true)
                text.append(UInt8(ascii: "\n"))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func records(_ report: AuditReport) -> [AuditRecord] {
        report.records ?? report.findings.map { AuditRecord($0) }
    }
}
