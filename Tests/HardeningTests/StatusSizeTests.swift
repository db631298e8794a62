import Foundation
import Hardening
import KubernetesAPI
import TestSupport
import Testing

@Suite struct StatusSizeTests {
    @Test("R7: With 2,000 namespaces of 20 findings each, the longest there can be, a status stays under 64 KB")
    func size() throws {
        var ledger = ComplianceLedger()
        let profile = try compiled("networkPolicy: {}, podSecurity: {}, serviceAccountToken: {}, workloads: {}")
        let longest = (0..<20).map { number in
            Finding(
                namespace: "",
                control: .workloads,
                check: "host-probes-and-host-lifecycle",
                workload: "ReplicationController/" + String(repeating: "w", count: 250) + "\(number)",
                severity: .high,
                reason: .checkFailed,
                // Of the longest scalars, in JSON.
                message: String(repeating: "\u{1F512}", count: 600)
            )
        }
        for index in 0..<2000 {
            let name = String(repeating: "n", count: 58) + "\(10_000 + index)"
            let findings = longest.map { finding in
                var finding = finding
                finding.namespace = name
                return finding
            }
            let verdict = Verdict(control: .workloads, mode: .audit, findings: findings)
            _ = ledger.record(NamespaceRecord(governor: profile.name, verdicts: [verdict]), for: name)
        }
        let report = StatusReport(
            generation: 1,
            compiled: .success(profile),
            isBeingDeleted: false,
            totals: ledger.totals(of: profile.name),
            pending: 0,
            cluster: .unproven
        )
        let now = Timestamp(secondsSinceEpoch: 0)
        let status = report.status(after: nil, at: now)
        #expect(status.findingsTotal >= 40_000)
        #expect(!status.findings.isEmpty)
        #expect(try JSONEncoder().encode(status.document).count < 64 * 1024)
        // The list is the same each time, whatever the order in which it was found out.
        #expect(report.status(after: status, at: Timestamp(secondsSinceEpoch: 9)) == status)
    }
}
