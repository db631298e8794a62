import KubernetesAPI
import PodSecurity
import TestSupport
import Testing

@testable import Hardening

@Suite struct ExemptionTests {
    private static let rest = "namespaceSelector: {}\ncontrols: {podSecurity: {}}"
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private static let week: Int64 = 604_800

    // MARK: What is understood

    /// The exemptions of a profile that has these, each in YAML's flow style without the braces.
    private static func exemptions(_ items: String...) throws -> [Exemption] {
        let list = items.map { "{\($0)}" }.joined(separator: ", ")
        return try CompiledProfile(profile("\(rest)\nexemptions: [\(list)]")).exemptions
    }

    private static func exemption(_ rest: String, name: String = "a", until end: String? = nil) throws -> Exemption {
        let expiry = end.map { ", expiresAt: \"\($0)\"" } ?? ""
        return try #require(try exemptions("name: \(name), reason: because, \(rest)\(expiry)").first)
    }

    @Test("All that an exemption says is understood")
    func full() throws {
        let exemptions = try Self.exemptions(
            """
            name: node-exporter, reason: needs the host's files, owner: sre@example.com,
            expiresAt: "2027-01-31T12:00:00+01:00", checks: [host-path-volumes, host-namespaces],
            namespaceSelector: {matchLabels: {team: sre}},
            workloads: [{kind: DaemonSet, name: node-exporter-*, labelSelector: {matchLabels: {app: exporter}}}]
            """,
            "name: rest, reason: later, controls: [networkPolicy, workloads], namespaces: [legacy-*]"
        )
        #expect(exemptions.map(\.name) == ["node-exporter", "rest"])
        #expect(exemptions.map(\.reason) == ["needs the host's files", "later"])
        #expect(exemptions.map(\.owner) == ["sre@example.com", ""])
        #expect(exemptions.map { $0.expiresAt?.description } == ["2027-01-31T11:00:00Z", nil])
    }

    @Test("A profile without exemptions has none")
    func none() throws {
        #expect(try CompiledProfile(profile(Self.rest)).exemptions.isEmpty)
        #expect(try Self.exemptions().isEmpty)
    }

    private static let good = "name: a, reason: r, checks: [image-digest], namespaces: [team-a]"
    private static let end = "expiresAt: \"2027-01-31T12:00:00Z\""
    private static let long = String(repeating: "a", count: 64)

