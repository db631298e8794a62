import Hardening
import KubernetesAPI
import TestSupport
import Testing

@Suite struct StatusReportTests {
    private static let now = Timestamp(secondsSinceEpoch: 1000)
    private static let later = Timestamp(secondsSinceEpoch: 2000)
    private static let controls = "networkPolicy: {}, podSecurity: {mode: Audit}"

    private func invalid() throws -> Result<CompiledProfile, InvalidProfile> {
        let profile = try profile("priority: -1\nnamespaceSelector: {}\ncontrols: {podSecurity: {}}")
        return Result { () throws(InvalidProfile) in try CompiledProfile(profile) }
    }

    private func report(
        _ profile: CompiledProfile? = nil,
        totals: ComplianceLedger.Totals = .init(),
        pending: Int = 0,
        deleting: Bool = false
    ) throws -> StatusReport {
        StatusReport(
            generation: 3,
            compiled: .success(try profile ?? compiled(Self.controls)),
            isBeingDeleted: deleting,
            totals: totals,
            pending: pending,
            cluster: .usual
        )
    }

    /// Totals of namespaces of which each has these severities found, by control.
    private func totals(_ namespaces: [[ControlName: [Severity]]], failure: String? = nil) -> ComplianceLedger.Totals {
        var ledger = ComplianceLedger()
        for (index, controls) in namespaces.enumerated() {
            let name = "n\(index)"
            let verdicts = controls.map { control, severities in
                Verdict(
                    control: control,
                    mode: .enforce,
                    findings: severities.map {
                        Finding(namespace: name, control: control, severity: $0, reason: .limitMissing, message: "m")
                    }
                )
            }
            let record = NamespaceRecord(governor: "p", verdicts: verdicts, failure: failure, traces: ["p"])
            _ = ledger.record(record, for: name)
        }
        return ledger.totals(of: "p")
    }

    private func condition(_ report: StatusReport, _ type: Condition.ConditionType) throws -> (String, String, String) {
        let condition = try #require(report.status(after: nil, at: Self.now).condition(type))
        return (condition.status.rawValue, condition.reason, condition.message)
    }

    // MARK: Since when it writes

    @Test("Since when a profile has been writing is told whatever the status before said")
    func writingSince() throws {
        let writing = try compiled(Self.controls).writing(since: Self.now)
        let first = try report(writing).status(after: nil, at: Self.later)
        #expect(first.condition(.enforcing)?.status == .true)
        #expect(first.condition(.enforcing)?.lastTransitionTime == Self.now)
        let audit = try report(compiled(Self.controls, mode: "Audit")).status(after: first, at: Self.later)
        #expect(audit.condition(.enforcing)?.status == .false && audit.condition(.enforcing)?.reason == "Audit")
        #expect(audit.condition(.enforcing)?.lastTransitionTime == Self.later)
        #expect(try condition(report(compiled(Self.controls, suspend: true)), .enforcing).1 == "Suspended")
        #expect(try condition(report(writing, deleting: true), .enforcing).1 == "Releasing")
    }

    @Test("What is found in a protected namespace keeps a profile from being called compliant")
    func systemNamespaceUsed() throws {
        var ledger = ComplianceLedger()
        let finding = Finding(
            namespace: "kube-system",
            control: .workloads,
            severity: .medium,
            reason: .checkFailed,
            message: "it is in kube-system"
        )
        _ = ledger.record(
            NamespaceRecord(governor: "p", verdicts: [.init(control: .workloads, mode: .audit, findings: [])]),
            for: "a"
        )
        let verdict = Verdict(control: .workloads, mode: .audit, findings: [finding])
        _ = ledger.record(NamespaceRecord(verdicts: [verdict], protectedFrom: ["p"]), for: "kube-system")
        let compliant = try condition(report(totals: ledger.totals(of: "p")), .compliant)
        #expect(compliant.0 == "False" && compliant.1 == "SystemNamespaceUsed" && compliant.2.contains("kube-system"))
    }

    // MARK: Counts and findings

    @Test("At most 50 findings are listed, the most severe first and then by name, and all are counted")
    func findings() throws {
        let totals = totals((0..<40).map { [.networkPolicy: [.low, $0 % 2 == 0 ? .high : .info]] })
        let status = try report(totals: totals).status(after: nil, at: Self.now)
        #expect(status.findings.count == 50 && status.findingsTotal == 80)
        #expect(status.findings == status.findings.sorted())
        #expect(status.findings.prefix(20).allSatisfy { $0.severity == .high })
        #expect(status.findings.dropFirst(20).allSatisfy { $0.severity == .low })
    }

