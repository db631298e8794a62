import KubernetesAPI
import TestSupport
import Testing

@testable import Hardening

@Suite struct LimitRangeControlTests {
    private static let usual = "{type: Container, default: {memory: 256Mi}, defaultRequest: {cpu: 50m, memory: 256Mi}}"

    private func profile(_ limits: String, existing: String = "Respect") throws -> CompiledProfile {
        try compiled("limitRange: {existing: \(existing), limits: [\(limits)]}")
    }

    private func plan(_ profile: CompiledProfile, _ room: Room) -> [String] {
        profile.plan(room.view).summary.filter { $0.contains("LimitRange") }
    }

    private func ours(_ room: Room) -> [LimitRange.Item]? { room.ranges[Marks.limitRangeName]?.spec.limits }

    @Test("One LimitRange of ours says what the profile says")
    func document() throws {
        var room = Room()
        let profile = try profile(Self.usual)
        #expect(profile.reasons(room) == [.limitMissing])
        let operation = try #require(profile.plan(room.view).steps.first?.operations.last)
        #expect(
            operation.verb
                == .apply([
                    "apiVersion": "v1", "kind": "LimitRange",
                    "metadata": [
                        "name": "hardening-limits", "namespace": "team-a",
                        "labels": [
                            "app.kubernetes.io/managed-by": "hardening-operator", "hardening.dev/profile": "restricted",
                        ],
                    ],
                    "spec": [
                        "limits": [
                            [
                                "type": "Container", "default": ["memory": "256Mi"],
                                "defaultRequest": ["cpu": "50m", "memory": "256Mi"],
                            ]
                        ]
                    ],
                ])
        )
        try room.carryOut(profile.plan(room.view))
        #expect(profile.reasons(room) == [])
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("What is missing is named by type, field and resource")
    func message() throws {
        let findings = try profile(Self.usual).findings(Room())
        #expect(
            findings.first?.message.contains(
                "Container default.memory, Container defaultRequest.cpu, Container defaultRequest.memory"
            ) == true
        )
        #expect(findings.map(\.severity) == [.medium])
    }

    @Test("P5: Quantities are compared by value: another spelling is no drift")
    func byValue() throws {
        let profile = try profile("{type: Container, default: {cpu: 1000m, memory: 1024Mi}}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.ranges[Marks.limitRangeName]?.spec.limits = [
            .init(type: .container, default: ["cpu": "1", "memory": "1Gi"])
        ]
        #expect(profile.plan(room.view).isEmpty)
        #expect(profile.reasons(room) == [])
        room.ranges[Marks.limitRangeName]?.spec.limits = [
            .init(type: .container, default: ["cpu": "1", "memory": "1G"])
        ]
        #expect(plan(profile, room) == ["apply LimitRange team-a/hardening-limits"])
        #expect(profile.reasons(room) == [.limitMissing])
    }

    @Test(
        "P5: What the server fills in is no drift",
        arguments: [
            (
                "{type: Container, max: {cpu: 1}}",
                "{type: Container, max: {cpu: 1}, default: {cpu: 1}, defaultRequest: {cpu: 1}}"
            ),
            ("{type: Container, default: {cpu: 1}}", "{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 1}}"),
            ("{type: Container, min: {cpu: 1}}", "{type: Container, min: {cpu: 1}, defaultRequest: {cpu: 1}}"),
            (
                "{type: Container, min: {cpu: 1}, max: {cpu: 2}}",
                "{type: Container, min: {cpu: 1}, max: {cpu: 2}, default: {cpu: 2}, defaultRequest: {cpu: 2}}"
            ),
            ("{type: Pod, max: {cpu: 1}}", "{type: Pod, max: {cpu: 1}}"),
        ]
    )
    func defaulting(_ asked: String, _ stored: String) throws {
        let profile = try profile(asked)
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.ranges[Marks.limitRangeName]?.spec.limits = try read([LimitRange.Item].self, "[\(stored)]")
        #expect(profile.plan(room.view).isEmpty)
        #expect(profile.reasons(room) == [])
    }

    @Test("What somebody changes in ours, or deletes, is put back")
    func drift() throws {
        let profile = try profile(Self.usual)
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        for change in [
            "[]", "[{type: Container, default: {memory: 1Gi}}]", "[\(Self.usual), {type: Pod, max: {cpu: 1}}]",
        ] {
            room.ranges[Marks.limitRangeName]?.spec.limits = try read([LimitRange.Item].self, change)
            #expect(plan(profile, room) == ["apply LimitRange team-a/hardening-limits"])
            try room.carryOut(profile.plan(room.view))
            #expect(profile.reasons(room) == [])
        }
        room.ranges[Marks.limitRangeName]?.metadata.labels = [:]
        #expect(plan(profile, room) == ["apply LimitRange team-a/hardening-limits"])
        room.ranges = [:]
        #expect(plan(profile, room) == ["apply LimitRange team-a/hardening-limits"])
    }

    @Test(
        "An object of ours by name only is left alone, and said so",
        arguments: ["[\(usual)]", "[{type: Pod, max: {cpu: 1}}]"]
    )
    func nameConflict(_ limits: String) throws {
        let profile = try profile(Self.usual)
        var room = Room()
        try room.add(limitRange: Marks.limitRangeName, limits)
        room.ranges[Marks.limitRangeName]?.metadata.labels = [
            Marks.managedByLabel: Marks.managedByValue, Marks.profileLabel: "restricted",
        ]
        #expect(profile.reasons(room).contains(.nameConflict))
        #expect(plan(profile, room) == [])
        #expect(Plan.release(room.view, of: ["restricted"]).isEmpty)
    }

    // MARK: Beside others

    @Test("What a LimitRange of the namespace's own covers is left to it, key by key and whatever its value")
    func respect() throws {
        var room = Room()
        try room.add(limitRange: "theirs", "[{type: Container, defaultRequest: {cpu: 2}}]")
        try room.carryOut(profile(Self.usual).plan(room.view))
        #expect(
            ours(room) == [.init(type: .container, default: ["memory": "256Mi"], defaultRequest: ["memory": "256Mi"])]
        )
        #expect(try profile(Self.usual).reasons(room) == [])
    }

    @Test("Where theirs covers everything, nothing is written, and what was is taken away")
    func covered() throws {
        let profile = try profile(Self.usual)
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        try room.add(limitRange: "a", "[{type: Container, default: {memory: 1Gi}}]")
        try room.add(limitRange: "b", "[{type: Container, defaultRequest: {cpu: 10m}}]")
        #expect(profile.reasons(room) == [])
        #expect(plan(profile, room) == ["delete LimitRange team-a/hardening-limits"])
        try room.carryOut(profile.plan(room.view))
        #expect(profile.reasons(room) == [])
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("When theirs goes, ours says more only if that refuses nobody; what it said before goes on being repaired")
    func theirsGoes() throws {
        let profile = try profile("{type: Container, max: {memory: 256Mi, cpu: '2'}}")
        var room = Room()
        let theirs = "[{type: Container, max: {memory: 1Gi}, default: {memory: 1Gi}, defaultRequest: {memory: 64Mi}}]"
        try room.add(limitRange: "theirs", theirs)
        try room.carryOut(profile.plan(room.view))
        let before = ours(room)
        #expect(before?.first?.max == ["cpu": "2"])
        func view() throws -> NamespaceView {
            var view = room.view
            let deployment = try Make.deployment(
                "web",
                "{containers: [{name: web, resources: {limits: {memory: 512Mi, cpu: '1'}}}]}"
            )
            view.workloads = WorkloadGroup.groups([deployment])
            return view
        }
        room.ranges["theirs"] = nil
        try room.carryOut(profile.plan(view()))
        #expect(ours(room) == before)
        #expect(try profile.assess(view()).map(\.obstacle) == [.held])
        #expect(try profile.assess(view()).flatMap(\.findings).map(\.reason).contains(.podsRefused))
        // Drift of what is in force is no more than that.
        room.ranges[Marks.limitRangeName] = nil
        try room.carryOut(profile.plan(view()))
        #expect(ours(room) == before)
        // With nothing in the way, it follows.
        try room.carryOut(profile.plan(room.view))
        #expect(ours(room)?.first?.max == ["cpu": "2", "memory": "256Mi"])
    }

    @Test("A changed limit that would refuse somebody is held, and what is there stays")
    func changedLimit() throws {
        var room = Room()
        try room.carryOut(profile("{type: Container, max: {memory: 1Gi, cpu: '2'}}").plan(room.view))
        let before = ours(room)
        var view = room.view
        view.workloads = WorkloadGroup.groups([
            try Make.deployment("web", "{containers: [{name: web, resources: {limits: {memory: 512Mi, cpu: '1'}}}]}")
        ])
        let plan = try profile("{type: Container, max: {memory: 256Mi, cpu: '2'}}").plan(view)
        #expect(plan.summary.filter { $0.contains("LimitRange") } == [])
        #expect(before != nil)
    }

    @Test("With Add every key is set nevertheless")
    func add() throws {
        let profile = try profile(Self.usual, existing: "Add")
        var room = Room()
        try room.add(limitRange: "theirs", "[\(Self.usual)]")
        #expect(profile.reasons(room) == [.limitMissing])
        try room.carryOut(profile.plan(room.view))
        #expect(try ours(room) == [read(LimitRange.Item.self, Self.usual)])
        #expect(profile.reasons(room) == [])
    }

    @Test(
        "What the server would derive from ours says what theirs says, or is not said",
        arguments: [
            // ours, theirs, what is written, what cannot be said
            (
                "{type: Container, default: {memory: 256Mi}}", "{type: Container, defaultRequest: {memory: 128Mi}}",
                "{type: Container, default: {memory: 256Mi}, defaultRequest: {memory: 128Mi}}", []
            ),
            (
                "{type: Container, max: {memory: 1Gi}}", "{type: Container, default: {memory: 512Mi}}",
                "{type: Container, max: {memory: 1Gi}, default: {memory: 512Mi}, defaultRequest: {memory: 512Mi}}", []
            ),
            (
                "{type: Container, default: {memory: 256Mi}}", "{type: Container, defaultRequest: {memory: 512Mi}}",
                nil, ["Container default.memory"]
            ),
            (
                "{type: Container, max: {memory: 256Mi}}", "{type: Container, default: {memory: 512Mi}}",
                nil, ["Container max.memory"]
            ),
            // A minimum is derived from upwards.
            (
                "{type: Container, min: {memory: 1Gi}}", "{type: Container, default: {memory: 512Mi}}",
                nil, ["Container min.memory"]
            ),
            (
                "{type: Container, min: {memory: 64Mi}}", "{type: Container, default: {memory: 512Mi}}",
                "{type: Container, min: {memory: 64Mi}, defaultRequest: {memory: 512Mi}}", []
            ),
            (
                "{type: Container, min: {memory: 64Mi}, default: {memory: 256Mi}}",
                "{type: Container, defaultRequest: {memory: 32Mi}}",
                "{type: Container, default: {memory: 256Mi}, defaultRequest: {memory: 32Mi}}", ["Container min.memory"]
            ),
            (
                "{type: Container, min: {memory: 64Mi}, max: {memory: 1Gi}}",
                "{type: Container, default: {memory: 2Gi}}",
                "{type: Container, min: {memory: 64Mi}, defaultRequest: {memory: 2Gi}}", ["Container max.memory"]
            ),
            // Another resource, another type: nothing to do with it.
            (
                "{type: Container, default: {memory: 256Mi}}", "{type: Container, defaultRequest: {cpu: 1}}",
                "{type: Container, default: {memory: 256Mi}}", []
            ),
            (
                "{type: Pod, max: {memory: 1Gi}}", "{type: Container, default: {memory: 2Gi}}",
                "{type: Pod, max: {memory: 1Gi}}", []
            ),
        ] as [(String, String, String?, [String])]
    )
    func derived(_ asked: String, _ theirs: String, _ written: String?, _ conflicts: [String]) throws {
        let profile = try profile(asked)
        var room = Room()
        try room.add(limitRange: "theirs", "[\(theirs)]")
        try room.carryOut(profile.plan(room.view))
        #expect(try ours(room) == written.map { [try read(LimitRange.Item.self, $0)] })
        let findings = profile.findings(room)
        #expect(findings.map(\.reason) == conflicts.map { _ in .limitConflict })
        #expect(findings.map { $0.message.contains("LimitRange theirs") } == conflicts.map { _ in true })
        #expect(zip(findings, conflicts).allSatisfy { $0.message.hasPrefix($1) })
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("Two of theirs that contradict each other leave nothing for a maximum of ours to be derived into")
    func contradictory() throws {
        let profile = try profile("{type: Container, max: {memory: 4Gi}}")
        var room = Room()
        try room.add(limitRange: "a", "[{type: Container, defaultRequest: {memory: 2Gi}}]")
        try room.add(limitRange: "b", "[{type: Container, default: {memory: 1Gi}}]")
        #expect(plan(profile, room) == [])
        #expect(profile.reasons(room) == [.limitConflict])
    }

    @Test("P4: Whatever stands there, the server takes what is written, and no default of it competes with theirs")
    func neverRefused() throws {
        var random = SeededGenerator()
        let amounts = ["64Mi", "128Mi", "256Mi", "512Mi", "1Gi"]
        func item() -> LimitRange.Item {
            // Ascending amounts for an ascending choice of fields: what the server would have taken.
            var item = LimitRange.Item(type: .container)
            for resource in ["memory", "ephemeral-storage"] {
                var least = 0
                for field in LimitTable.ascending where Bool.random(using: &random) {
                    least = Int.random(in: least..<amounts.count, using: &random)
                    item[field] = (item[field] ?? [:]).merging([resource: amounts[least]]) { $1 }
                }
            }
            return item
        }
        for _ in 0..<600 {
            let asked = item()
            if LimitTable.explicit([asked]).isEmpty { continue }
            var problems: [FieldError] = []
            let spec = LimitRangeSpec(mode: nil, existing: .respect, limits: [asked])
            let control = LimitRangeControl(spec, mode: .enforce, problems: &problems)
            #expect(problems.isEmpty, "seed \(random.seed): \(asked)")
            var room = Room()
            for name in ["a", "b"] where Bool.random(using: &random) {
                room.ranges[name] = LimitRange(
                    metadata: ObjectMeta(name: name, uid: name),
                    spec: .init(limits: [item()])
                )
            }
            let theirs = room.ranges
            for operation in control.plan(room.view, for: "restricted", replacing: []) { try room.carryOut(operation) }
            let written = room.ranges[Marks.limitRangeName]?.spec.limits ?? []
            if !written.isEmpty {
                #expect(written.problems(at: "").isEmpty, "seed \(random.seed): \(asked) beside \(theirs): \(written)")
            }
            for (key, value) in LimitTable(written).entries where [.default, .defaultRequest].contains(key.field) {
                let first = theirs.sorted { $0.key < $1.key }.lazy
                    .compactMap { LimitTable($0.value.spec.limits).entries[key] }.first
                #expect(first == nil || first == value, "seed \(random.seed): \(asked) beside \(theirs): \(written)")
            }
            #expect(
                control.plan(room.view, for: "restricted", replacing: []).isEmpty,
                "seed \(random.seed): \(asked) beside \(theirs)"
            )
            #expect(
                control.assess(room.view).allSatisfy { $0.reason == .limitConflict },
                "seed \(random.seed): \(asked) beside \(theirs)"
            )
        }
    }
}
