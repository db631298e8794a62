import Hardening
import TestSupport
import Testing

@Suite struct ComplianceLedgerTests {
    private static func finding(_ namespace: String, _ severity: Severity = .high, _ message: String = "m") -> Finding {
        Finding(
            namespace: namespace,
            control: .networkPolicy,
            severity: severity,
            reason: .defaultDenyMissing,
            message: message
        )
    }

    private static func verdict(_ namespace: String, _ control: ControlName, _ severities: Severity...) -> Verdict {
        Verdict(control: control, mode: .enforce, findings: severities.map { finding(namespace, $0) })
    }

    @Test("A namespace counts for its governor by control, and for the others as shadowed or protected")
    func counts() {
        var ledger = ComplianceLedger()
        let affected = ledger.record(
            NamespaceRecord(
                governor: "a",
                verdicts: [Self.verdict("n", .networkPolicy, .high, .info), Self.verdict("n", .podSecurity, .info)],
                failure: "f",
                shadowed: ["b"],
                traces: ["a", "c"]
            ),
            for: "n"
        )
        #expect(affected == ["a", "b", "c"])
        let totals = ledger.totals(of: "a")
        #expect(
            totals.namespaces.selected == 1 && totals.namespaces.compliant == 0 && totals.namespaces.nonCompliant == 1
        )
        #expect(totals.controls[.networkPolicy]?.nonCompliant == 1 && totals.controls[.networkPolicy]?.compliant == 0)
        #expect(totals.controls[.podSecurity]?.compliant == 1)
        #expect(
            totals.findingsBySeverity == [.networkPolicy: [.high: 1, .info: 1], .podSecurity: [.info: 1]],
            "by the control that found them"
        )
        #expect(totals.findingsTotal == 3 && totals.failures == ["n": "f"] && totals.traces == ["n"])
        #expect(ledger.totals(of: "b").namespaces.shadowed == 1)
        #expect(ledger.totals(of: "b").failures == [:])
        // What stands in the way of giving back concerns whoever's traces are left.
        #expect(ledger.totals(of: "c").failures == ["n": "f"] && ledger.totals(of: "c").traces == ["n"])
        #expect(ledger.record(NamespaceRecord(protectedFrom: ["b"]), for: "p") == ["b"])
        #expect(ledger.totals(of: "b").namespaces.protected == 1)
    }

    @Test("A protected namespace is never called compliant, and what is found in it counts for who would govern it")
    func protected() {
        var ledger = ComplianceLedger()
        func record(_ severities: Severity...) -> NamespaceRecord {
            let findings = severities.map { Self.finding("kube-system", $0) }
            let verdict = Verdict(control: .workloads, mode: .audit, findings: findings)
            return NamespaceRecord(verdicts: [verdict], protectedFrom: ["b", "a"])
        }
        _ = ledger.record(record(.high), for: "kube-system")
        let totals = ledger.totals(of: "b")
        #expect(totals.namespaces.protected == 1 && totals.namespaces.selected == 0)
        #expect(totals.namespaces.compliant == 0 && totals.namespaces.nonCompliant == 0)
        #expect(totals.controls[.workloads]?.nonCompliant == 1 && totals.findingsTotal == 1)
        #expect(ledger.totals(of: "a").namespaces.protected == 1 && ledger.totals(of: "a").findingsTotal == 0)
        _ = ledger.record(record(), for: "kube-system")
        let after = ledger.totals(of: "b").controls[.workloads]
        #expect(after?.nonCompliant == 0 && after?.compliant == 0 && ledger.totals(of: "b").findings.isEmpty)
    }

    @Test("The same again changes nothing, and says so")
    func unchanged() {
        var ledger = ComplianceLedger()
        let record = NamespaceRecord(governor: "a", verdicts: [Self.verdict("n", .limitRange)], shadowed: ["b"])
        #expect(ledger.record(record, for: "n") == ["a", "b"])
        #expect(ledger.record(record, for: "n") == [])
        var other = record
        other.verdicts = [Self.verdict("n", .limitRange, .low)]
        #expect(ledger.record(other, for: "n") == ["a"])
        #expect(ledger.record(nil, for: "never seen") == [])
    }

    @Test("A namespace that is gone counts no more")
    func gone() {
        var ledger = ComplianceLedger()
        let record = NamespaceRecord(governor: "a", verdicts: [Self.verdict("n", .limitRange, .high)], traces: ["a"])
        _ = ledger.record(record, for: "n")
        #expect(ledger.record(nil, for: "n") == ["a"])
        let totals = ledger.totals(of: "a")
        #expect(
            totals.namespaces == .init() && totals.findingsTotal == 0 && totals.findings.isEmpty && totals.traces == []
        )
    }

    @Test("The first findings are the most severe of all, then in order of names, however many are asked for")
    func firstFindings() {
        var ledger = ComplianceLedger()
        var all: [Finding] = []
        for index in 0..<40 {
            let namespace = "n\(index)"
            let verdict = Verdict(
                control: .networkPolicy,
                mode: .audit,
                findings: Severity.allCases.enumerated().compactMap {
                    (index + $0.offset) % 3 == 0 ? Self.finding(namespace, $0.element) : nil
                }
            )
            all += verdict.findings
            _ = ledger.record(NamespaceRecord(governor: "a", verdicts: [verdict]), for: namespace)
        }
        for limit in [0, 1, 5, 50, all.count, all.count + 1] {
            #expect(ledger.totals(of: "a").firstFindings(limit) == Array(all.sorted().prefix(limit)))
        }
    }

    @Test("Adding and subtracting counts what counting anew does")
    func agreesWithRecount() {
        var random = SeededGenerator()
        let profiles = ["a", "b", "c", "d"]
        func some(_ odds: Int) -> [String] { profiles.filter { _ in Int.random(in: 0..<odds, using: &random) == 0 } }
        for _ in 0..<20 {
            var ledger = ComplianceLedger()
            var records: [String: NamespaceRecord] = [:]
            for _ in 0..<150 {
                let namespace = "n\(Int.random(in: 0..<8, using: &random))"
                var record: NamespaceRecord?
                if Int.random(in: 0..<5, using: &random) > 0 {
                    let verdicts = ControlName.allCases.filter { _ in Bool.random(using: &random) }.map { control in
                        Verdict(
                            control: control,
                            mode: .enforce,
                            findings: (0..<Int.random(in: 0...2, using: &random)).map { index in
                                Self.finding(
                                    namespace,
                                    Severity.allCases.randomElement(using: &random) ?? .low,
                                    "\(index)"
                                )
                            }
                        )
                    }
                    record = NamespaceRecord(
                        governor: profiles.randomElement(using: &random).flatMap {
                            Bool.random(using: &random) ? $0 : nil
                        },
                        verdicts: verdicts,
                        failure: Bool.random(using: &random) ? "f\(Int.random(in: 0..<2, using: &random))" : nil,
                        shadowed: some(3),
                        protectedFrom: some(5),
                        traces: Set(some(3))
                    )
                }
                let before = profiles.map { Recount(of: $0, records) }
                records[namespace] = record
                let affected = ledger.record(record, for: namespace)
                for (index, profile) in profiles.enumerated() {
                    let expected = Recount(of: profile, records)
                    #expect(Recount(ledger.totals(of: profile)) == expected, "seed \(random.seed): \(profile)")
                    #expect(expected == before[index] || affected.contains(profile), "seed \(random.seed): \(profile)")
                }
            }
        }
    }
}