    @Test(
        "The share of compliant pairs is rounded down, so that 100 means all",
        arguments: [(1, 1, 100), (2, 3, 66), (199, 200, 99), (0, 1, 0), (0, 0, nil)] as [(Int, Int, Int?)]
    )
    func percent(_ good: Int, _ all: Int, _ percent: Int?) throws {
        let namespaces = (0..<all).map { [ControlName.networkPolicy: $0 < good ? [] : [Severity.high]] }
        let status = try report(totals: totals(namespaces)).status(after: nil, at: Self.now)
        #expect(status.compliancePercent == percent)
        #expect(status.namespaces.compliant == good && status.namespaces.selected == all)
    }

    @Test("Every control that is on is listed with the mode that holds, also before anything is judged")
    func controls() throws {
        let status = try report(totals: totals([[.networkPolicy: [.high]], [.networkPolicy: []]]))
            .status(after: nil, at: Self.now)
        #expect(status.controls.map(\.name) == [.networkPolicy, .podSecurity])
        #expect(status.controls.map(\.mode) == [.enforce, .audit])
        #expect(status.controls.map(\.compliant) == [1, 0] && status.controls.map(\.nonCompliant) == [1, 0])
    }

    // MARK: Conditions

    @Test("A spec that is understood is accepted; one that is not names field and value, and nothing is claimed")
    func accepted() throws {
        #expect(try condition(report(), .accepted).0 == "True")
        let report = StatusReport(
            generation: 3,
            compiled: try invalid(),
            isBeingDeleted: false,
            totals: totals([[.networkPolicy: []]]),
            pending: 0,
            cluster: .usual
        )
        let (status, reason, message) = try condition(report, .accepted)
        #expect(status == "False" && reason == "InvalidSpec")
        #expect(message.contains("spec.priority") && message.contains("\"-1\""))
        #expect(try condition(report, .ready).0 == "False" && condition(report, .ready).1 == "InvalidSpec")
        #expect(try condition(report, .compliant).0 == "Unknown" && condition(report, .compliant).1 == "InvalidSpec")
    }

    @Test(
        "Ready says how far the namespaces are, and why not further",
        arguments: [
            ("Enforce", false, 0, nil, false, "True", "Reconciled"),
            ("Audit", false, 0, nil, false, "True", "Audited"),
            ("Enforce", true, 0, nil, false, "True", "Suspended"),
            ("Enforce", false, 2, nil, false, "False", "Reconciling"),
            ("Enforce", false, 0, "refused", false, "False", "WritesFailing"),
            ("Enforce", true, 0, "refused", false, "False", "WritesFailing"),
            ("Enforce", false, 0, nil, true, "False", "Releasing"),
            ("Audit", false, 3, nil, true, "False", "Releasing"),
            ("Disabled", false, 0, nil, false, "False", "Releasing"),
            ("Disabled", true, 0, nil, false, "False", "Suspended"),
        ] as [(String, Bool, Int, String?, Bool, String, String)]
    )
    func ready(
        _ mode: String,
        _ suspend: Bool,
        _ pending: Int,
        _ failure: String?,
        _ deleting: Bool,
        _ status: String,
        _ reason: String
    ) throws {
        let profile = try compiled(Self.controls, mode: mode, suspend: suspend)
        let totals = totals([[.networkPolicy: []]], failure: failure)
        let report = try report(profile, totals: totals, pending: pending, deleting: deleting)
        let ready = try condition(report, .ready)
        #expect(ready.0 == status && ready.1 == reason)
        #expect(failure == nil || ready.2.contains("n0: refused"))
    }

    @Test("A disabled profile is done when nothing of it is left, and that is known only when all was looked at")
    func disabled() throws {
        let profile = try compiled(Self.controls, mode: "Disabled")
        #expect(try condition(report(profile), .ready) == ("True", "Disabled", condition(report(profile), .ready).2))
        #expect(try condition(report(profile, pending: 1), .ready).1 == "Reconciling")
        #expect(try condition(report(profile), .compliant).1 == "NotJudged")
    }

