import Hardening
import KubernetesAPI
import TestSupport
import Testing

@Suite struct ProfileFiguresTests {
    private static let controls =
        "networkPolicy: {}, podSecurity: {mode: Audit}, limitRange: {limits: [{type: Pod, max: {cpu: 1}}]}"

    private func report(_ ledger: ComplianceLedger, _ controls: String = controls) throws -> StatusReport {
        StatusReport(
            generation: 1,
            compiled: .success(try compiled(controls, name: "p")),
            isBeingDeleted: false,
            totals: ledger.totals(of: "p"),
            pending: 0,
            cluster: .usual
        )
    }

    /// A namespace as it might have been found.
    private func record(_ name: String, _ random: inout SeededGenerator) -> NamespaceRecord? {
        if Int.random(in: 0..<4, using: &random) == 0 { return nil }
        var record = NamespaceRecord()
        switch Int.random(in: 0..<8, using: &random) {
        case 0: record.shadowed = ["p"]
        case 1: record.protectedFrom = ["p"]
        case 2: record.governor = "other"
        default: record.governor = "p"
        }
        for control in [ControlName.networkPolicy, .podSecurity, .limitRange] where record.governor != nil {
            let severities = (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in
                Severity.allCases.randomElement(using: &random)
            }
            record.verdicts.append(
                Verdict(
                    control: control,
                    mode: .enforce,
                    findings: severities.map {
                        Finding(namespace: name, control: control, severity: $0, reason: .limitMissing, message: "m")
                    },
                    doubt: Bool.random(using: &random) ? "d" : nil,
                    exemption: Int.random(in: 0..<5, using: &random) == 0 ? "e" : nil
                )
            )
        }
        return record
    }

    @Test("Figures say the same as the status, whatever comes and goes", arguments: seeds)
    func agreement(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var ledger = ComplianceLedger()
        for _ in 0..<60 {
            let name = "n\(Int.random(in: 0..<8, using: &random))"
            _ = ledger.record(record(name, &random), for: name)
        }
        let report = try report(ledger)
        let figures = report.figures
        let status = report.status(after: nil, at: Timestamp(secondsSinceEpoch: 1))
        #expect(figures.findings.values.flatMap(\.values).reduce(0, +) == status.findingsTotal, "seed \(seed)")
        #expect(figures.namespaces[.compliant] == status.namespaces.compliant)
        #expect(figures.namespaces[.nonCompliant] == status.namespaces.nonCompliant)
        #expect(figures.namespaces[.unverified] == status.namespaces.unverified)
        #expect(figures.namespaces[.exempt] == status.namespaces.exempt)
        #expect(figures.namespaces[.shadowed] == status.namespaces.shadowed)
        #expect(figures.namespaces[.protected] == status.namespaces.protected)
        let governed = [ProfileFigures.Standing.compliant, .nonCompliant, .unverified, .exempt]
        #expect(governed.compactMap { figures.namespaces[$0] }.reduce(0, +) == status.namespaces.selected)
        for control in status.controls {
            let judged = control.compliant + control.nonCompliant + control.unverified
            let ratio = judged == 0 ? nil : Double(control.compliant) / Double(judged)
            #expect(figures.compliance[control.name] == ratio, "seed \(seed)")
        }
        for (control, bySeverity) in figures.findings {
            for (severity, count) in bySeverity {
                let listed = ledger.totals(of: "p").findings.values.joined()
                    .filter { $0.control == control && $0.severity == severity }
                #expect(count == listed.count, "seed \(seed): \(control) \(severity)")
            }
        }
    }

    @Test("Each control has all severities, and one that was judged nowhere has no ratio")
    func nothing() throws {
        let figures = try report(ComplianceLedger()).figures
        #expect(figures.compliance == [:])
        #expect(Set(figures.findings.keys) == [.networkPolicy, .podSecurity, .limitRange])
        for counts in figures.findings.values {
            #expect(counts == Dictionary(uniqueKeysWithValues: Severity.allCases.map { ($0, 0) }))
        }
        #expect(figures.namespaces.count == ProfileFigures.Standing.allCases.count)
    }

    @Test("What is found of the cluster itself counts, too")
    func ofCluster() throws {
        let report = try report(ComplianceLedger(), "workloads: {}")
        let found = report.status(after: nil, at: Timestamp(secondsSinceEpoch: 1)).findings
        #expect(!found.isEmpty)
        for severity in Severity.allCases {
            #expect(report.figures.findings[.workloads]?[severity] == found.filter { $0.severity == severity }.count)
        }
    }
}