/// A profile's totals, counted from nothing.
private struct Recount: Equatable {
    var namespaces = ProfileStatus.Namespaces()
    var controls: [ControlName: [Int]] = [:]
    var findings: [Finding] = []
    var findingsTotal = 0
    var failures: [String: String] = [:]
    var traces: Set<String> = []

    init(_ totals: ComplianceLedger.Totals) {
        namespaces = totals.namespaces
        // A control of which nothing is left counts as one that never was.
        controls = totals.controls.mapValues { [$0.compliant, $0.nonCompliant] }.filter { $0.value != [0, 0] }
        findings = totals.findings.values.flatMap { $0 }.sorted()
        findingsTotal = totals.findingsTotal
        failures = totals.failures
        traces = totals.traces
    }

    init(of profile: String, _ records: [String: NamespaceRecord]) {
        for (namespace, record) in records {
            if record.shadowed.contains(profile) { namespaces.shadowed += 1 }
            if record.protectedFrom.contains(profile) { namespaces.protected += 1 }
            if record.traces.contains(profile) { traces.insert(namespace) }
            if record.governor == profile || record.traces.contains(profile) { failures[namespace] = record.failure }
            if record.governor == nil, record.protectedFrom.first == profile {
                for verdict in record.verdicts {
                    if verdict.standing == .nonCompliant { controls[verdict.control, default: [0, 0]][1] += 1 }
                    findings += verdict.findings
                }
            }
            guard record.governor == profile else { continue }
            namespaces.selected += 1
            var isCompliant = true
            for verdict in record.verdicts {
                let isBad = verdict.findings.contains { $0.severity != .info }
                controls[verdict.control, default: [0, 0]][isBad ? 1 : 0] += 1
                isCompliant = isCompliant && !isBad
                findings += verdict.findings
            }
            if isCompliant { namespaces.compliant += 1 } else { namespaces.nonCompliant += 1 }
        }
        findings.sort()
        findingsTotal = findings.count
    }
}
