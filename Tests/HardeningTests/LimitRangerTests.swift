import KubernetesAPI
import TestSupport
import Testing

@testable import Hardening

@Suite struct LimitRangerTests {
    private static func ranges(_ yaml: [String]) throws -> [LimitRanger.Range] {
        try zip(["x", "y", "z"], yaml).map { name, items in
            LimitRanger.Range(name: name, limits: LimitTable(try read([LimitRange.Item].self, "[\(items)]")))
        }
    }

    private static func refusals(_ pod: String, _ items: String..., minor: Int = 34) throws -> [LimitRefusal] {
        try LimitRanger(ranges(items), serverMinor: minor).refusals(of: PodResources(read(PodSpec.self, "{\(pod)}")))
    }

    private static func container(_ resources: String) -> String {
        "containers: [{name: app, resources: {\(resources)}}]"
    }

    // MARK: One container

    private static let usual = "{type: Container, default: {memory: 1Gi}, defaultRequest: {memory: 512Mi, cpu: 50m}}"

    @Test(
        "What a container says is held against the limits, and the message names container, field and LimitRange",
        arguments: [
            // resources, limits, message, remedies; admitted without a message
            ("", usual, nil, []),
            ("requests: {memory: 1Gi}", usual, nil, []),
            (
                "requests: {memory: 2Gi}", usual,
                "container \"app\": its memory request 2Gi is above the default limit 1Gi of LimitRange x",
                ["limits.memory: 2Gi"]
            ),
            ("requests: {memory: 2Gi}, limits: {memory: 2Gi}", usual, nil, []),
            // A limit alone is a request as well, before any default.
            ("limits: {memory: 256Mi}", usual, nil, []),
            ("limits: {memory: 8Gi}", usual, nil, []),
            (
                "requests: {memory: 2Gi}, limits: {memory: 1Gi}", usual,
                "container \"app\": its memory request 2Gi is above its limit 1Gi", ["limits.memory: 2Gi"]
            ),
            // A maximum is a default limit.
            (
                "requests: {cpu: 2}", "{type: Container, max: {cpu: 1}}",
                "container \"app\": its cpu request 2 is above the default limit 1 of LimitRange x", ["requests.cpu: 1"]
            ),
            ("requests: {cpu: 1}", "{type: Container, max: {cpu: 1}}", nil, []),
            ("", "{type: Container, max: {cpu: 1}}", nil, []),
            (
                "limits: {cpu: 1001m}", "{type: Container, max: {cpu: 1}}",
                "container \"app\": its cpu limit 1001m is above the maximum 1 of LimitRange x", ["limits.cpu: 1"]
            ),
            // A minimum is a default request, and no limit.
            ("", "{type: Container, min: {cpu: 100m}}", nil, []),
            (
                "requests: {cpu: 99m}", "{type: Container, min: {cpu: 100m}}",
                "container \"app\": its cpu request 99m is below the minimum 100m of LimitRange x",
                ["requests.cpu: 100m"]
            ),
            (
                "limits: {cpu: 99m}", "{type: Container, min: {cpu: 100m}}",
                "container \"app\": its cpu limit 99m, which is its request as well, is below the minimum 100m of LimitRange x",
                ["limits.cpu: 100m"]
            ),
            ("requests: {cpu: 100m}", "{type: Container, min: {cpu: 100m}}", nil, []),
            (
                "requests: {cpu: 200m}, limits: {cpu: 50m}", "{type: Container, min: {cpu: 100m}}",
                "container \"app\": its cpu request 200m is above its limit 50m", ["limits.cpu: 200m"]
            ),
            // The ratio.
            (
                "requests: {cpu: 100m}, limits: {cpu: 401m}", "{type: Container, maxLimitRequestRatio: {cpu: 4}}",
                "container \"app\": its cpu limit 401m is too great for its cpu request 100m: the ratio of limit to request, "
                    + "at most 4 of LimitRange x", ["limits.cpu: 100m"]
            ),
            (
                "requests: {cpu: 100m}, limits: {cpu: 400m}", "{type: Container, maxLimitRequestRatio: {cpu: 4}}", nil,
                []
            ),
            (
                "requests: {cpu: 100m}", "{type: Container, maxLimitRequestRatio: {cpu: 4}}",
                "container \"app\": it has no cpu limit, and needs one for the ratio of limit to request, at most 4 of "
                    + "LimitRange x", ["limits.cpu: 100m"]
            ),
            (
                "", "{type: Container, maxLimitRequestRatio: {cpu: 4}}",
                "container \"app\": it has no cpu request, and needs one for the ratio of limit to request, at most 4 of "
                    + "LimitRange x", ["limits.cpu", "requests.cpu"]
            ),
            // What cannot be overcommitted.
            (
                "requests: {example.com/gpu: 1}", "{type: Container, default: {example.com/gpu: 2}}",
                "container \"app\": its example.com/gpu request 1 is not the default limit 2 of LimitRange x, and it cannot "
                    + "be overcommitted", ["limits[example.com/gpu]: 1"]
            ),
            ("limits: {example.com/gpu: 1}", "{type: Container, default: {example.com/gpu: 2}}", nil, []),
            (
                "requests: {example.com/gpu: 1}", "{type: Container, defaultRequest: {cpu: 1}}",
                "container \"app\": it requests example.com/gpu, which cannot be overcommitted, without a limit",
                ["limits[example.com/gpu]: 1"]
            ),
            (
                "", "{type: Container, default: {hugepages-2Mi: 4Mi}}",
                "container \"app\": it has hugepages-2Mi, which need cpu or memory beside them", ["requests.memory"]
            ),
            ("requests: {cpu: 1}", "{type: Container, default: {hugepages-2Mi: 4Mi}}", nil, []),
            // Items of other types are about something else.
            ("requests: {memory: 2Gi}", "{type: PersistentVolumeClaim, max: {storage: 1Gi}}", nil, []),
        ] as [(String, String, String?, [String])]
    )
    func container(_ resources: String, _ limits: String, _ message: String?, _ remedies: [String]) throws {
        let refusals = try Self.refusals(Self.container(resources), limits)
        #expect(refusals.map(\.message) == [message].compactMap { $0 })
        #expect(refusals.allSatisfy { $0.kind == .certain && $0.path == "spec.containers[0]" && $0.container == "app" })
        #expect(refusals.flatMap(\.remedies) == remedies.map { "spec.containers[0].resources.\($0)" })
    }

