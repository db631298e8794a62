import Hardening
import KubernetesAPI
import Testing

@Suite struct RolloutTests {
    private static let day: Int64 = 86_400
    private static let enforce = "pod-security.kubernetes.io/enforce"
    private static let gradual = "podSecurity: {enforce: restricted, rollout: {observe: 24h}}"

    /// A namespace, what runs in it, and the time.
    private struct Stage {
        var room = Room()
        var profile: CompiledProfile
        var now: Int64 = 1_000_000
        var violation: String?
        var unobserved: [String: String] = [:]

        init(_ controls: String, onDisruption: String = "Hold") throws {
            profile = try compiled(controls, gradual: true, onDisruption: onDisruption)
        }

        var view: NamespaceView {
            get throws {
                var view = room.view
                view.now = Timestamp(secondsSinceEpoch: now)
                view.unobserved = unobserved
                let json = "{metadata: {name: web, uid: w}, spec: {template: {spec: {containers: [{name: web}]}}}}"
                let deployment = try read(Workload<WorkloadKinds.Deployment>.self, json)
                let violations = violation.map {
                    [PodViolation(check: $0, message: "privileged", remedies: [])]
                }
                let template = try #require(try deployment.template?.read())
                let facts = PodFacts(template, violations: violations ?? [])
                view.workloads = WorkloadGroup.groups([ObservedWorkload(deployment, facts: facts)])
                return view
            }
        }

        /// Lets time pass and the operator work, as after a restart: it knows nothing but what stands in the cluster.
        mutating func pass(_ seconds: Int64 = 0) throws {
            now += seconds
            try room.carryOut(profile.plan(view))
            #expect(try profile.plan(view).isEmpty, "what was written is what is wanted")
        }

        var enforced: String? { room.namespace.labels[RolloutTests.enforce] }
        var version: String? { room.namespace.labels[RolloutTests.enforce + "-version"] }
        var cleanSince: String? { room.namespace.annotations[Marks.cleanSinceAnnotation] }

        var obstacle: Verdict.Obstacle? { get throws { try profile.assess(view).first?.obstacle } }
        var reasons: [Finding.Reason] {
            get throws { try profile.assess(view).flatMap(\.findings).filter { $0.type == .impact }.map(\.reason) }
        }
    }

    @Test(
        "A clean namespace is promoted once it was observed for as long as asked for, to the second, and never before"
    )
    func due() throws {
        var stage = try Stage(Self.gradual)
        let start = stage.now
        try stage.pass()
        #expect(stage.cleanSince == "\(Timestamp(secondsSinceEpoch: start)) restricted:v1.34")
        for seconds in [1, 59, 3_600, Self.day - 3_600 - 61] {
            try stage.pass(seconds)
            #expect(stage.enforced == nil)
            #expect(stage.room.namespace.labels["pod-security.kubernetes.io/warn"] == "restricted")
            #expect(try stage.obstacle == .pending)
            #expect(try stage.reasons == [.enforcementPending])
            #expect(try stage.profile.judge(stage.view).nextLook?.secondsSinceEpoch == start + Self.day)
        }
        #expect(stage.now == start + Self.day - 1)
        try stage.pass(1)
        #expect(stage.enforced == "restricted" && stage.version == "v1.34")
        #expect(stage.cleanSince == nil, "nothing is left to be observed")
        #expect(try stage.obstacle == nil && stage.reasons.isEmpty)
        #expect(try stage.profile.judge(stage.view).nextLook == nil)
    }

    @Test("With nothing to observe, a clean namespace is promoted at once", arguments: ["0s", "0h0m"])
    func moment(_ observe: String) throws {
        var stage = try Stage("podSecurity: {enforce: baseline, rollout: {observe: \(observe)}}")
        try stage.pass()
        #expect(stage.enforced == "baseline")
    }

