import Hardening
import KubernetesAPI
import Testing

import enum PodSecurity.Level
import struct PodSecurity.Policy

/// What the API server of a later version says of its Pod Security admission, and when it is asked.
@Suite struct AdmissionTests {
    private static let enforce = "pod-security.kubernetes.io/enforce"
    private static let bad = "{containers: [{name: c, securityContext: {privileged: true}}]}"
    private static let immediate = "podSecurity: {enforce: baseline, rollout: {strategy: Immediate}}"
    private static let target = Policy(level: .baseline, version: .minor(34))

    /// A namespace, what runs in it, what the server said, and the time.
    private struct Stage {
        var room = Room()
        var profile: CompiledProfile
        var now: Int64 = 1_000_000
        var objects: [ObservedWorkload] = []
        var admission = AdmissionKnowledge()

        init(_ controls: String = AdmissionTests.immediate, mode: String = "Enforce", onDisruption: String = "Hold")
            throws
        {
            profile = try compiled(controls, mode: mode, gradual: true, onDisruption: onDisruption)
        }

        var view: NamespaceView {
            var view = room.view
            view.now = Timestamp(secondsSinceEpoch: now)
            view.workloads = WorkloadGroup.groups(objects)
            view.podsThatAreOver = objects.filter { $0.isOver && $0.kind == "Pod" }
            view.admission = admission
            return view
        }

        /// The server is asked, and says these lines below its headline, or just these.
        mutating func answer(refused: [String] = [], _ warnings: [String] = [], policy: Policy = target) {
            let headline =
                #"existing pods in namespace "team-a" violate the new PodSecurity enforce level "\#(policy)""#
            let texts = warnings + (refused.isEmpty ? [] : [headline] + refused)
            admission.take(
                AdmissionAnswer(policy: policy, warnings: texts, asOf: view.podsFingerprint, askedAt: view.now)
            )
        }

        mutating func fail() {
            admission.take(
                AdmissionAnswer(policy: target, failure: "no answer", asOf: view.podsFingerprint, askedAt: view.now)
            )
        }

        mutating func operate() throws {
            try room.carryOut(profile.plan(view))
            #expect(profile.plan(view).isEmpty, "what was written is what is wanted")
        }

