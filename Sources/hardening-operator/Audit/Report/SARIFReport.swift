import Hardening
import KubernetesAPI

/// A report in SARIF 2.1.0 (OASIS, *Static Analysis Results Interchange Format*), as code scanning services take it in.
enum SARIFReport {
    /// The log file.
    static func render(_ report: AuditReport) -> String {
        let rules = rules(report)
        let indices = Dictionary(rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        var fingerprints: [String: Int] = [:]
        let log: JSONValue = [
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                [
                    "tool": [
                        "driver": [
                            "name": "hardening-operator", "version": .string(version),
                            "rules": .array(rules.map(rule)),
                        ]
                    ],
                    "invocations": [
                        [
                            "executionSuccessful": .bool(report.problems.isEmpty),
                            "toolExecutionNotifications": .array(report.problems.map(notification)),
                        ]
                    ],
                    "results": .array(report.findings.map { result($0, indices[$0.check], &fingerprints) }),
                ]
            ],
        ]
        var text: [UInt8] = []
        JSONText.append(log, to: &text)
        return String(decoding: text, as: UTF8.self) + "\n"
    }

    // Those that were asked, and those of findings that nobody announced.
    private static func rules(_ report: AuditReport) -> [AuditRule] {
        var rules = report.rules
        var known = Set(rules.map(\.id))
        for finding in report.findings where known.insert(finding.check).inserted {
            rules.append(AuditRule(id: finding.check, summary: finding.check, helpURI: "", severity: finding.severity))
        }
        return rules
    }

    private static func rule(_ rule: AuditRule) -> JSONValue {
        var value: JSONValue = [
            "id": .string(rule.id),
            "name": .string(rule.id.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()),
            "shortDescription": ["text": .string(rule.summary)],
            "fullDescription": ["text": .string(rule.summary)],
            "help": ["text": .string(rule.helpURI.isEmpty ? rule.summary : "\(rule.summary) See \(rule.helpURI)")],
            "defaultConfiguration": ["level": .string(level(rule.severity))],
            "properties": [
                "security-severity": .string(score(rule.severity)), "tags": ["security", "kubernetes"],
            ],
        ]
        if !rule.helpURI.isEmpty { value["helpUri"] = .string(rule.helpURI) }
        return value
    }

    private static func result(
        _ finding: AuditFinding,
        _ index: Int?,
        _ fingerprints: inout [String: Int]
    ) -> JSONValue {
        let object = finding.object
        let text = finding.remedy.isEmpty ? finding.message : "\(finding.message)\n\(finding.remedy)"
        let identity = [object.file, object.kind, object.namespace, object.name, finding.check].joined(separator: "\0")
        // The same finding keeps its fingerprint when lines move; several of a kind are told apart by their order.
        let count = fingerprints[identity, default: 0]
        fingerprints[identity] = count + 1
        var value: JSONValue = [
            "ruleId": .string(finding.check),
            "level": .string(level(finding.severity)),
            "message": ["text": .string(text)],
            "partialFingerprints": ["objectAndCheck/v1": .string("\(hash(identity)):\(count)")],
            "properties": ["severity": .string(finding.severity.rawValue), "reason": .string(finding.reason)],
        ]
        if let index { value["ruleIndex"] = .integer(Int64(index)) }
        var location: JSONValue = [
            "logicalLocations": [
                [
                    "name": .string(object.name), "kind": "resource",
                    "fullyQualifiedName": .string(
                        [object.namespace, object.kind, object.name].filter { !$0.isEmpty }.joined(separator: "/")
                    ),
                ]
            ]
        ]
        if !object.file.isEmpty { location["physicalLocation"] = physical(object.file, finding.line) }
        value["locations"] = [location]
        return value
    }

    private static func notification(_ problem: ManifestProblem) -> JSONValue {
        [
            "level": "error",
            "message": ["text": .string(problem.message)],
            "locations": [["physicalLocation": physical(problem.file, problem.line)]],
        ]
    }

    private static func physical(_ file: String, _ line: Int?) -> JSONValue {
        var location: JSONValue = ["artifactLocation": ["uri": .string(uri(file))]]
        if let line { location["region"] = ["startLine": .integer(Int64(line))] }
        return location
    }

    /// The URI of a file: relative as it was named, since services resolve it against the repository.
    static func uri(_ file: String) -> String {
        var path = file[...]
        while path.hasPrefix("./") { path = path.dropFirst(2) }
        var uri = path.hasPrefix("/") ? "file://" : ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            case _ where "-._~/".utf8.contains(byte): uri.unicodeScalars.append(Unicode.Scalar(byte))
            default: uri += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return uri
    }

    private static func level(_ severity: Severity) -> String {
        switch severity {
        case .critical, .high: "error"
        case .medium: "warning"
        case .low, .info: "note"
        }
    }

    // What GitHub sorts by: over 9 is critical, from 7 high, from 4 medium, above 0 low.
    private static func score(_ severity: Severity) -> String {
        switch severity {
        case .critical: "9.5"
        case .high: "8.0"
        case .medium: "5.5"
        case .low: "3.0"
        case .info: "0.0"
        }
    }

    // FNV-1a with 64 bits: stable from run to run, unlike Swift's own.
    private static func hash(_ text: String) -> String {
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
