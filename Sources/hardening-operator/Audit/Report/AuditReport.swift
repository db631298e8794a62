import Hardening
import KubernetesAPI
import PrintableText

/// Something that is wrong with an object of a file, and what to do about it.
struct AuditFinding: Sendable, Hashable {
    /// The object.
    var object: AuditedObject
    /// The line of the field that it is about, or else of the object.
    var line: Int
    /// The check's id, such as `host-path-volumes`.
    var check: String
    /// How bad it is.
    var severity: Severity
    /// One word for machines.
    var reason: String
    /// What is wrong. May hold anything that the object's author wrote, at most ``textLimit`` Unicode scalars of it.
    var message: String
    /// What to change, in the object's own words; empty if nothing is to be said.
    var remedy: String

    /// The most Unicode scalars of ``message`` and of ``remedy``. Every format writes what is hidden in them in its own way.
    static let textLimit = 8_192
}

/// An object that was judged.
struct AuditedObject: Sendable, Hashable {
    /// The file as it was named; empty for what no file says.
    var file: String
    /// The line on which it begins, from 1.
    var line: Int
    /// Its kind.
    var kind: String
    /// Its namespace; empty if it does not say.
    var namespace: String
    /// Its name.
    var name: String

    /// Such as `Deployment/web`.
    var title: String { name.isEmpty ? kind : "\(kind)/\(name)" }
}

extension AuditedObject {
    /// What a report says of `manifest`, whose names may be of any length: as much of them as an object can have.
    init(_ manifest: Manifest) {
        self.init(
            file: manifest.file,
            line: manifest.line,
            kind: manifest.kind.shortened(to: 253),
            namespace: manifest.namespace.shortened(to: 253),
            name: manifest.name.shortened(to: 253)
        )
    }
}

/// What a check is about, for reports that explain.
struct AuditRule: Sendable, Hashable {
    /// The check's id, such as `host-path-volumes`.
    var id: String
    /// What it forbids, in a few words.
    var summary: String
    /// Where it is explained.
    var helpURI: String
    /// How bad it is to fail it, as a rule.
    var severity: Severity
}

/// A line of a report in JSON or YAML: its members in their order.
struct AuditRecord: Sendable {
    /// Keys and values.
    var members: [(key: String, value: JSONValue)]
}

extension AuditRecord {
    /// A finding with all its parts.
    init(_ finding: AuditFinding) {
        members = [
            ("file", .string(finding.object.file)), ("line", .integer(Int64(finding.line))),
            ("kind", .string(finding.object.kind)), ("namespace", .string(finding.object.namespace)),
            ("name", .string(finding.object.name)), ("check", .string(finding.check)),
            ("severity", .string(finding.severity.rawValue)), ("reason", .string(finding.reason)),
            ("message", .string(finding.message)), ("remedy", .string(finding.remedy)),
        ]
    }
}

/// All that an audit came to, whoever judged: what is to be rendered.
struct AuditReport: Sendable {
    /// What was judged, in the order of the input.
    var objects: [AuditedObject] = []
    /// What is wrong, in the order of the input.
    var findings: [AuditFinding] = []
    /// What could not be read.
    var problems: [ManifestProblem] = []
    /// The checks that were asked.
    var rules: [AuditRule] = []
    /// Whether each of ``rules`` was asked of each object, so that one without a finding has passed them all.
    var asksEachRule = false
    /// What JSON and YAML say instead of the findings.
    var records: [AuditRecord]?
    /// What the table says at its end.
    var summary = ""
    /// Findings that are less severe are told and fail nothing.
    var threshold = Severity.low

    /// Whether there is a finding at or above the threshold.
    var fails: Bool { findings.contains(where: isFailure) }

    /// Whether `finding` is at or above the threshold.
    func isFailure(_ finding: AuditFinding) -> Bool { finding.severity <= threshold }
}

/// How a report may be written.
enum ReportFormat: String, Sendable, CaseIterable {
    /// For people.
    case table
    /// One JSON object for each finding or verdict, each on a line of its own.
    case json
    /// The same as one YAML document.
    case yaml
    /// SARIF 2.1.0 (OASIS), for code scanning.
    case sarif
    /// JUnit's XML, for CI systems.
    case junit

    /// The report in this format, with a line break at its end.
    func render(_ report: AuditReport) -> String {
        switch self {
        case .table: TableReport.render(report)
        case .json: RecordReport.json(report)
        case .yaml: RecordReport.yaml(report)
        case .sarif: SARIFReport.render(report)
        case .junit: JUnitReport.render(report)
        }
    }
}