    @Test("Compliant says what was judged, and nothing of what was not")
    func compliant() throws {
        func compliant(_ totals: ComplianceLedger.Totals, pending: Int = 0, deleting: Bool = false) throws -> [String] {
            let condition = try condition(report(totals: totals, pending: pending, deleting: deleting), .compliant)
            return [condition.0, condition.1]
        }
        let good: [ControlName: [Severity]] = [.networkPolicy: [.info]]
        let bad: [ControlName: [Severity]] = [.networkPolicy: [.low]]
        #expect(try compliant(totals([good])) == ["True", "Compliant"])
        #expect(try compliant(totals([good, bad])) == ["False", "NonCompliant"])
        #expect(try compliant(.init()) == ["Unknown", "NothingSelected"])
        #expect(try compliant(totals([good]), deleting: true) == ["Unknown", "NotJudged"])
        // What was not looked at yet may be anything.
        #expect(try compliant(totals([good]), pending: 1) == ["Unknown", "Reconciling"])
        #expect(try compliant(.init(), pending: 1) == ["Unknown", "Reconciling"])
        #expect(try compliant(totals([good, bad]), pending: 1) == ["False", "NonCompliant"])
    }

    @Test("While a control was judged nowhere yet, there is no share of what is compliant")
    func unjudgedControl() throws {
        let some = totals([[.networkPolicy: []]])
        #expect(try report(totals: some, pending: 1).status(after: nil, at: Self.now).compliancePercent == nil)
        #expect(try report(totals: some).status(after: nil, at: Self.now).compliancePercent == 100)
    }

    @Test(
        "A finalizer that is refused stands in the way of enforcing, one that stays does not, and either is said",
        arguments: [
            ("Release", "what cannot be given back is not enforced: 403"),
            ("Retain", "a finalizer that is needed no more cannot be taken off: 403"),
        ]
    )
    func finalizerRefused(_ deletionPolicy: String, _ said: String) throws {
        let spec = "namespaceSelector: {}\ndeletionPolicy: \(deletionPolicy)\ncontrols: {\(Self.controls)}"
        var report = try report(CompiledProfile(profile(spec)), totals: totals([[.networkPolicy: []]]))
        report.obstacle = "403"
        let (status, reason, message) = try condition(report, .ready)
        #expect(status == "False" && reason == "FinalizerRefused" && message == said)
    }

    @Test("What cannot be watched is not claimed to be ready or compliant")
    func unobserved() throws {
        var report = try report(totals: totals([[.networkPolicy: []]]))
        report.unobserved = ["networkpolicies.networking.k8s.io (403)"]
        for type in [Condition.ConditionType.ready, .compliant] {
            let (status, reason, message) = try condition(report, type)
            #expect(status == (type == .ready ? "False" : "Unknown") && reason == "WatchFailing")
            #expect(message.contains("networkpolicies.networking.k8s.io (403)"))
        }
    }

    @Test(
        "What cannot be watched of what only some things depend on leaves in doubt whether it is ready",
        arguments: ["Enforce", "Audit"]
    )
    func evidenceUnobserved(_ mode: String) throws {
        var report = try report(compiled(Self.controls, mode: mode), totals: totals([[.networkPolicy: []]]))
        #expect(try condition(report, .ready).0 == "True")
        report.unobservedEvidence = ["pods (no answer)"]
        let (status, reason, message) = try condition(report, .ready)
        #expect(status == "Unknown" && reason == "WatchFailing" && message.contains("pods (no answer)"))
        // Who reads one reason should read that which says the most.
        report.unobserved = ["namespaces (403)"]
        #expect(try condition(report, .ready).0 == "False")
    }

    @Test("What a status last said stays when nothing is known any more, but for being ready and compliant")
    func disclaimed() throws {
        var report = try report(totals: totals([[.networkPolicy: []], [.networkPolicy: [.high]]]))
        let known = report.status(after: nil, at: Self.now)
        report.totals = .init()
        report.unobserved = ["namespaces (403)"]
        let status = known.disclaimed(as: report.status(after: known, at: Self.later))
        #expect(status.condition(.ready)?.reason == "WatchFailing")
        #expect(status.condition(.compliant)?.status == .unknown)
        #expect(status.conditions.map(\.type) == known.conditions.map(\.type))
        var rest = status
        rest.conditions = known.conditions
        #expect(rest == known)
    }

    @Test("A profile whose controls are all disabled judges nothing, and says so")
    func nothingJudged() throws {
        let report = try report(totals: totals([[:]]))
        #expect(try condition(report, .compliant).1 == "NothingJudged")
    }

