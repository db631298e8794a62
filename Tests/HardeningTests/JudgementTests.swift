import Hardening
import KubernetesAPI
import TestSupport
import Testing

@Suite struct JudgementTests {
    private static let full = """
        networkPolicy: {}, podSecurity: {enforce: restricted}, serviceAccountToken: {scope: All},
        limitRange: {limits: [{type: Container, default: {memory: 256Mi}}]}
        """

    private func room() -> Room {
        var room = Room(labels: ["pod-security.kubernetes.io/enforce": "baseline", "team": "a"])
        room.add(account: "default")
        room.add(account: "builder", automount: true)
        return room
    }

    // MARK: Modes

    @Test("Enforce writes all four controls, and last to the namespace what is remembered of them")
    func enforce() throws {
        let profile = try compiled(Self.full)
        var room = room()
        let plan = profile.plan(room.view)
        #expect(
            plan.summary == [
                "apply ServiceAccount team-a/default",
                "apply NetworkPolicy team-a/hardening-default-allow",
                "apply NetworkPolicy team-a/hardening-default-deny",
                "apply LimitRange team-a/hardening-limits", "apply Namespace team-a",
            ]
        )
        try room.carryOut(plan)
        #expect(profile.reasons(room) == [.tokenExplicitlyMounted])
        #expect(room.view.traces == ["restricted"])
    }

    @Test(
        "Audit and suspend write nothing, and find what Enforce finds",
        arguments: [("Audit", false), ("Enforce", true)]
    )
    func silent(_ mode: String, _ suspend: Bool) throws {
        let silent = try compiled(Self.full, mode: mode, suspend: suspend)
        let enforcing = try compiled(Self.full)
        var room = room()
        #expect(silent.plan(room.view).isEmpty)
        #expect(silent.findings(room) == enforcing.findings(room))
        #expect(silent.assess(room.view).map(\.control) == enforcing.assess(room.view).map(\.control))
        // Nor what is left to repair of its own.
        try room.carryOut(enforcing.plan(room.view))
        room.policies = [:]
        room.label("pod-security.kubernetes.io/enforce", "privileged")
        #expect(silent.plan(room.view, releasing: ["restricted"]).isEmpty)
        #expect(silent.findings(room) == enforcing.findings(room))
        #expect(silent.reasons(room).contains(.defaultDenyMissing))
    }

    @Test("A verdict says what its control does")
    func verdictMode() throws {
        let profile = try compiled("networkPolicy: {mode: Audit}, podSecurity: {}")
        #expect(profile.assess(room().view).map(\.mode) == [.audit, .enforce])
    }

    @Test(
        "A control that is disabled or absent gives back what it had written, and the others stay",
        arguments: [
            "networkPolicy: {}", "podSecurity: {enforce: restricted}", "serviceAccountToken: {scope: All}",
            "limitRange: {limits: [{type: Container, default: {memory: 256Mi}}]}",
        ]
    )
    func only(_ control: String) throws {
        var all = room()
        try all.carryOut(compiled(Self.full).plan(all.view))
        var fresh = room()
        for profile in [try compiled(control), try compiled(control + ", " + Self.disabled(besides: control))] {
            var changed = all
            try changed.carryOut(profile.plan(changed.view))
            fresh = room()
            try fresh.carryOut(profile.plan(fresh.view))
            #expect(changed.state.differences(from: fresh.state) == [])
            #expect(profile.plan(changed.view).isEmpty)
        }
    }

    private static func disabled(besides control: String) -> String {
        [
            "networkPolicy: {mode: Disabled}", "podSecurity: {mode: Disabled}", "serviceAccountToken: {mode: Disabled}",
            "limitRange: {mode: Disabled, limits: [{type: Container, default: {memory: 256Mi}}]}",
        ].filter { $0.prefix(5) != control.prefix(5) }.joined(separator: ", ")
    }

    @Test("A control that turns to Audit leaves what it had written, and repairs it no more")
    func auditedControl() throws {
        var room = room()
        try room.carryOut(compiled(Self.full).plan(room.view))
        let auditing = try compiled(
            """
            networkPolicy: {mode: Audit}, podSecurity: {mode: Audit, enforce: restricted},
            serviceAccountToken: {mode: Audit, scope: All},
            limitRange: {mode: Audit, limits: [{type: Container, default: {memory: 256Mi}}]}
            """
        )
        #expect(auditing.plan(room.view).isEmpty)
        room.policies = [:]
        room.ranges = [:]
        room.set("default", automount: nil)
        room.label("pod-security.kubernetes.io/audit", "privileged")
        let before = room.state
        try room.carryOut(auditing.plan(room.view))
        #expect(room.state.policies == before.policies && room.state.ranges == before.ranges)
        #expect(room.state.accounts == before.accounts && room.state.labels == before.labels)
        #expect(auditing.plan(room.view).isEmpty)
        #expect(Set(auditing.reasons(room)).isSuperset(of: [.defaultDenyMissing, .limitMissing, .tokenAutomounted]))
    }

    // MARK: Protected namespaces

    @Test("In a protected namespace nothing is asked but that only the system's own runs there, and nothing is written")
    func protected() throws {
        var view = Room().view
        view.namespace.name = "kube-system"
        let bad = "{hostNetwork: true, containers: [{name: c, image: nginx, securityContext: {privileged: true}}]}"
        view.workloads = WorkloadGroup.groups([
            try Make.deployment("web", bad), try Make.deployment("coredns", bad),
        ])
        func judge(_ controls: String) throws -> Judgement {
            let decision = governance(try compiled(controls)).decide(view.namespace, isProtected: true, traces: [])
            return Judgement(decision, view)
        }
        let judgement = try judge("workloads: {}, networkPolicy: {}, podSecurity: {}")
        #expect(judgement.plan.isEmpty && judgement.question == nil)
        let findings = judgement.verdicts.flatMap(\.findings)
        #expect(findings.map(\.check) == ["system-namespace-usage"] && findings.map(\.workload) == ["Deployment/web"])
        #expect(try judge("networkPolicy: {}").verdicts.isEmpty)
        let off = "workloads: {checks: [{id: system-namespace-usage, mode: Disabled}]}"
        #expect(try judge(off).verdicts.isEmpty)
    }

    // MARK: Between profiles

    private func governance(_ profiles: CompiledProfile...) -> Governance {
        Governance(profiles.map { ProfileState(name: $0.name, compiled: .success($0), isBeingDeleted: false) })
    }

    /// What the operator plans for a namespace: by its governor, or to give back.
    private func plan(_ room: Room, _ governance: Governance) -> Plan {
        let view = room.view
        let decision = governance.decide(view.namespace, isProtected: false, traces: view.traces)
        return Judgement(decision, view).plan
    }

    @Test("A profile that is disabled gives everything back")
    func disabled() throws {
        var room = room()
        let before = room.state
        try room.carryOut(compiled(Self.full).plan(room.view))
        try room.carryOut(plan(room, governance(compiled(Self.full, mode: "Disabled"))))
        #expect(room.state.differences(from: before) == [])
        #expect(room.view.traces.isEmpty)
    }

    @Test(
        "A profile that writes nothing and takes over leaves what the other enforced, until that one selects no more",
        arguments: [("Audit", false), ("Enforce", true)]
    )
    func handOverToAudit(_ mode: String, _ suspend: Bool) throws {
        var room = room()
        let before = room.state
        let old = try compiled(Self.full, name: "old")
        let new = try compiled(Self.full, mode: mode, suspend: suspend, name: "new", priority: 1)
        try room.carryOut(old.plan(room.view))
        #expect(plan(room, governance(old, new)).isEmpty)
        try room.carryOut(plan(room, governance(compiled(Self.full, mode: "Disabled", name: "old"), new)))
        #expect(room.state.differences(from: before) == [])
    }

    @Test("Controls that only audit leave what another profile enforced, until that one selects no more")
    func handOverToAuditedControls() throws {
        var room = room()
        let before = room.state
        let old = try compiled(Self.full, name: "old")
        let new = try compiled(
            """
            networkPolicy: {mode: Audit}, podSecurity: {mode: Audit}, serviceAccountToken: {mode: Audit},
            limitRange: {mode: Audit, limits: [{type: Container, default: {memory: 256Mi}}]}
            """,
            name: "new",
            priority: 1
        )
        try room.carryOut(old.plan(room.view))
        #expect(plan(room, governance(old, new)).isEmpty)
        let gone = try governance(compiled(Self.full, mode: "Disabled", name: "old"), new)
        try room.carryOut(plan(room, gone))
        #expect(room.state.policies == before.policies && room.state.ranges == before.ranges)
        #expect(room.state.accounts == before.accounts)
        #expect(room.namespace.labels == before.labels.merging([Marks.profileLabel: "new"]) { $1 })
        #expect(plan(room, gone).isEmpty)
    }

    @Test("What a profile left that was deleted with Retain stays, also where its successor has the controls off")
    func handOverFromRetained() throws {
        var room = room()
        room.add(account: "worker")
        try room.carryOut(compiled(Self.full, name: "gone").plan(room.view))
        let enforced = room.state
        // Accounts that are out of its scope included.
        let new = try compiled("serviceAccountToken: {}", name: "new")
        try room.carryOut(plan(room, governance(new)))
        #expect(room.state.policies == enforced.policies && room.state.ranges == enforced.ranges)
        #expect(room.state.labels == enforced.labels)
        #expect(plan(room, governance(new)).isEmpty)
        // Its own, the successor gives back.
        try room.carryOut(plan(room, governance(compiled("serviceAccountToken: {}", mode: "Disabled", name: "new"))))
        #expect(room.state.policies == enforced.policies)
        for account in room.view.serviceAccounts where account.isMarked { #expect(account.profile == "gone") }
        #expect(room.view.serviceAccounts.contains { $0.name == "worker" && $0.automount == false })
    }

    @Test(
        "What a profile left that only audits or is suspended now stays",
        arguments: [("Audit", false), ("Enforce", true)]
    )
    func noTakingAway(_ mode: String, _ suspend: Bool) throws {
        var room = room()
        try room.carryOut(compiled(Self.full).plan(room.view))
        #expect(try plan(room, governance(compiled(Self.full, mode: mode, suspend: suspend))).isEmpty)
    }

    @Test("A hand-over never lifts a denial that both profiles want, and ends as if the new one had come first")
    func handOver() throws {
        var random = SeededGenerator()
        for _ in 0..<80 {
            var room = try Room.random(&random)
            room.cluster = .usual
            let original = room
            let old = try compiled(randomControls(&random), name: "old", created: 1)
            let new = try compiled(randomControls(&random), name: "new", priority: 1)
            try room.carryOut(old.plan(room.view))
            let denied = Self.denied(room)
            var fresh = original
            try fresh.carryOut(new.plan(fresh.view))
            let both = denied.intersection(Self.denied(fresh))
            for operation in plan(room, governance(old, new)).steps.flatMap(\.operations) {
                try room.carryOut(operation)
                #expect(Self.denied(room).isSuperset(of: both), "seed \(random.seed): \(operation)")
            }
            Self.expectSame(room.state, fresh.state, "seed \(random.seed)")
            #expect(room.view.traces == fresh.view.traces, "seed \(random.seed)")
            #expect(plan(room, governance(old, new)).isEmpty, "seed \(random.seed)")
            try room.carryOut(plan(room, governance(compiled(Self.full, mode: "Disabled", name: "new"))))
            Self.expectRestored(room, original, "seed \(random.seed)")
        }
    }

    private static func denied(_ room: Room) -> Set<NetworkPolicy.Direction> {
        room.view.networkPolicies.reduce(into: []) { $0.formUnion($1.denied) }
    }

    // MARK: Laws

    @Test("Planning what was applied plans nothing, and only what cannot be mended is found then")
    func settles() throws {
        var random = SeededGenerator()
        let beyondUs: Set<Finding.Reason> = [
            .allowAllPolicy, .nameConflict, .dnsNotDiscovered, .apiServerNotDiscovered, .tokenExplicitlyMounted,
            .boundAccountSkipped, .limitConflict,
        ]
        for _ in 0..<120 {
            var room = try Room.random(&random)
            let profile = try compiled(randomControls(&random))
            try room.carryOut(profile.plan(room.view))
            #expect(profile.plan(room.view).isEmpty, "seed \(random.seed)")
            for verdict in profile.assess(room.view)
            where !verdict.findings.contains(where: { $0.reason == .nameConflict }) {
                // Egress is not denied while DNS is not found.
                let isUnmendable = verdict.findings.contains { $0.reason == .dnsNotDiscovered }
                let left = verdict.findings.filter { finding in
                    let isOfEgress = finding.reason == .defaultDenyMissing && finding.message.contains("denies Egress")
                    return !beyondUs.contains(finding.reason) && !(isUnmendable && isOfEgress)
                }
                #expect(left == [], "seed \(random.seed)")
            }
        }
    }

    @Test("Audit finds what Enforce finds, in every namespace, and plans nothing")
    func auditAgrees() throws {
        var random = SeededGenerator()
        for _ in 0..<80 {
            let room = try Room.random(&random)
            let controls = randomControls(&random)
            let (auditing, enforcing) = try (compiled(controls, mode: "Audit"), compiled(controls))
            #expect(auditing.findings(room) == enforcing.findings(room), "seed \(random.seed)")
            #expect(auditing.plan(room.view).isEmpty, "seed \(random.seed)")
        }
    }

    @Test("What is found and planned does not depend on the order in which objects are known")
    func order() throws {
        var random = SeededGenerator()
        for _ in 0..<50 {
            let view = try Room.random(&random).view
            let profile = try compiled(randomControls(&random))
            let shuffled = NamespaceView(
                namespace: view.namespace,
                networkPolicies: view.networkPolicies.shuffled(using: &random),
                serviceAccounts: view.serviceAccounts.shuffled(using: &random),
                limitRanges: view.limitRanges.shuffled(using: &random),
                boundAccounts: view.boundAccounts,
                cluster: view.cluster
            )
            #expect(profile.plan(view) == profile.plan(shuffled), "seed \(random.seed)")
            #expect(profile.assess(view) == profile.assess(shuffled), "seed \(random.seed)")
        }
    }

    @Test("Release gives back exactly what was there before, and leaves nothing of ours")
    func release() throws {
        var random = SeededGenerator()
        for _ in 0..<80 {
            let original = try Room.random(&random)
            var room = original
            try room.carryOut(compiled(randomControls(&random)).plan(room.view))
            try room.carryOut(Plan.release(room.view, of: ["restricted"]))
            Self.expectRestored(room, original, "seed \(random.seed)")
            #expect(Plan.release(room.view, of: ["restricted"]).isEmpty, "seed \(random.seed)")
        }
    }

    private static func expectSame(_ state: RoomState, _ expected: RoomState, _ comment: Comment) {
        var expected = expected
        // The account that somebody would have created by now stays, as they would have created it.
        if expected.accounts["default"] == nil, state.accounts["default"] == .some(.none) {
            expected.accounts["default"] = .some(.none)
            expected.marks["account default"] = [:]
        }
        #expect(state.differences(from: expected) == [], comment)
    }

    private static func expectRestored(_ room: Room, _ original: Room, _ comment: Comment) {
        expectSame(room.state, original.state, comment)
        #expect(room.view.traces.isEmpty, comment)
    }

    @Test("Interrupted after any write, the next plan ends as an uninterrupted one, to apply and to give back")
    func interruption() throws {
        var random = SeededGenerator()
        for _ in 0..<25 {
            let original = try Room.random(&random)
            let profile = try compiled(randomControls(&random))
            var whole = original
            let operations = profile.plan(whole.view).steps.flatMap(\.operations)
            try whole.carryOut(profile.plan(whole.view))
            for count in 0...operations.count {
                var room = original
                for operation in operations.prefix(count) { try room.carryOut(operation) }
                try room.carryOut(profile.plan(room.view))
                #expect(
                    room.state.differences(from: whole.state) == [],
                    "seed \(random.seed): after \(count) of \(operations)"
                )
            }
            let giveBack = Plan.release(whole.view, of: ["restricted"]).steps.flatMap(\.operations)
            for count in 0...giveBack.count {
                var room = whole
                for operation in giveBack.prefix(count) { try room.carryOut(operation) }
                // The rest is found by its traces.
                #expect(count == giveBack.count || room.view.traces == ["restricted"], "seed \(random.seed)")
                try room.carryOut(Plan.release(room.view, of: room.view.traces))
                Self.expectRestored(room, original, "seed \(random.seed): after \(count) of \(giveBack)")
            }
        }
    }

    @Test("Egress is at no moment denied while DNS, where it is allowed, is not let through")
    func neverCutOff() throws {
        var random = SeededGenerator()
        for _ in 0..<80 {
            var room = try Room.random(&random)
            room.policies = [:]
            let allowing = randomControls(&random).replacing("dns: Deny", with: "dns: Allow")
            func check(_ operation: Hardening.Operation) {
                let isDenied = room.policies[Marks.denyPolicyName]?.spec.policyTypes?.contains(.egress) ?? false
                let lets = room.policies[Marks.allowPolicyName]?.spec.egress?.contains { rule in
                    rule.to?.contains { $0.podSelector?.matchLabels == ["k8s-app": "kube-dns"] } ?? false
                }
                #expect(!isDenied || lets == true, "seed \(random.seed): \(operation)")
            }
            for (index, controls) in [allowing, randomControls(&random).replacing("dns: Deny", with: "dns: Allow")]
                .enumerated()
            {
                let profile = try compiled(controls, name: "p\(index)")
                for operation in profile.plan(room.view).steps.flatMap(\.operations) {
                    try room.carryOut(operation)
                    check(operation)
                }
            }
            for operation in Plan.release(room.view, of: room.view.traces).steps.flatMap(\.operations) {
                try room.carryOut(operation)
                check(operation)
            }
        }
    }
}