    @Test("Every container is looked at where it stands, init containers too")
    func placed() throws {
        let pod = """
            initContainers: [{name: setup, resources: {requests: {memory: 2Gi}}}],
            containers: [{name: a}, {name: b, resources: {requests: {memory: 3Gi}}}]
            """
        let refusals = try Self.refusals(pod, Self.usual)
        #expect(refusals.map(\.path) == ["spec.initContainers[0]", "spec.containers[1]"])
        #expect(refusals.map(\.container) == ["setup", "b"])
        #expect(refusals.map { $0.message.hasPrefix("init container \"setup\": ") } == [true, false])
    }

    @Test("Amounts are compared to a thousandth, rounded up, whatever their spelling")
    func precision() throws {
        let limits = "{type: Container, max: {cpu: 1}}"
        #expect(
            try Self.refusals(Self.container("limits: {cpu: \"1000.5u\"}"), "{type: Container, min: {cpu: 2m}}") == []
        )
        #expect(try Self.refusals(Self.container("limits: {cpu: \"1000000001n\"}"), limits).count == 1)
        #expect(try Self.refusals(Self.container("limits: {cpu: 1000m}"), limits) == [])
    }

    @Test("Bounds of several LimitRanges add up, and the narrower is named")
    func narrowest() throws {
        for ranges in [
            ["{type: Container, max: {cpu: 1}}", "{type: Container, max: {cpu: 2}}"],
            ["{type: Container, max: {cpu: 2}}", "{type: Container, max: {cpu: 1}}"],
        ] {
            let refusals = try Self.refusals(Self.container("limits: {cpu: 1500m}"), ranges[0], ranges[1])
            #expect(refusals.map { $0.message.contains("above the maximum 1 of LimitRange") } == [true])
        }
        let nothing = try Self.refusals(
            Self.container("limits: {cpu: 1}"),
            "{type: Container, max: {cpu: 1}}",
            "{type: Container, min: {cpu: 2}}"
        )
        #expect(nothing.map(\.kind) == [.certain])
        #expect(nothing.map(\.remedies) == [[]], "no value fits")
    }

    // MARK: Which default is undefined

    @Test(
        "Two defaults for one key are told where a container depends on them",
        arguments: [
            ("", .undefinedDefault, ["limits.memory: 1Gi"]),
            ("requests: {memory: 2Gi}", .possible, ["limits.memory: 2Gi"]),
            ("requests: {memory: 5Gi}", .certain, ["limits.memory: 5Gi"]),
            ("requests: {memory: 1Gi}", .undefinedDefault, ["limits.memory: 1Gi"]),
            ("limits: {memory: 2Gi}", nil, []),
            ("requests: {memory: 512Mi}, limits: {memory: 2Gi}", nil, []),
        ] as [(String, LimitRefusal.Kind?, [String])]
    )
    func undefined(_ resources: String, _ kind: LimitRefusal.Kind?, _ remedies: [String]) throws {
        for order in [["1Gi", "4Gi"], ["4Gi", "1Gi"]] {
            let limits = order.map { "{type: Container, default: {memory: \($0)}}" }
            let refusals = try Self.refusals(Self.container(resources), limits[0], limits[1])
            #expect(refusals.map(\.kind) == [kind].compactMap { $0 })
            if order[0] == "1Gi" {
                #expect(refusals.flatMap(\.remedies) == remedies.map { "spec.containers[0].resources.\($0)" })
            }
            if kind == .possible {
                #expect(
                    refusals[0].message.contains(
                        "is undefined: a limit of \(order[0]) (LimitRange x) or of \(order[1])"
                    )
                )
                #expect(refusals[0].message.contains("; with one of them, its memory request 2Gi is above the default"))
            }
        }
    }

    @Test("Equal defaults are no matter, however they are spelt")
    func equalDefaults() throws {
        let limits = ["1Gi", "1024Mi"].map { "{type: Container, default: {memory: \($0)}}" }
        #expect(try Self.refusals(Self.container(""), limits[0], limits[1]) == [])
    }

    @Test("A request of one LimitRange can meet the limit of another")
    func mixed() throws {
        let refusals = try Self.refusals(
            Self.container(""),
            "{type: Container, defaultRequest: {memory: 2Gi}}",
            "{type: Container, default: {memory: 1Gi}}"
        )
        #expect(refusals.map(\.kind) == [.possible])
        #expect(
            refusals[0].message.contains(
                "its default memory request 2Gi of LimitRange x is above the default limit 1Gi"
            )
        )
    }

    // MARK: The pod as a whole

    private static func pod(_ containers: [String], initial: [String] = []) -> String {
        func list(_ all: [String]) -> String {
            all.enumerated().map { "{name: c\($0.offset), \($0.element)}" }.joined(separator: ", ")
        }
        return "containers: [\(list(containers))], initContainers: [\(list(initial))]"
    }

    private static func asks(_ memory: String) -> String { "resources: {requests: {memory: \(memory)}}" }
    private static func uses(_ memory: String) -> String { "resources: {limits: {memory: \(memory)}}" }
    private static func sidecar(_ memory: String) -> String { "restartPolicy: Always, \(uses(memory))" }

    @Test(
        "A pod's sum is held against the limits, as each version adds up",
        arguments: [
            // containers, init containers, limits; refused by 1.25, by 1.29
            ([uses("1Gi"), uses("1Gi")], [], "max: {memory: 2Gi}", false, false),
            ([uses("1Gi"), uses("1025Mi")], [], "max: {memory: 2Gi}", true, true),
            ([uses("1Gi"), uses("1Gi")], [uses("2Gi")], "max: {memory: 2Gi}", false, false),
            ([uses("1Gi")], [uses("3Gi")], "max: {memory: 2Gi}", true, true),
            ([uses("1Gi"), ""], [], "max: {memory: 2Gi}", true, false),
            (["", ""], [], "max: {memory: 2Gi}", true, true),
            (["", ""], [uses("1Gi")], "max: {memory: 2Gi}", false, false),
            ([uses("3Gi"), ""], [uses("1Gi")], "max: {memory: 2Gi}", false, true),
            ([asks("1Gi"), asks("1Gi")], [], "min: {memory: 2Gi}", false, false),
            ([asks("1Gi"), asks("1023Mi")], [], "min: {memory: 2Gi}", true, true),
            ([asks("2Gi"), ""], [], "min: {memory: 2Gi}", true, false),
            ([uses("1Gi")], [sidecar("1Gi")], "max: {memory: 2Gi}", false, false),
            ([uses("1Gi")], [sidecar("1025Mi")], "max: {memory: 2Gi}", false, true),
            // An init container beside the sidecars before it, not beside those after it.
            ([uses("1Mi")], [sidecar("1Gi"), uses("1025Mi")], "max: {memory: 2Gi}", false, true),
            ([uses("1Mi")], [uses("1025Mi"), sidecar("1Gi")], "max: {memory: 2Gi}", false, false),
            (
                ["resources: {requests: {memory: 1Gi}, limits: {memory: 3Gi}}"], [],
                "maxLimitRequestRatio: {memory: 2}", true, true
            ),
            (
                ["resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}"], [],
                "maxLimitRequestRatio: {memory: 2}", false, false
            ),
        ] as [([String], [String], String, Bool, Bool)]
    )
    func sums(_ containers: [String], _ initial: [String], _ limits: String, _ before: Bool, _ after: Bool) throws {
        let item = "{type: Pod, \(limits)}"
        let old = try Self.refusals(Self.pod(containers, initial: initial), item, minor: 25)
        let new = try Self.refusals(Self.pod(containers, initial: initial), item, minor: 29)
        let either = try Self.refusals(Self.pod(containers, initial: initial), item, minor: 27)
        #expect(old.isEmpty != before)
        #expect(new.isEmpty != after)
        #expect(either.isEmpty != (before || after), "in between, either may be")
        for refusal in old + new {
            #expect(refusal.path == "spec" && refusal.container == nil && refusal.resource == "memory")
            #expect(refusal.message.hasPrefix("pod: ") && refusal.message.hasSuffix("of LimitRange x"))
            #expect(!refusal.remedies.isEmpty)
        }
    }

    @Test("A pod's sum says what it is, and which containers lack what it needs")
    func sumWords() throws {
        let sum = try Self.refusals(Self.pod([Self.uses("1Gi"), Self.uses("2Gi")]), "{type: Pod, max: {memory: 2Gi}}")
        #expect(
            sum.map(\.message) == ["pod: the sum of its memory limits, 3Gi, is above the maximum 2Gi of LimitRange x"]
        )
        #expect(sum.flatMap(\.remedies) == ["spec.containers[*].resources.limits.memory: at most 2Gi in all"])
        let lack = try Self.refusals(Self.pod([Self.uses("1Gi"), ""]), "{type: Pod, max: {memory: 2Gi}}", minor: 20)
        #expect(
            lack.map(\.message) == ["pod: it has no memory limit, and needs one for the maximum 2Gi of LimitRange x"]
        )
        #expect(lack.flatMap(\.remedies) == ["spec.containers[1].resources.limits.memory"])
    }

    @Test("Default limits count into the sum, and the refusal is only possible where they are undefined")
    func defaultsInSums() throws {
        let pod = Self.pod(["", ""])
        let sum = "{type: Pod, max: {memory: 3Gi}}"
        let one = try Self.refusals(pod, "{type: Container, default: {memory: 2Gi}}, \(sum)")
        #expect(one.map(\.kind) == [.certain])
        let two = try Self.refusals(
            pod,
            "{type: Container, default: {memory: 2Gi}}, \(sum)",
            "{type: Container, default: {memory: 1Gi}}"
        )
        #expect(two.map(\.kind) == [.undefinedDefault, .undefinedDefault, .possible])
    }

    // MARK: spec.resources

    @Test(
        "What a pod asks for as a whole must hold what its containers get by default",
        arguments: [
            // spec.resources, containers; refused
            ("limits: {memory: 2Gi}", ["", ""], false),
            ("limits: {memory: 1Gi}", ["", ""], false),
            ("limits: {memory: 1023Mi}", ["", ""], true),
            ("requests: {memory: 1Gi}", ["", ""], false),
            ("requests: {memory: 1023Mi}", ["", ""], true),
            // The pod's request is its containers', as far as they say one before they get defaults.
            ("limits: {memory: 4Gi}", [asks("512Mi"), ""], true),
            ("limits: {cpu: 4}", [asks("512Mi"), ""], true),
            ("limits: {cpu: 4}", ["", ""], false),
            ("requests: {cpu: 4}", [asks("512Mi"), ""], false),
            ("requests: {memory: 4Gi}, limits: {memory: 4Gi}", [asks("512Mi"), ""], false),
            // Each container's limit by itself.
            ("requests: {memory: 1Gi}, limits: {memory: 1Gi}", [uses("1Gi")], false),
            (
                "requests: {memory: 1Gi}, limits: {memory: 1Gi}",
                ["resources: {requests: {memory: 1Mi}, limits: {memory: 2Gi}}"], true
            ),
        ] as [(String, [String], Bool)]
    )
    func podLevel(_ resources: String, _ containers: [String], _ isRefused: Bool) throws {
        let pod = "resources: {\(resources)}, \(Self.pod(containers))"
        let limits = "{type: Container, default: {memory: 1Gi}, defaultRequest: {memory: 512Mi}}"
        let refusals = try Self.refusals(pod, limits)
        #expect(refusals.isEmpty != isRefused)
        #expect(refusals.allSatisfy { $0.path == "spec" && $0.kind == .certain && $0.remedies.count >= 1 })
        #expect(try Self.refusals(pod, limits, minor: 33) == [], "not before 1.34")
    }

    @Test("What is refused for the pod as a whole names who got the default, and what to set")
    func podLevelWords() throws {
        let pod = "resources: {limits: {memory: 768Mi}}, \(Self.pod(["", ""]))"
        let refusals = try Self.refusals(pod, "{type: Container, defaultRequest: {memory: 512Mi}}")
        #expect(
            refusals.map(\.message) == [
                "pod: its containers' memory requests, 1Gi in all, with the default requests of LimitRanges for \"c0\", \"c1\", "
                    + "are above spec.resources.requests.memory, 768Mi"
            ]
        )
        #expect(
            refusals.flatMap(\.remedies) == [
                "spec.resources.limits.memory: 1Gi", "spec.resources.requests.memory: 1Gi",
            ]
        )
    }

    @Test("What a pod asks for as a whole replaces the sum of its containers")
    func podLevelSum() throws {
        let sum = "{type: Pod, max: {memory: 2Gi}}"
        let containers = Self.pod([Self.uses("1Gi"), Self.uses("2Gi")])
        #expect(try Self.refusals(containers, sum).count == 1)
        #expect(
            try Self.refusals("resources: {limits: {memory: 2Gi}, requests: {memory: 3Gi}}, \(containers)", sum).count
                == 1
        )
        let within = Self.pod([Self.uses("1Gi"), Self.uses("1Gi")])
        let above = try Self.refusals("resources: {limits: {memory: 3Gi}}, \(within)", sum)
        #expect(above.map(\.message) == ["pod: its memory limit 3Gi is above the maximum 2Gi of LimitRange x"])
        #expect(above.flatMap(\.remedies) == ["spec.resources.limits.memory: at most 2Gi in all"])
    }

    // MARK: What is new

    @Test(
        "Only what ours adds is new",
        arguments: [
            // theirs, ours, resources; new
            ([], "{type: Container, default: {memory: 1Gi}}", "requests: {memory: 2Gi}", [.certain]),
            ([], "{type: Container, default: {memory: 1Gi}}", "requests: {memory: 1Gi}", []),
            // Refused already.
            (
                ["{type: Container, max: {memory: 1Gi}}"], "{type: Container, default: {memory: 1Gi}}",
                "requests: {memory: 2Gi}", []
            ),
            ([], "{type: Container, default: {memory: 1Gi}}", "requests: {memory: 2Gi}, limits: {memory: 1Gi}", []),
            // Another resource than what is refused already.
            (
                ["{type: Container, max: {cpu: 1}}"], "{type: Container, default: {memory: 1Gi}}",
                "requests: {memory: 2Gi}, limits: {cpu: 2}", [.certain]
            ),
            // Undefined by ours.
            (
                ["{type: Container, default: {memory: 4Gi}}"], "{type: Container, default: {memory: 1Gi}}",
                "requests: {memory: 2Gi}", [.possible]
            ),
            (
                ["{type: Container, default: {memory: 4Gi}}"], "{type: Container, default: {memory: 1Gi}}", "",
                [.undefinedDefault]
            ),
            (
                ["{type: Container, default: {memory: 4Gi}}"], "{type: Container, default: {memory: 1Gi}}",
                "limits: {memory: 2Gi}", []
            ),
            // Undefined already, and refused with one of them already.
            (
                ["{type: Container, default: {memory: 4Gi}}", "{type: Container, default: {memory: 1Gi}}"],
                "{type: Container, default: {memory: 2Gi}}", "requests: {memory: 3Gi}", []
            ),
            // Undefined already, but refused only with ours.
            (
                ["{type: Container, default: {memory: 4Gi}}", "{type: Container, default: {memory: 3Gi}}"],
                "{type: Container, default: {memory: 2Gi}}", "requests: {memory: 3Gi}", [.possible]
            ),
        ] as [([String], String, String, [LimitRefusal.Kind])]
    )
    func new(_ theirs: [String], _ ours: String, _ resources: String, _ kinds: [LimitRefusal.Kind]) throws {
        let own = LimitRanger.Range(name: "ours", limits: LimitTable(try read([LimitRange.Item].self, "[\(ours)]")))
        let others = try Self.ranges(theirs)
        let refusals = LimitRanger(others + [own], serverMinor: 34).refusals(
            of: PodResources(try read(PodSpec.self, "{\(Self.container(resources))}")),
            besidesThoseOf: LimitRanger(others, serverMinor: 34)
        )
        #expect(refusals.map(\.kind) == kinds)
    }

    @Test("The control foretells what its LimitRange would refuse, also once it is there")
    func control() throws {
        let profile = try compiled("limitRange: {limits: [{type: Container, default: {memory: 1Gi}}]}")
        let control = try #require(profile.controls.first as? LimitRangeControl)
        let pod = PodResources(try read(PodSpec.self, "{\(Self.container("requests: {memory: 2Gi}"))}"))
        var room = Room()
        #expect(control.newRefusals(in: room.view)(pod).map(\.kind) == [.certain])
        try room.carryOut(profile.plan(room.view))
        #expect(control.newRefusals(in: room.view)(pod).map(\.kind) == [.certain])
        // Theirs says it already, so that ours has nothing to say.
        try room.add(limitRange: "theirs", "[{type: Container, default: {memory: 1Gi}}]")
        #expect(control.newRefusals(in: room.view)(pod) == [])
        try room.add(limitRange: Marks.limitRangeName, "[{type: Container, max: {memory: 1Mi}}]")
        #expect(control.newRefusals(in: room.view)(pod) == [], "somebody else's of our name stays as it is")
    }

    // MARK: Laws

    @Test("Who does as a remedy says is admitted, and nobody is told to lower what needs no lowering", arguments: seeds)
    func remediesWork(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let ranges = RandomLimits.ranges(using: &random)
            let ranger = LimitRanger(
                ranges.enumerated().map { .init(name: "r\($0.offset)", limits: LimitTable($0.element)) },
                serverMinor: 34
            )
            var resources = RandomLimits.resources(using: &random)
            let before = ranger.refusals(of: resources).filter { $0.container != nil && !$0.remedies.isEmpty }
            for refusal in before {
                let index = try #require(resources.containers.firstIndex { $0.path == refusal.path })
                for remedy in refusal.remedies {
                    let parts = remedy.split(separator: ": ").map(String.init)
                    guard parts.count == 2 else { continue }
                    if parts[0].contains(".limits") {
                        resources.containers[index].requirements.limits[refusal.resource] = parts[1]
                    } else {
                        resources.containers[index].requirements.requests[refusal.resource] = parts[1]
                    }
                }
            }
            let after = ranger.refusals(of: resources)
            for refusal in before where refusal.remedies.allSatisfy({ $0.contains(": ") }) {
                #expect(
                    !after.contains { $0.path == refusal.path && $0.resource == refusal.resource },
                    "seed \(seed): \(refusal), then \(after)"
                )
            }
        }
    }

    @Test(
        "The order in which LimitRanges are found means nothing, and without any only what is wrong by itself is refused",
        arguments: seeds
    )
    func order(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let ranges = RandomLimits.ranges(using: &random).enumerated()
                .map { LimitRanger.Range(name: "r\($0.offset)", limits: LimitTable($0.element)) }
            let resources = RandomLimits.resources(using: &random)
            let minor = [20, 27, 29, 34].randomElement(using: &random) ?? 20
            let refusals = LimitRanger(ranges, serverMinor: minor).refusals(of: resources)
            #expect(
                refusals == LimitRanger(ranges.reversed(), serverMinor: minor).refusals(of: resources),
                "seed \(seed)"
            )
            for refusal in LimitRanger([], serverMinor: minor).refusals(of: resources) {
                #expect(refusal.kind == .certain && !refusal.message.contains("LimitRange"), "seed \(seed): \(refusal)")
            }
            #expect(Set(refusals.map { [$0.path, $0.resource] }).count == refusals.count, "seed \(seed): \(refusals)")
        }
    }
}