        var judgement: Judgement { profile.judge(view) }
        var verdict: Verdict { get throws { try #require(judgement.verdicts.first) } }
        var enforced: String? { room.namespace.labels[AdmissionTests.enforce] }
        var nextLook: Int64? { judgement.nextLook?.secondsSinceEpoch }
        var impacts: [String] {
            get throws { try verdict.findings.filter { $0.reason == .podsRefused }.compactMap(\.workload) }
        }
    }

    private static func over(_ name: String, _ how: String = "{phase: Succeeded}") throws -> ObservedWorkload {
        try Make.pod(name, bad, more: "status: \(how)")
    }

    private static func object(_ metadata: String) throws -> ObservedWorkload {
        try observed(WorkloadKinds.Pod.self, "metadata: {name: old, uid: old, \(metadata)}\nspec: \(bad)")
    }

    // MARK: What an answer means

    @Test(
        "A pod that is over holds nothing though the server counts it: finished, evicted, on its way out, or a mirror",
        arguments: [
            "status: {phase: Succeeded}", "status: {phase: Failed, reason: Evicted}",
            #"deletionTimestamp: "2026-01-01T00:00:00Z""#, "annotations: {kubernetes.io/config.mirror: a}",
        ]
    )
    func over(_ how: String) throws {
        var stage = try Stage()
        let isStatus = how.hasPrefix("status")
        stage.objects = [try isStatus ? Make.pod("old", Self.bad, more: how) : Self.object(how)]
        stage.answer(refused: ["old: privileged"])
        #expect(try stage.impacts.isEmpty)
        try stage.operate()
        #expect(stage.enforced == "baseline")
    }

    @Test("A pod that nobody knows holds: it may have come just now", arguments: ["old-2", "ol", "new"])
    func unknown(_ name: String) throws {
        var stage = try Stage()
        stage.objects = [try Self.over("old")]
        stage.answer(refused: ["\(name): privileged"])
        #expect(try stage.impacts == ["Pod/\(name)"])
        try stage.operate()
        #expect(try stage.enforced == nil && stage.verdict.obstacle == .held)
    }

    @Test("Of several pods only the first is named: the others must be accounted for as well")
    func others() throws {
        var stage = try Stage()
        stage.objects = [try Self.over("old-1"), try Make.pod("fine", Make.clean(), more: "status: {phase: Failed}")]
        stage.answer(refused: ["old-1 (and 1 other pod): privileged"])
        #expect(try stage.impacts == ["Pod/old-1"])
        stage.objects.append(try Self.over("old-2"))
        #expect(try stage.impacts.isEmpty)
        stage.answer(refused: ["old-1 (and 2 other pods): privileged"])
        #expect(try stage.impacts == ["Pod/old-1"])
    }

    @Test("What was found here already is not said twice; of what is like it by name only, it is")
    func known() throws {
        var stage = try Stage()
        stage.objects = [
            try Make.deployment("web", Self.bad), try Make.pod("web-1", Self.bad, owner: "Deployment/web"),
        ]
        stage.answer(refused: ["web-1: privileged"])
        #expect(try stage.impacts == ["Deployment/web"])
        stage.answer(refused: ["web-12: privileged"])
        #expect(try stage.impacts == ["Deployment/web", "Pod/web-12"])
    }

    @Test("What the server refuses of a workload that is clean here is that workload's")
    func changed() throws {
        var stage = try Stage()
        stage.objects = [
            try Make.deployment("web", Make.clean()), try Make.pod("web-1", Make.clean(), owner: "Deployment/web"),
        ]
        stage.answer(refused: ["web-1: privileged"])
        #expect(try stage.impacts == ["Deployment/web"])
    }

    @Test(
        "An answer that does not say all is not taken for clean",
        arguments: [
            "new PodSecurity enforce level only checked against the first 3000 of 4000 existing pods",
            "failed to list pods while checking new PodSecurity enforce level",
        ]
    )
    func gap(_ text: String) throws {
        var stage = try Stage()
        stage.answer([text])
        try stage.operate()
        #expect(try stage.enforced == nil && stage.verdict.obstacle == .held)
        let finding = try #require(try stage.verdict.findings.first { $0.reason == .podsRefused })
        #expect(finding.workload == "Namespace/team-a" && finding.message.hasSuffix(text))
        stage.now += 60
        #expect(stage.judgement.question == Self.target)
        stage.answer()
        try stage.operate()
        #expect(stage.enforced == "baseline")
    }

    @Test("An answer cut off by the server's own limit is not taken for clean, though all that it names is over")
    func cutOff() throws {
        var stage = try Stage()
        let names = (10..<30).map { "old-\($0)" }
        stage.objects = try names.map { try Self.over($0) }
        stage.answer(refused: names.map { "\($0): " + String(repeating: "x", count: 248) })
        #expect(try stage.impacts == ["Namespace/team-a"])
    }

    @Test("What others warn of is nothing")
    func foreign() throws {
        var stage = try Stage()
        stage.answer(["Use of labels is deprecated", "a: b"])
        try stage.operate()
        #expect(stage.enforced == "baseline")
    }

    // MARK: When it is asked

    @Test("Another state of any pod that the server counts is another fingerprint; their order is none")
    func fingerprint() throws {
        var stage = try Stage()
        let live = try Make.pod("a", Make.clean())
        var seen: Set<Fingerprint> = []
        for objects in [[], [live], [try Self.over("a")], [live, try Self.over("b")]] as [[ObservedWorkload]] {
            stage.objects = objects
            #expect(seen.insert(stage.view.podsFingerprint).inserted)
            stage.objects = objects.reversed()
            #expect(!seen.insert(stage.view.podsFingerprint).inserted)
        }
    }

    @Test("Before it is enforced it is asked once, and a clean answer that is still true is enough")
    func once() throws {
        var stage = try Stage()
        #expect(stage.judgement.question == Self.target)
        stage.answer()
        #expect(stage.judgement.question == nil)
        stage.now += 600
        #expect(stage.judgement.question == nil && stage.judgement.nextLook == nil)
        stage.objects = [try Make.pod("a", Make.clean())]
        #expect(stage.judgement.question == Self.target, "that was said of other pods")
        stage.answer()
        try stage.operate()
        stage.objects = []
        stage.now += 600
        #expect(stage.judgement.question == nil, "it is in force")
    }

    @Test("While its answer stands in the way, it is asked once a minute and no more", arguments: ["Enforce", "Audit"])
    func paced(_ mode: String) throws {
        var stage = try Stage(mode: mode)
        var asked: [Int64] = []
        let start = stage.now
        for second in 0..<300 {
            stage.now = start + Int64(second)
            // Something changes all the time.
            stage.objects = [try Make.pod("a-\(second)", Make.clean())]
            if stage.judgement.question != nil {
                asked.append(stage.now - start)
                stage.answer(refused: ["gone: privileged"])
            }
            #expect(try stage.impacts == ["Pod/gone"])
            #expect(stage.nextLook == start + (asked.last ?? 0) + 60)
        }
        #expect(asked == [0, 60, 120, 180, 240])
    }

    @Test("A refusal that nothing but the server knows of is asked about again though no pod changes")
    func timed() throws {
        var stage = try Stage()
        stage.answer(refused: ["gone: privileged"])
        stage.now += 59
        #expect(stage.judgement.question == nil)
        stage.now += 1
        #expect(stage.judgement.question == Self.target)
        stage.answer()
        try stage.operate()
        #expect(stage.enforced == "baseline")
    }

    @Test("Nothing is asked while enough is known to be in the way", arguments: ["Enforce", "Audit"])
    func known(_ mode: String) throws {
        var stage = try Stage(mode: mode)
        stage.objects = [try Make.deployment("web", Self.bad)]
        #expect(stage.judgement.question == nil)
        stage.answer(refused: ["gone: privileged"])
        stage.now += 600
        #expect(stage.judgement.question == nil && stage.judgement.nextLook == nil)
        stage.objects = []
        #expect(stage.judgement.question == Self.target)
    }

    @Test("Asking that failed holds, and is tried again, but not at each look")
    func failure() throws {
        var stage = try Stage()
        stage.fail()
        #expect(stage.judgement.lacksAnswer && stage.judgement.question == nil)
        #expect(try stage.verdict.obstacle == .held && stage.impacts == ["Namespace/team-a"])
        stage.now += 60
        #expect(stage.judgement.question == Self.target)
        stage.answer()
        #expect(!stage.judgement.lacksAnswer)
        stage.fail()
        stage.profile = try compiled(Self.immediate, gradual: true, onDisruption: "Proceed")
        #expect(!stage.judgement.lacksAnswer, "nobody wants to know any more")
    }

    @Test("A time that is yet to come was written by a clock that was wrong")
    func wrongClock() throws {
        var stage = try Stage()
        stage.answer(refused: ["gone: privileged"])
        stage.now -= 3_600
        #expect(stage.judgement.question == Self.target)
    }

    @Test("A server that has no Pod Security admission is asked nothing", arguments: ["Enforce", "Audit"])
    func absent(_ mode: String) throws {
        var stage = try Stage(mode: mode)
        stage.room.cluster.podSecurityAdmission = .absent
        #expect(stage.judgement.question == nil && stage.judgement.exemptionQuestion == nil)
        #expect(!stage.judgement.lacksAnswer)
    }

    // MARK: Exempt by the server's configuration

    /// Where nothing else is asked: nobody waits for an answer, nothing is written, or all is in force.
    private static let silent: [(controls: String, mode: String, onDisruption: String, label: String?)] = [
        (immediate, "Enforce", "Proceed", nil), (immediate, "Audit", "Proceed", nil),
        (immediate, "Enforce", "Hold", "restricted"), ("podSecurity: {enforce: baseline}", "Enforce", "Hold", nil),
        ("podSecurity: {enforce: privileged}", "Enforce", "Hold", nil),
    ]

    @Test("Whether a namespace is exempt is asked once, whatever is done there", arguments: silent.indices)
    func exemption(_ index: Int) throws {
        let (controls, mode, onDisruption, label) = Self.silent[index]
        var stage = try Stage(controls, mode: mode, onDisruption: onDisruption)
        if let label { stage.room.label(Self.enforce, label) }
        #expect(stage.judgement.question == nil)
        let asked = try #require(stage.judgement.exemptionQuestion)
        #expect(asked.level > .privileged && asked.level >= label.flatMap(Level.init) ?? .baseline)
        for answer in [AdmissionExemption.exempt, .notExempt] {
            var stage = stage
            stage.admission.take(answer)
            stage.now += 86_400
            #expect(stage.judgement.exemptionQuestion == nil)
            #expect(try (stage.verdict.doubt == nil) == (answer == .notExempt))
            #expect(try stage.verdict.isCompliant == false || answer == .notExempt)
        }
    }

    @Test(
        "It is asked with a version that is not in force, since the server says nothing where the policy stays",
        arguments: ["latest", "v1.34", "v1.1", "v1.0"],
        ["baseline", "restricted"]
    )
    func version(_ version: String, _ level: String) throws {
        var stage = try Stage()
        stage.room.label(Self.enforce, level)
        stage.room.label(Self.enforce + "-version", version)
        let asked = try #require(stage.judgement.exemptionQuestion)
        #expect(asked.level.rawValue == level)
        #expect(["v1.0", "v1.1"].contains("\(asked.version)") && "\(asked.version)" != version)
    }

    @Test("What is enforced in an exempt namespace is remembered so, and is not compliant, also after a restart")
    func exempt() throws {
        var stage = try Stage(onDisruption: "Proceed")
        try stage.operate()
        #expect(try stage.verdict.isCompliant)
        stage.admission.take(.exempt)
        try stage.operate()
        #expect(stage.room.namespace.annotations[Marks.inForceAnnotation] == "podSecurity=baseline:v1.34+exempt")
        #expect(try stage.verdict.standing == .unverified)
        stage.admission = .init()
        #expect(try stage.verdict.standing == .unverified)
        stage.admission.take(.notExempt)
        try stage.operate()
        #expect(try stage.verdict.isCompliant)
    }

    @Test("Where asking for the exemption failed, nothing is called compliant; it is asked again after a minute")
    func exemptionFailure() throws {
        var stage = try Stage(onDisruption: "Proceed")
        try stage.operate()
        let failed = AdmissionExemption.notKnown("403", askedAt: stage.view.now)
        stage.admission.take(failed)
        #expect(try stage.verdict.standing == .unverified)
        #expect(stage.judgement.lacksAnswer && stage.judgement.exemptionQuestion == nil)
        stage.now += 60
        #expect(stage.judgement.exemptionQuestion != nil)
        stage.admission.take(.notExempt)
        stage.admission.take(failed)
        #expect(try stage.verdict.isCompliant && stage.admission.exemption == .notExempt, "what was known stands")
        stage.admission.forgetExemption()
        #expect(stage.judgement.exemptionQuestion != nil)
    }

    @Test("What is said of pods tells that a namespace is not exempt; silence does not")
    func silence() throws {
        var stage = try Stage()
        stage.answer()
        #expect(stage.admission.exemption == nil && stage.judgement.exemptionQuestion != nil)
        stage.answer(refused: ["gone: privileged"])
        #expect(stage.admission.exemption == .notExempt && stage.judgement.exemptionQuestion == nil)
        stage.answer([
            #"namespace "team-a" is exempt from Pod Security, and the policy (enforce=baseline:v1.34) will be ignored"#
        ])
        #expect(stage.admission.exemption == .exempt)
        try stage.operate()
        #expect(stage.enforced == "baseline")
    }

    @Test("Nothing is asked where the profile exempts the namespace, or the control is disabled")
    func notAsked() throws {
        var stage = try Stage("podSecurity: {mode: Disabled}, networkPolicy: {}")
        #expect(stage.judgement.exemptionQuestion == nil && stage.judgement.question == nil)
        stage = try Stage()
        stage.room.cluster.podSecurityAdmission = .notObserved("nobody has asked")
        #expect(stage.judgement.exemptionQuestion == nil, "it is not compliant anyway")
    }

    @Test("More warnings than the server sends may have had the exemption among them")
    func exemptionCutOff() {
        let long = Array(repeating: String(repeating: "Y", count: 256), count: 16)
        let cut = AdmissionExemption(warnings: long, askedAt: nil)
        #expect(cut == .notKnown("there are more warnings than it sends", askedAt: nil))
        #expect(AdmissionExemption(warnings: Array(long.dropLast()), askedAt: nil) == .notExempt)
    }
}