    @Test("What is not compliant is counted, and its worst finding named")
    func worst() throws {
        let report = try report(
            totals: totals([[.networkPolicy: []], [.networkPolicy: [.low]], [.networkPolicy: [.high]]])
        )
        #expect(try condition(report, .compliant).2 == "2 of 3 namespaces not compliant; first: n2: m")
    }

    @Test("Namespaces that are shadowed or protected explain why nothing is selected")
    func nothingSelected() throws {
        var totals = ComplianceLedger.Totals()
        totals.namespaces.shadowed = 2
        totals.namespaces.protected = 1
        let message = try condition(report(totals: totals), .compliant).2
        #expect(message.contains("3 that match are shadowed or protected"))
    }

    @Test("A message is cut to 1024 Unicode scalars")
    func bound() throws {
        let totals = totals([[.networkPolicy: []]], failure: "e" + String(repeating: "\u{301}", count: 50_000))
        #expect(try condition(report(totals: totals), .ready).2.unicodeScalars.count == 1024)
    }

    // MARK: Stability

    @Test("O8: A condition's time changes when its status does, and only then")
    func transitions() throws {
        let first = try report(pending: 1).status(after: nil, at: Self.now)
        #expect(first.conditions.allSatisfy { $0.lastTransitionTime == Self.now && $0.observedGeneration == 3 })
        // Ready: another reason, the same status.
        let failing = try report(totals: totals([[.networkPolicy: []]], failure: "f")).status(
            after: first,
            at: Self.later
        )
        #expect(failing.condition(.ready)?.reason == "WritesFailing")
        #expect(failing.condition(.ready)?.lastTransitionTime == Self.now)
        let good = try report(totals: totals([[.networkPolicy: []]])).status(after: failing, at: Self.later)
        #expect(good.condition(.ready)?.lastTransitionTime == Self.later)
        #expect(good.condition(.accepted)?.lastTransitionTime == Self.now)
    }

    @Test("O8: The same knowledge makes the same status, whenever and in whatever order it came")
    func stable() throws {
        var random = SeededGenerator()
        let namespaces = (0..<30).map { _ in
            [ControlName.networkPolicy: Severity.allCases.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }]
        }
        let records = namespaces.enumerated().map { index, controls in
            ("n\(index)", totals([controls]).firstFindings(.max))
        }
        func status(_ records: [(String, [Finding])], _ time: Timestamp, after: ProfileStatus?) throws -> ProfileStatus
        {
            var ledger = ComplianceLedger()
            for (name, findings) in records {
                let verdict = Verdict(control: .networkPolicy, mode: .enforce, findings: findings)
                _ = ledger.record(NamespaceRecord(governor: "p", verdicts: [verdict], failure: name), for: name)
            }
            return try report(totals: ledger.totals(of: "p")).status(after: after, at: time)
        }
        let first = try status(records, Self.now, after: nil)
        #expect(try status(records.shuffled(using: &random), Self.later, after: first) == first, "seed \(random.seed)")
    }

    @Test("A status is read back as it was written")
    func roundTrip() throws {
        for totals in [ComplianceLedger.Totals(), totals([[.networkPolicy: [.high, .info]], [.podSecurity: []]])] {
            let status = try report(totals: totals).status(after: nil, at: Self.now)
            #expect(try read(ProfileStatus.self, status.document) == status)
        }
    }

    @Test("Conditions and controls that others added are passed over, so that they cause no writes")
    func foreign() throws {
        let status = try report(totals: totals([[.networkPolicy: []]])).status(after: nil, at: Self.now)
        var document = status.document
        guard case .array(let conditions) = document["conditions"], case .array(let controls) = document["controls"]
        else {
            Issue.record("\(document)")
            return
        }
        document["conditions"] = .array([["type": "example.com/Reviewed", "status": "True"]] + conditions)
        document["controls"] = .array(controls + [["name": "seccomp", "compliant": 1]])
        #expect(try read(ProfileStatus.self, document) == status)
    }

    @Test("Lists that the server left out are empty")
    func absent() throws {
        let status = try read(ProfileStatus.self, "{}")
        #expect(status.conditions.isEmpty && status.findings.isEmpty && status.controls.isEmpty)
        #expect(status.compliancePercent == nil && status.condition(.ready) == nil)
    }
}