    @Test(
        "What an exemption must not say is refused, by field and value",
        arguments: [
            ("reason: r, checks: [image-digest], namespaces: [a]", "name", ""),
            ("name: A, reason: r, checks: [image-digest], namespaces: [a]", "name", "A"),
            ("name: a.b, reason: r, checks: [image-digest], namespaces: [a]", "name", "a.b"),
            ("name: -a, reason: r, checks: [image-digest], namespaces: [a]", "name", "-a"),
            ("name: \(long), reason: r, checks: [image-digest], namespaces: [a]", "name", long),
            ("name: a, checks: [image-digest], namespaces: [a]", "reason", ""),
            ("name: a, reason: \"\", checks: [image-digest], namespaces: [a]", "reason", ""),
            ("name: a, reason: \" \\t\\n\", checks: [image-digest], namespaces: [a]", "reason", #" \t\n"#),
            // From what.
            ("name: a, reason: r, namespaces: [a]", "", "a"),
            (
                "name: a, reason: r, controls: [podSecurity], checks: [image-digest], namespaces: [a]", "checks",
                "controls and checks"
            ),
            ("name: a, reason: r, controls: [], namespaces: [a]", "controls", "[]"),
            ("name: a, reason: r, checks: [], namespaces: [a]", "checks", "[]"),
            ("name: a, reason: r, controls: [podSecurity, psp], namespaces: [a]", "controls[1]", "psp"),
            (
                "name: a, reason: r, checks: [image-digest, image-digests], namespaces: [a]", "checks[1]",
                "image-digests"
            ),
            ("name: a, reason: r, checks: [hostPathVolumes], namespaces: [a]", "checks[0]", "hostPathVolumes"),
            // Where.
            (
                "\(good), namespaceSelector: {matchLabels: {a: b}}", "namespaceSelector",
                "namespaces and namespaceSelector"
            ),
            ("name: a, reason: r, checks: [image-digest], namespaces: []", "namespaces", "[]"),
            ("name: a, reason: r, checks: [image-digest], namespaces: [a, B]", "namespaces[1]", "B"),
            (
                "name: a, reason: r, checks: [image-digest], namespaceSelector: {matchExpressions: [{key: a, operator: In}]}",
                "namespaceSelector.matchExpressions[0].values", "[]"
            ),
            // Which workloads.
            ("\(good), workloads: []", "workloads", "[]"),
            ("\(good), workloads: [{name: a}]", "workloads[0].kind", ""),
            ("\(good), workloads: [{kind: \"*\"}, {kind: apps/Deployment}]", "workloads[1].kind", "apps/Deployment"),
            ("\(good), workloads: [{kind: \"D*\"}]", "workloads[0].kind", "D*"),
            ("\(good), workloads: [{kind: deployment}]", "workloads[0].kind", "deployment"),
            ("\(good), workloads: [{kind: Pod, name: \"[\"}]", "workloads[0].name", "["),
            (
                "\(good), workloads: [{kind: Pod, labelSelector: {matchLabels: {a: \"?\"}}}]",
                "workloads[0].labelSelector.matchLabels[a]", "?"
            ),
            // Until when.
            ("\(good), expiresAt: tomorrow", "expiresAt", "tomorrow"),
            ("\(good), expiresAt: \"2027-02-30T00:00:00Z\"", "expiresAt", "2027-02-30T00:00:00Z"),
            ("\(good), expiresAt: \"2027-01-31T12:00:00\"", "expiresAt", "2027-01-31T12:00:00"),
        ]
    )
    func invalid(_ item: String, _ field: String, _ value: String) throws {
        let error = try #require(throws: InvalidProfile.self) { try Self.exemptions(item) }
        #expect(error.problems.map(\.field) == ["spec.exemptions[0]" + (field.isEmpty ? "" : ".\(field)")])
        #expect(error.problems.map(\.value) == [value])
        #expect(error.problems.allSatisfy { !$0.expected.isEmpty })
    }

    @Test("Who misspells a check is told the id that is most like it, and for a control all there are")
    func nearest() throws {
        func expected(_ subject: String) throws -> String {
            let error = try #require(throws: InvalidProfile.self) {
                try Self.exemptions("name: a, reason: r, namespaces: [a], \(subject)")
            }
            return error.problems.map(\.expected).joined()
        }
        #expect(try expected("checks: [run-as-nonroot]") == "the id of a check, such as run-as-non-root")
        #expect(
            try expected("controls: [psp]")
                == "one of \(Exemption.controls.sorted().joined(separator: ", "))"
        )
    }

    @Test("A name of 63 letters is one; two exemptions of one name are refused")
    func names() throws {
        #expect(
            try Self.exemption("checks: [image-digest], namespaces: [a]", name: String(Self.long.dropLast())).name.count
                == 63
        )
        let error = try #require(throws: InvalidProfile.self) { try Self.exemptions(Self.good, Self.good) }
        #expect(error.problems.map(\.field) == ["spec.exemptions[1].name"])
    }

    @Test("All problems of all exemptions are found at once, beside those of the rest of the profile")
    func all() throws {
        let spec = "\(Self.rest)\npriority: -1\nexemptions: [{}, {\(Self.good), workloads: [{}]}]"
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile(spec)) }
        #expect(
            error.problems.map(\.field) == [
                "spec.priority", "spec.exemptions[0].name", "spec.exemptions[0].reason", "spec.exemptions[0]",
                "spec.exemptions[0].expiresAt", "spec.exemptions[1].workloads[0].kind",
            ]
        )
    }

    @Test("A value of the wrong type is reported, not thrown")
    func types() throws {
        let error = try #require(throws: InvalidProfile.self) { try Self.exemptions("name: a, checks: image-digest") }
        #expect(error.problems.map(\.field) == ["spec.exemptions[0].checks"])
    }

    @Test(
        "What holds in every namespace must end",
        arguments: [
            ("", true), ("namespaces: [\"*\"]", true), ("namespaces: [a, \"**\"]", true),
            ("namespaces: [\"?*\"]", true),
            ("namespaces: [\"*?\"]", true), ("namespaces: [\"[a-z0-9]*\"]", true), ("namespaces: [\"*[!-]\"]", true),
            ("namespaces: [\"[a-m]*\", \"[!a-m]*\"]", true), ("namespaces: [\"?\", \"??*\"]", true),
            ("namespaces: [\"*\"], workloads: [{kind: DaemonSet, name: exporter}]", true),
            ("namespaceSelector: {}", true), ("namespaceSelector: {matchLabels: {}, matchExpressions: []}", true),
            ("namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}", true),
            ("namespaces: [a]", false), ("namespaces: [\"?\"]", false), ("namespaces: [\"?\", \"??\"]", false),
            ("namespaces: [\"[a-z]*\"]", false), ("namespaces: [\"a*\", \"*a\"]", false),
            ("namespaces: [\"kube-*\"]", false),
            ("namespaceSelector: {matchLabels: {a: b}}", false),
            ("namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}", false),
            (
                "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}",
                false
            ),
        ]
    )
    func blanket(_ place: String, _ isBlanket: Bool) throws {
        let item = "name: a, reason: r, checks: [image-digest]\(place.isEmpty ? "" : ", \(place)")"
        #expect(try Self.exemptions("\(item), \(Self.end)").count == 1)
        if isBlanket {
            let error = try #require(throws: InvalidProfile.self) { try Self.exemptions(item) }
            #expect(error.problems.map(\.field) == ["spec.exemptions[0].expiresAt"])
        } else {
            #expect(try Self.exemptions(item).count == 1)
        }
    }

    @Test("What is of a whole namespace, or of the cluster, cannot be left out for single workloads")
    func scope() throws {
        let workloads = "workloads: [{kind: Deployment, name: web}]"
        func isRefused(_ subject: String) throws -> Bool {
            _ = try Self.exemptions("name: a, reason: r, namespaces: [a], \(subject)")
            do {
                _ = try Self.exemptions("name: a, reason: r, namespaces: [a], \(subject), \(workloads)")
                return false
            } catch let error as InvalidProfile {
                #expect(error.problems.map(\.field) == ["spec.exemptions[0].workloads"])
                return true
            }
        }
        for control in ControlName.allCases where control.rawValue != "workloads" {
            #expect(try isRefused("controls: [\(control.rawValue)]"))
            #expect(try isRefused("controls: [workloads, \(control.rawValue)]"))
        }
        #expect(try !isRefused("controls: [workloads]"))
        for check in [
            "network-policy-coverage", "network-policy-allow-all", "network-policy-provider", "cloud-metadata-access",
            "reserved-namespace-prefix", "kubernetes-version", "node-version-skew",
        ] {
            #expect(try isRefused("checks: [\(check)]"))
            #expect(try isRefused("checks: [image-digest, \(check)]"))
        }
        for check in CheckID.allCases.map(\.controlID) + [
            "container-runtime-socket", "host-path-read-only", "read-only-root-filesystem", "resource-limits",
            "image-digest", "image-tag-latest", "image-registry-allowlist", "secret-environment-variables",
            "literal-secret", "service-account-token-mounted", "default-service-account-usage",
            "share-process-namespace", "run-as-group", "replica-count", "default-namespace-usage",
            "system-namespace-usage",
        ] {
            #expect(try !isRefused("checks: [\(check)]"))
        }
    }

    // MARK: What is covered

    private static func namespace(_ name: String = "team-a", _ labels: [String: String] = [:]) -> ObservedNamespace {
        ObservedNamespace(Namespace(metadata: ObjectMeta(name: name, labels: labels)))
    }

    private static func workload(
        _ kind: String = "Deployment",
        _ name: String = "web",
        _ labels: [String: String] = [:]
    ) throws -> WorkloadGroup {
        var pod = try read(Workload<WorkloadKinds.Pod>.self, "metadata: {name: p, uid: p}")
        pod.metadata.labels = labels
        let observed = ObservedWorkload(pod, facts: nil)
        return WorkloadGroup(
            identity: .init(kind: kind, name: name, group: "", uid: "u"),
            top: observed,
            templates: [observed],
            pods: []
        )
    }

    @Test(
        "An exemption holds where it says, and nowhere else",
        arguments: [
            ("namespaces: [team-a]", "team-a", [:], true), ("namespaces: [team-a]", "team-b", [:], false),
            ("namespaces: [x, \"team-*\"]", "team-b", [:], true), ("namespaces: [\"team-?\"]", "team-bb", [:], false),
            ("namespaceSelector: {matchLabels: {team: a}}", "x", ["team": "a"], true),
            ("namespaceSelector: {matchLabels: {team: a}}", "x", ["team": "b"], false),
            ("namespaceSelector: {matchLabels: {team: a}}", "x", [:], false),
            ("namespaceSelector: {}, \(end)", "x", [:], true), ("namespaces: [\"*\"], \(end)", "x", [:], true),
            (end, "x", [:], true),
        ] as [(String, String, [String: String], Bool)]
    )
    func place(_ place: String, _ name: String, _ labels: [String: String], _ isCovered: Bool) throws {
        let namespace = Self.namespace(name, labels)
        let control = try Self.exemption("controls: [podSecurity], \(place)")
        #expect(control.covers(.podSecurity, in: namespace, at: Self.now) == isCovered)
        #expect(!control.covers(.networkPolicy, in: namespace, at: Self.now))
        let check = try Self.exemption("checks: [image-digest], \(place)")
        #expect(
            check.covers(check: "image-digest", in: namespace, workload: try Self.workload(), at: Self.now) == isCovered
        )
        #expect(check.covers(check: "image-digest", in: namespace, workload: nil, at: Self.now) == isCovered)
        #expect(!check.covers(check: "image-tag-latest", in: namespace, workload: try Self.workload(), at: Self.now))
        #expect(!check.covers(.podSecurity, in: namespace, at: Self.now))
    }

    @Test(
        "An exemption of workloads covers those of kind, name and labels, and no namespace as a whole",
        arguments: [
            ("{kind: Deployment}", "Deployment", "web", [:], true),
            ("{kind: Deployment}", "StatefulSet", "web", [:], false),
            ("{kind: \"*\"}", "Rollout", "web", [:], true), ("{kind: Rollout}", "Rollout", "web", [:], true),
            ("{kind: Deployment, name: web}", "Deployment", "web", [:], true),
            ("{kind: Deployment, name: web}", "Deployment", "web-1", [:], false),
            ("{kind: Deployment, name: \"web*\"}", "Deployment", "web-1", [:], true),
            ("{kind: Deployment, name: \"web.v[0-9]\"}", "Deployment", "web.v2", [:], true),
            ("{kind: \"*\", labelSelector: {matchLabels: {app: x}}}", "Pod", "web", ["app": "x"], true),
            ("{kind: \"*\", labelSelector: {matchLabels: {app: x}}}", "Pod", "web", ["app": "y"], false),
            ("{kind: Pod, name: web, labelSelector: {matchLabels: {app: x}}}", "Pod", "db", ["app": "x"], false),
            ("{kind: Pod, name: db}, {kind: Deployment}", "Deployment", "web", [:], true),
            ("{kind: Pod, name: db}, {kind: Deployment, name: a}", "Deployment", "web", [:], false),
        ] as [(String, String, String, [String: String], Bool)]
    )
    func workloads(_ list: String, _ kind: String, _ name: String, _ labels: [String: String], _ isCovered: Bool) throws
    {
        let workload = try Self.workload(kind, name, labels)
        for subject in ["checks: [image-digest]", "controls: [workloads]"] {
            let exemption = try Self.exemption("\(subject), namespaces: [team-a], workloads: [\(list)]")
            func covers(_ workload: WorkloadGroup?, in name: String = "team-a") -> Bool {
                exemption.covers(check: "image-digest", in: Self.namespace(name), workload: workload, at: Self.now)
            }
            #expect(covers(workload) == isCovered)
            #expect(!covers(workload, in: "team-b"))
            #expect(!covers(nil))
            for control in ControlName.allCases {
                #expect(!exemption.covers(control, in: Self.namespace(), at: Self.now))
            }
        }
    }

    @Test("An exemption from the control of workloads is one from every check; one from another control from none")
    func workloadsControl() throws {
        let all = try Self.exemption("controls: [workloads], namespaces: [team-a]")
        let other = try Self.exemption("controls: [podSecurity], namespaces: [team-a]")
        for check in Exemption.checks {
            #expect(all.covers(check: check, in: Self.namespace(), workload: try Self.workload(), at: Self.now))
            #expect(!other.covers(check: check, in: Self.namespace(), workload: try Self.workload(), at: Self.now))
        }
    }

    @Test("The cluster as a whole is exempt only by what holds everywhere")
    func cluster() throws {
        func covers(_ place: String) throws -> Bool {
            try Self.exemption("checks: [kubernetes-version]\(place)")
                .covers(check: "kubernetes-version", in: nil, workload: nil, at: Self.now)
        }
        #expect(try covers(", \(Self.end)"))
        #expect(try !covers(", namespaces: [\"*\"], \(Self.end)"))
        #expect(try !covers(", namespaces: [team-a]"))
        #expect(try !covers(", namespaceSelector: {matchLabels: {a: b}}"))
    }

    // MARK: Time

    private static func ending(in seconds: Int64?, name: String = "a") throws -> Exemption {
        let end = seconds.map { Timestamp(secondsSinceEpoch: now.secondsSinceEpoch + $0).description }
        return try exemption("controls: [podSecurity], namespaces: [\"*-a\"]", name: name, until: end)
    }

    @Test(
        "An exemption ends in its second, and is said to a week before, to the second",
        arguments: [
            // seconds until it ends; active, soon; when it next changes, in seconds
            (nil, true, false, nil),
            (week + 1, true, false, 1), (week, true, true, week), (week - 1, true, true, week - 1),
            (1, true, true, 1), (0, false, false, nil), (-1, false, false, nil), (-week, false, false, nil),
            (52 * week, true, false, 51 * week),
        ] as [(Int64?, Bool, Bool, Int64?)]
    )
    func boundary(_ seconds: Int64?, _ isActive: Bool, _ isSoon: Bool, _ next: Int64?) throws {
        let exemption = try Self.ending(in: seconds)
        #expect(exemption.isActive(at: Self.now) == isActive)
        #expect(exemption.expiresSoon(at: Self.now) == isSoon)
        #expect(exemption.covers(.podSecurity, in: Self.namespace(), at: Self.now) == isActive)
        #expect(
            exemption.nextChange(after: Self.now)?.secondsSinceEpoch == next.map { Self.now.secondsSinceEpoch + $0 }
        )
    }

    @Test("Of several, the next change of any counts")
    func nextChange() throws {
        let all = try [nil, 3 * Self.week, 100, -5].map { try Self.ending(in: $0) }
        #expect(all.nextChange(after: Self.now)?.secondsSinceEpoch == Self.now.secondsSinceEpoch + 100)
        #expect([Exemption]().nextChange(after: Self.now) == nil)
        #expect(try [Self.ending(in: nil), Self.ending(in: 0)].nextChange(after: Self.now) == nil)
    }

    @Test("Between two changes nothing changes, and at each something does", arguments: seeds)
    func changes(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let all = try (0..<Int.random(in: 1...5, using: &random)).map { index in
            try Self.ending(
                in: Bool.random(using: &random) ? .random(in: -2 * Self.week...4 * Self.week, using: &random) : nil,
                name: "e\(index)"
            )
        }
        func state(_ now: Timestamp) -> [[Bool]] { all.map { [$0.isActive(at: now), $0.expiresSoon(at: now)] } }
        var now = Self.now
        for _ in 0..<20 {
            guard let next = all.nextChange(after: now) else {
                let late = Timestamp(
                    secondsSinceEpoch: now.secondsSinceEpoch + .random(in: 1...1_000_000_000, using: &random)
                )
                #expect(state(late) == state(now), "seed \(seed)")
                break
            }
            try #require(now < next, "seed \(seed)")
            let between = Int64.random(in: now.secondsSinceEpoch..<next.secondsSinceEpoch, using: &random)
            #expect(state(Timestamp(secondsSinceEpoch: between)) == state(now), "seed \(seed)")
            #expect(state(next) != state(now), "seed \(seed)")
            now = next
        }
    }

    @Test("What has ended covers nothing, whatever else it says", arguments: seeds)
    func ended(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let isControls = Bool.random(using: &random)
            let subject =
                isControls
                ? "controls: [\(Exemption.controls.shuffled(using: &random).prefix(3).joined(separator: ", "))]"
                : "checks: [\(Exemption.checks.shuffled(using: &random).prefix(5).joined(separator: ", "))]"
            let place =
                ["", ", namespaces: [\"*\"]", ", namespaceSelector: {}", ", namespaces: [team-a]"]
                .randomElement(using: &random) ?? ""
            let end = Int64.random(in: -2 * Self.week...2 * Self.week, using: &random)
            let text = Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + end).description
            let exemption = try Self.exemption(subject + place, until: text)
            let covered =
                try Exemption.checks.filter {
                    exemption.covers(check: $0, in: Self.namespace(), workload: try Self.workload(), at: Self.now)
                }.count
                + ControlName.allCases.filter { exemption.covers($0, in: Self.namespace(), at: Self.now) }.count
            #expect((covered > 0) == (end > 0), "seed \(seed): \(subject)\(place) until \(text)")
        }
    }

    // MARK: How they stand

    @Test("Exemptions are counted by how they stand; only active ones can be unused")
    func tally() throws {
        let all = try [
            ("forever", nil), ("later", Self.week + 1), ("soon", Self.week), ("last", 1), ("over", 0), ("past", -1),
        ].map { try Self.ending(in: $0.1, name: $0.0) }
        let none = ExemptionTally(all, matches: [:], at: Self.now)
        #expect([none.active, none.expiring, none.expired, none.unused] == [4, 2, 2, 4])
        let some = ExemptionTally(all, matches: ["soon": 3, "over": 2, "later": 0, "other": 9], at: Self.now)
        #expect([some.active, some.expiring, some.expired, some.unused] == [4, 2, 2, 3])
        #expect(ExemptionTally([], matches: ["a": 1], at: Self.now) == ExemptionTally())
    }

    @Test("Those that are unused, end soon or have ended are named, the first five of each, with when")
    func named() throws {
        func message(_ all: [(String, Int64?)], _ used: String...) throws -> String? {
            let all = try all.map { try Self.ending(in: $0.1, name: $0.0) }
            let matches = Dictionary(used.map { ($0, 1) }, uniquingKeysWith: { $1 })
            return ExemptionTally(all, matches: matches, at: Self.now).message
        }
        func time(_ seconds: Int64) -> Timestamp {
            Timestamp(secondsSinceEpoch: Self.now.secondsSinceEpoch + seconds)
        }
        #expect(try message([("fine", nil), ("later", Self.week + 1)], "fine", "later") == nil)
        #expect(
            try message([("idle", nil), ("soon", 60), ("over", -60), ("fine", nil), ("rest", nil)], "fine", "soon")
                == "unused: idle, rest; expiring: soon (\(time(60))); expired: over (\(time(-60)))"
        )
        let many = (0..<8).map { ("e\($0)", nil as Int64?) }
        #expect(try message(many, "e1") == "unused: e0, e2, e3, e4, e5 and 2 more")
    }
}