    @Test("A violation that comes in between starts the time anew, however short it was there")
    func dirty() throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        try stage.pass(Self.day - 1)
        stage.violation = "privileged"
        try stage.pass()
        #expect(stage.cleanSince == nil)
        #expect(try stage.reasons == [.podsRefused, .enforcementPending])
        stage.violation = nil
        try stage.pass(1)
        let clean = stage.now
        #expect(stage.enforced == nil)
        try stage.pass(Self.day - 1)
        #expect(stage.enforced == nil)
        #expect(try stage.profile.judge(stage.view).nextLook?.secondsSinceEpoch == clean + Self.day)
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test("A violation after promotion is reported, and what is enforced stays and is repaired")
    func afterwards() throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        try stage.pass(Self.day)
        stage.violation = "privileged"
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
        #expect(try stage.reasons == [.podsRefused] && stage.obstacle == nil)
        stage.room.label(Self.enforce, nil)
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test(
        "What runs and cannot be observed is not taken for clean",
        arguments: ["pods", "deployments", "cronjobs"]
    )
    func unobserved(_ plural: String) throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        stage.unobserved = [plural: "403"]
        try stage.pass(Self.day)
        #expect(stage.enforced == nil && stage.cleanSince == nil)
        let pending = try #require(
            try stage.profile.assess(stage.view).flatMap(\.findings).first(where: { $0.type == .impact })
        )
        #expect(pending.reason == .enforcementPending && pending.message.contains("\(plural) cannot be observed"))
        stage.unobserved = [:]
        try stage.pass(1)
        try stage.pass(Self.day - 1)
        #expect(stage.enforced == nil)
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test("The version is pinned at promotion and stays, whatever the server's is then")
    func pinned() throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        try stage.pass(Self.day)
        stage.room.cluster.serverMinor = 36
        try stage.pass(Self.day)
        #expect(stage.version == "v1.34")
        #expect(try stage.obstacle == nil)
    }

    @Test("A server of a newer version, which checks more, is observed from its own beginning")
    func upgraded() throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        stage.room.cluster.serverMinor = 35
        try stage.pass(Self.day - 1)
        try stage.pass(1)
        #expect(stage.enforced == nil)
        try stage.pass(Self.day - 1)
        #expect(stage.enforced == "restricted" && stage.version == "v1.35")
    }

    @Test("A stricter level is observed anew, and the one before stays in force meanwhile")
    func raised() throws {
        var stage = try Stage("podSecurity: {enforce: baseline, rollout: {observe: 24h}}")
        try stage.pass()
        try stage.pass(Self.day)
        #expect(stage.enforced == "baseline")
        stage.profile = try compiled(Self.gradual, gradual: true)
        stage.violation = "run-as-non-root"
        try stage.pass(7 * Self.day)
        #expect(stage.enforced == "baseline" && stage.version == "v1.34")
        #expect(try stage.reasons == [.podsRefused, .enforcementPending])
        stage.room.label(Self.enforce, "privileged")
        try stage.pass(1)
        #expect(stage.enforced == "baseline", "it is repaired, too")
        stage.violation = nil
        try stage.pass(1)
        try stage.pass(Self.day - 1)
        #expect(stage.enforced == "baseline")
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test(
        "What was observed of a weaker level does not count for a stricter one",
        arguments: [0, day / 2, day - 1, 3 * day]
    )
    func raisedWhileClean(_ before: Int64) throws {
        var stage = try Stage("podSecurity: {enforce: baseline, rollout: {observe: 24h}}")
        try stage.pass()
        try stage.pass(before)
        stage.profile = try compiled(Self.gradual, gradual: true)
        try stage.pass()
        try stage.pass(Self.day - 1)
        #expect(stage.enforced != "restricted")
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test("While its control is only audited, nothing is observed for it")
    func audited() throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        let gradual = stage.profile
        stage.profile = try compiled(
            "podSecurity: {mode: Audit, enforce: restricted}, networkPolicy: {}",
            gradual: true
        )
        try stage.pass(1)
        stage.profile = gradual
        try stage.pass(7 * Self.day)
        #expect(stage.enforced == nil)
        try stage.pass(Self.day)
        #expect(stage.enforced == "restricted")
    }

    @Test("After a time in which the profile wrote nothing at all, so that nobody remembers, observation begins anew")
    func paused() throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        let writing = stage.profile
        stage.profile = try compiled(Self.gradual, mode: "Audit", gradual: true)
        try stage.pass(7 * Self.day)
        #expect(stage.cleanSince != nil, "an audit writes nothing, nor takes it away")
        stage.profile = writing.writing(since: Timestamp(secondsSinceEpoch: stage.now + 1))
        try stage.pass(1)
        #expect(stage.enforced == nil)
        #expect(stage.cleanSince == "\(Timestamp(secondsSinceEpoch: stage.now)) restricted:v1.34")
        try stage.pass(Self.day - 1)
        #expect(stage.enforced == nil)
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test(
        "What the annotation says counts only if the operator could have written it",
        arguments: [
            "", "yesterday", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z baseline:v1.34",
            "2999-01-01T00:00:00Z restricted:v1.34",
        ]
    )
    func annotation(_ text: String) throws {
        var stage = try Stage(Self.gradual)
        try stage.pass()
        stage.room.namespace.annotations[Marks.cleanSinceAnnotation] = text
        try stage.pass()
        #expect(stage.cleanSince == "\(Timestamp(secondsSinceEpoch: stage.now)) restricted:v1.34")
        try stage.pass(Self.day - 1)
        #expect(stage.enforced == nil)
        try stage.pass(1)
        #expect(stage.enforced == "restricted")
    }

    @Test("Immediate waits for no time, but holds while it would break something")
    func immediateHold() throws {
        let controls = "podSecurity: {enforce: restricted, rollout: {strategy: Immediate}}"
        var stage = try Stage(controls)
        stage.violation = "privileged"
        try stage.pass(Self.day)
        #expect(stage.enforced == nil)
        #expect(try stage.obstacle == .held)
        #expect(try stage.reasons == [.podsRefused, .enforcementHeld])
        stage.violation = nil
        try stage.pass()
        #expect(stage.enforced == "restricted")
        #expect(try stage.obstacle == nil)
    }

    @Test("Immediate with Proceed enforces whatever it breaks, and reports that")
    func immediateProceed() throws {
        var stage = try Stage(
            "podSecurity: {enforce: restricted, rollout: {strategy: Immediate}}",
            onDisruption: "Proceed"
        )
        stage.violation = "privileged"
        try stage.pass()
        #expect(stage.enforced == "restricted")
        #expect(try stage.obstacle == nil && stage.reasons == [.podsRefused])
    }

    @Test("WhenCompliant waits also where other controls would proceed: that is what was asked for")
    func gradualProceed() throws {
        var stage = try Stage(Self.gradual, onDisruption: "Proceed")
        stage.violation = "privileged"
        try stage.pass(Self.day)
        #expect(stage.enforced == nil)
        #expect(try stage.obstacle == .pending)
    }

    @Test("Labels that others set as strictly are in force already: nothing is pending")
    func others() throws {
        var stage = try Stage(Self.gradual)
        stage.room.label(Self.enforce, "restricted")
        stage.violation = "privileged"
        try stage.pass()
        #expect(try stage.obstacle == nil && stage.reasons == [.podsRefused])
        #expect(stage.cleanSince == nil)
    }
}
