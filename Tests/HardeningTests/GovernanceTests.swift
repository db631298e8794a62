import Hardening
import KubernetesAPI
import TestSupport
import Testing

@Suite struct GovernanceTests {
    private func state(
        _ name: String,
        mode: String = "Enforce",
        suspend: Bool = false,
        priority: Int = 0,
        created: Int64 = 0,
        selector: String = "{}",
        deleting: Bool = false
    ) throws -> ProfileState {
        let spec = """
            mode: \(mode)
            suspend: \(suspend)
            priority: \(priority)
            namespaceSelector: \(selector)
            controls: {podSecurity: {}}
            """
        let compiled = try CompiledProfile(profile(spec, name: name, created: created))
        return ProfileState(name: name, compiled: .success(compiled), isBeingDeleted: deleting)
    }

    private func invalid(_ name: String, deleting: Bool = false) throws -> ProfileState {
        let profile = try profile("priority: -1\nnamespaceSelector: {}\ncontrols: {podSecurity: {}}", name: name)
        let compiled = Result { () throws(InvalidProfile) in try CompiledProfile(profile) }
        return ProfileState(name: name, compiled: compiled, isBeingDeleted: deleting)
    }

    private func namespace(_ labels: [String: String] = [:]) -> ObservedNamespace {
        ObservedNamespace(Namespace(metadata: ObjectMeta(name: "team-a", labels: labels)))
    }

    private func decide(
        _ profiles: [ProfileState],
        _ labels: [String: String] = [:],
        isProtected: Bool = false,
        traces: Set<String> = []
    ) -> Governance.Decision {
        Governance(profiles.shuffled()).decide(namespace(labels), isProtected: isProtected, traces: traces)
    }

    @Test("The highest priority governs, and the others are shadowed")
    func priority() throws {
        let decision = decide([
            try state("old", priority: 1, created: 0), try state("strong", priority: 2, created: 9),
            try state("a", priority: 0, created: 5),
        ])
        #expect(decision.governor?.name == "strong")
        #expect(decision.shadowed == ["old", "a"])
    }

    @Test("Of equal priorities the older governs")
    func age() throws {
        let decision = decide([try state("a", priority: 5, created: 2), try state("b", priority: 5, created: 1)])
        #expect(decision.governor?.name == "b")
        #expect(decision.shadowed == ["a"])
    }

    @Test("Of equally old ones the lesser name governs")
    func name() throws {
        let decision = decide([try state("b"), try state("c"), try state("a")])
        #expect(decision.governor?.name == "a")
        #expect(decision.shadowed == ["b", "c"])
    }

    @Test("The order in which profiles are known does not matter")
    func order() throws {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let states = try (0..<5).map { index in
                try state(
                    "p\(index)",
                    mode: ["Enforce", "Audit", "Disabled"].randomElement(using: &random) ?? "Audit",
                    priority: Int.random(in: 0...1, using: &random),
                    created: Int64.random(in: 0...1, using: &random),
                    selector: Bool.random(using: &random) ? "{}" : "{matchLabels: {x: y}}"
                )
            }
            let traces: Set = ["p0", "p3", "gone"]
            func answer(_ states: [ProfileState]) -> [String] {
                let decision = Governance(states).decide(namespace(), isProtected: false, traces: traces)
                return [decision.governor?.name ?? "-"] + decision.shadowed + ["|"] + decision.releasing.sorted()
            }
            #expect(answer(states) == answer(states.shuffled(using: &random)), "seed \(random.seed)")
        }
    }

    @Test("Exactly one governs where any profile that may govern selects")
    func exactlyOne() throws {
        let profiles = [
            try state("a", selector: "{matchLabels: {team: a}}"), try state("b", selector: "{matchLabels: {team: b}}"),
        ]
        #expect(decide(profiles, ["team": "a"]).governor?.name == "a")
        #expect(decide(profiles, ["team": "a"]).shadowed == [])
        #expect(decide(profiles, ["team": "b"]).governor?.name == "b")
        #expect(decide(profiles, [:]).governor == nil)
        #expect(decide([]).governor == nil)
    }

    @Test("A profile that is disabled or being deleted does not govern, nor is it shadowed")
    func absent() throws {
        let decision = decide([
            try state("a", mode: "Disabled", priority: 9), try state("b", priority: 8, deleting: true), try state("c"),
        ])
        #expect(decision.governor?.name == "c")
        #expect(decision.shadowed == [])
    }

    @Test("A profile that only audits or is suspended governs as any other")
    func silent() throws {
        #expect(decide([try state("a", mode: "Audit", priority: 1), try state("b")]).governor?.name == "a")
        #expect(decide([try state("a", suspend: true, priority: 1), try state("b")]).governor?.name == "a")
    }

    @Test("In a protected namespace nobody governs, and nothing is given back")
    func protected() throws {
        let decision = decide(
            [try state("a"), try state("b", selector: "{matchLabels: {x: y}}"), try state("c", mode: "Disabled")],
            isProtected: true,
            traces: ["c"]
        )
        #expect(decision.governor == nil && decision.releasing.isEmpty && decision.shadowed == [])
        #expect(decision.protectedFrom.map(\.name) == ["a"])
    }

    @Test(
        "What a profile left is given back when it enforces elsewhere, is disabled or is being deleted",
        arguments: [
            ("Enforce", false, false, true), ("Disabled", false, false, true), ("Enforce", false, true, true),
            ("Audit", false, true, true), ("Enforce", true, true, true),
            // One that writes nothing takes nothing away either.
            ("Audit", false, false, false), ("Enforce", true, false, false), ("Disabled", true, false, false),
        ]
    )
    func releasing(_ mode: String, _ suspend: Bool, _ deleting: Bool, _ givesBack: Bool) throws {
        let left = try state(
            "left",
            mode: mode,
            suspend: suspend,
            selector: "{matchLabels: {x: y}}",
            deleting: deleting
        )
        #expect(decide([left], traces: ["left"]).releasing == (givesBack ? ["left"] : []))
        #expect(decide([left], traces: []).releasing.isEmpty)
    }

    @Test("What a profile left that exists no more stays: it would have had a finalizer otherwise")
    func retained() {
        let decision = decide([], ["hardening.dev/profile": "gone"], traces: ["gone"])
        #expect(decision.releasing.isEmpty && decision.governor == nil && decision.frozenBy == nil)
    }

    @Test("A profile that is not understood freezes the namespaces that are marked with it")
    func frozen() throws {
        let profiles = [try invalid("broken"), try state("other")]
        let frozen = decide(profiles, ["hardening.dev/profile": "broken"], traces: ["broken"])
        #expect(frozen.frozenBy == "broken" && frozen.governor == nil && frozen.releasing.isEmpty)
        #expect(frozen.shadowed == ["other"])
        // The mark is another's by now.
        let taken = decide(profiles, ["hardening.dev/profile": "other"], traces: ["broken", "other"])
        #expect(taken.frozenBy == nil && taken.governor?.name == "other")
        // It never wrote here.
        let fresh = decide(profiles, [:], traces: [])
        #expect(fresh.frozenBy == nil && fresh.governor?.name == "other")
    }

    @Test("A profile that is not understood and being deleted gives back all the same")
    func brokenAndDeleted() throws {
        let decision = decide(
            [try invalid("broken", deleting: true)],
            ["hardening.dev/profile": "broken"],
            traces: ["broken"]
        )
        #expect(decision.frozenBy == nil && decision.releasing == ["broken"])
    }
}
