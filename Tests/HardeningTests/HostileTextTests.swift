import Foundation
import KubernetesAPI
import TestSupport
import Testing

@testable import Hardening

@Suite("Whatever is written into a cluster") struct HostileTextTests {
    @Test("a finding says it in printable text of bounded length", arguments: seeds)
    func finding(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            let finding = Self.finding(&generator)
            #expect(HostileText.hidden(in: finding.message) == [], "seed \(seed)")
            #expect(finding.message.unicodeScalars.count <= Finding.messageLimit, "seed \(seed)")
            #expect(HostileText.hidden(in: finding.workload ?? "") == [], "seed \(seed)")
            #expect((finding.workload ?? "").unicodeScalars.count <= Finding.workloadLimit, "seed \(seed)")
        }
    }

    private static func finding(_ generator: inout SeededGenerator) -> Finding {
        Finding(
            namespace: "shop",
            control: .workloads,
            workload: HostileText.random(using: &generator),
            severity: .high,
            reason: .checkFailed,
            message: HostileText.random(using: &generator)
        )
    }

    @Test("a status says it in printable text, and in no more than an object may have", arguments: seeds)
    func status(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func text() -> String { HostileText.random(using: &generator) }
        let problems = (0..<8).map { _ in FieldError(text(), value: text(), expected: text()) }
        for compiled in [.success(try compiled("workloads: {}")), .failure(InvalidProfile(problems: problems))]
            as [Result<CompiledProfile, InvalidProfile>]
        {
            for blind in [false, true] {
                var ledger = ComplianceLedger()
                let verdict = Verdict(
                    control: .workloads,
                    mode: .audit,
                    findings: (0..<60).map { _ in Self.finding(&generator) }
                )
                let record = NamespaceRecord(governor: "p", verdicts: [verdict], failure: text(), traces: ["p"])
                _ = ledger.record(record, for: "shop")
                var cluster = ClusterFacts.usual
                cluster.podSecurityAdmission = .notObserved(text())
                let report = StatusReport(
                    generation: 1,
                    compiled: compiled,
                    isBeingDeleted: false,
                    totals: ledger.totals(of: "p"),
                    pending: 0,
                    unobserved: blind ? [text(), text()] : [],
                    cluster: cluster,
                    evidenceMissing: [text(): text()],
                    obstacle: text()
                )
                let document = report.status(after: nil, at: Timestamp(secondsSinceEpoch: 0)).document
                for text in document.strings {
                    #expect(HostileText.hidden(in: text) == [], "seed \(seed)")
                    #expect(text.unicodeScalars.count <= 1_024, "seed \(seed)")
                }
                #expect(try JSONEncoder().encode(document).count < 500_000, "seed \(seed)")
            }
        }
    }
}

extension JSONValue {
    /// Every string in it, keys among them.
    fileprivate var strings: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(\.strings)
        case .object(let members): members.keys + members.values.flatMap(\.strings)
        default: []
        }
    }
}
