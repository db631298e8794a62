import Hardening
import KubernetesAPI
import PodSecurity
import Testing

@Suite struct PodSecurityControlTests {
    private static let enforce = "pod-security.kubernetes.io/enforce"
    private static let version = "pod-security.kubernetes.io/enforce-version"
    private static let all = ["enforce", "audit", "warn"].flatMap {
        ["pod-security.kubernetes.io/\($0)", "pod-security.kubernetes.io/\($0)-version"]
    }
    private static let restricted = "podSecurity: {enforce: restricted, audit: restricted, warn: restricted}"

    private func podLabels(_ room: Room) -> [String: String] {
        room.namespace.labels.filter { $0.key.hasPrefix("pod-security.kubernetes.io/") }
    }

    @Test("P3: The six labels are written: enforce pinned to the server's minor, the others to the latest")
    func labels() throws {
        var room = Room()
        try room.carryOut(compiled(Self.restricted).plan(room.view))
        #expect(
            podLabels(room) == [
                Self.enforce: "restricted", Self.version: "v1.34",
                "pod-security.kubernetes.io/audit": "restricted", "pod-security.kubernetes.io/audit-version": "latest",
                "pod-security.kubernetes.io/warn": "restricted", "pod-security.kubernetes.io/warn-version": "latest",
            ]
        )
        #expect(room.namespace.labels[Marks.profileLabel] == "restricted")
    }

    @Test("Left to its defaults, the control enforces baseline, and audits and warns of restricted")
    func defaults() throws {
        var room = Room()
        try room.carryOut(compiled("podSecurity: {}").plan(room.view))
        #expect(room.namespace.labels[Self.enforce] == "baseline")
        #expect(room.namespace.labels["pod-security.kubernetes.io/audit"] == "restricted")
        #expect(room.namespace.labels["pod-security.kubernetes.io/warn"] == "restricted")
    }

    @Test("A label that is absent or weak is found, enforce as the worse, with what is there and what is asked for")
    func findings() throws {
        var room = Room(labels: [Self.enforce: "baseline", Self.version: "v1.20"])
        let findings = try compiled(Self.restricted).findings(room)
        #expect(findings.map(\.reason) == [.podSecurityLabelWeak, .podSecurityLabelWeak, .podSecurityLabelWeak])
        #expect(findings.map(\.severity) == [.high, .medium, .medium])
        #expect(findings.first?.message.contains("is baseline:v1.20: restricted:v1.34 is asked for") == true)
        #expect(findings.last?.message.contains("is not set") == true)
        room.label(Self.version, nil)
        for key in Self.all where !key.hasSuffix("-version") { room.label(key, "restricted") }
        #expect(try compiled(Self.restricted).reasons(room) == [])
    }

    // Every label that somebody may have set, by every profile.
    private static let levels: [String?] = [nil, "privileged", "baseline", "restricted", "bogus"]
    private static let versions: [String?] = [nil, "v1.20", "v1.34", "v1.36", "latest", "bogus"]
    private static let wanted = ["privileged", "baseline", "restricted"].flatMap { level in
        ["", ", enforceVersion: v1.28", ", enforceVersion: latest"].map { "enforce: \(level)\($0)" }
    }

    private static func policy(_ room: Room) -> Policy? {
        guard let level = room.namespace.labels[enforce].flatMap(Level.init(rawValue:)) else { return nil }
        // Of what the server understands, the latest is its own.
        let version = room.namespace.labels[version].flatMap(Version.init) ?? .latest
        return Policy(level: level, version: min(version, .minor(room.cluster.serverMinor)))
    }

    @Test(
        "P4: Whatever stands there, what is written is as asked for, never weaker than before, and then stays",
        arguments: wanted
    )
    func neverWeakened(_ wanted: String) throws {
        let profile = try compiled("podSecurity: {\(wanted)}")
        for level in Self.levels {
            for version in Self.versions {
                var room = Room()
                if let level { room.label(Self.enforce, level) }
                if let version { room.label(Self.version, version) }
                let before = Self.policy(room)
                let isFound = profile.findings(room).contains { $0.message.contains("\(Self.enforce) ") }
                try room.carryOut(profile.plan(room.view))
                let after = try #require(Self.policy(room))
                #expect(profile.reasons(room) == [])
                if let before { #expect(after.isAtLeastAsStrict(as: before), "\(before) became \(after)") }
                let isTouched = [Self.enforce, Self.version].contains { room.view.namespace.ownedLabels.contains($0) }
                // What is found is what is written.
                #expect(isTouched == isFound, "\(level ?? "-"):\(version ?? "-")")
                #expect(profile.plan(room.view).isEmpty)
                try room.carryOut(Plan.release(room.view, of: ["restricted"]))
                #expect(room.namespace.labels[Self.enforce] == (level == "bogus" ? nil : level))
                #expect(room.namespace.labels[Self.version] == (isTouched && version == "bogus" ? nil : version))
            }
        }
    }

    @Test("A stricter label that somebody set is theirs and stays so")
    func stricter() throws {
        var room = Room(labels: [Self.enforce: "restricted"])
        try room.carryOut(compiled("podSecurity: {enforce: baseline}").plan(room.view))
        #expect(room.namespace.labels[Self.enforce] == "restricted" && room.namespace.labels[Self.version] == nil)
        #expect(!room.view.namespace.ownedLabels.contains(Self.enforce))
    }

    @Test("The version of enforce stays pinned when the server is upgraded")
    func pinned() throws {
        let profile = try compiled(Self.restricted)
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.cluster.serverMinor = 36
        #expect(profile.plan(room.view).isEmpty)
        #expect(profile.reasons(room) == [])
        // A version that the profile names is followed.
        let explicit = try compiled("podSecurity: {enforce: restricted, enforceVersion: v1.35}")
        try room.carryOut(explicit.plan(room.view))
        #expect(room.namespace.labels[Self.version] == "v1.35")
    }

    @Test("What somebody changes or takes off of ours is put back", arguments: all)
    func drift(_ key: String) throws {
        let profile = try compiled(Self.restricted)
        var room = Room(labels: [Self.enforce: "baseline"])
        try room.carryOut(profile.plan(room.view))
        let before = room.namespace
        let weaker = key.hasSuffix("-version") ? "v1.0" : "privileged"
        for value in [nil, weaker] {
            room.label(key, value)
            #expect(profile.reasons(room) == [.podSecurityLabelWeak] || value == nil && key.hasSuffix("-version"))
            try room.carryOut(profile.plan(room.view))
            #expect(room.namespace.labels == before.labels)
            // What stood there before us is remembered, not what the drift was.
            #expect(room.namespace.annotations == before.annotations)
        }
    }

    @Test("Taking the operator's mark off is drift too")
    func mark() throws {
        let profile = try compiled(Self.restricted)
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        for value in [nil, "other"] {
            room.label(Marks.profileLabel, value)
            try room.carryOut(profile.plan(room.view))
            #expect(room.namespace.labels[Marks.profileLabel] == "restricted")
        }
    }

    @Test("A memory that somebody takes off is written anew, as far as it is still known")
    func memory() throws {
        let profile = try compiled(Self.restricted)
        var room = Room(labels: [Self.enforce: "baseline"])
        try room.carryOut(profile.plan(room.view))
        room.namespace.annotations = [:]
        try room.carryOut(profile.plan(room.view))
        #expect(room.namespace.annotations[Marks.previousAnnotation] != nil)
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("P2: A profile that asks for less gives back what its owners had set, and is not less strict than they were")
    func loosened() throws {
        var room = Room(labels: [Self.enforce: "baseline", "team": "a"])
        try room.carryOut(compiled(Self.restricted).plan(room.view))
        #expect(room.namespace.labels[Self.enforce] == "restricted")
        for looser in ["baseline", "privileged"] {
            let profile = try compiled("podSecurity: {enforce: \(looser)}")
            var loosened = room
            try loosened.carryOut(profile.plan(loosened.view))
            #expect(loosened.namespace.labels[Self.enforce] == "baseline")
            #expect(loosened.namespace.labels[Self.version] == nil)
            #expect(profile.reasons(loosened) == [])
            #expect(profile.plan(loosened.view).isEmpty)
        }
    }

    @Test("A profile that asks for less follows down where nobody else had set anything")
    func followsDown() throws {
        var room = Room()
        try room.carryOut(compiled(Self.restricted).plan(room.view))
        try room.carryOut(compiled("podSecurity: {enforce: baseline}").plan(room.view))
        #expect(room.namespace.labels[Self.enforce] == "baseline")
    }

    @Test("What others apply with the very same value stays, when we ask for less and when we go")
    func shared() throws {
        var room = Room()
        let profile = try compiled(Self.restricted)
        try room.carryOut(profile.plan(room.view))
        room.namespace.share(label: Self.enforce, with: "argocd")
        #expect(profile.plan(room.view).isEmpty)
        var loosened = room
        try loosened.carryOut(compiled("podSecurity: {enforce: baseline}").plan(loosened.view))
        #expect(loosened.namespace.labels[Self.enforce] == "restricted")
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(podLabels(room) == [Self.enforce: "restricted"])
        #expect(!room.namespace.mentionsUs)
    }

    @Test("What the server would refuse does not come back, so that the rest does")
    func hostileMemory() throws {
        let profile = try compiled(Self.restricted)
        var room = Room(labels: [Self.enforce: "baseline", Self.version: "v1.20"])
        try room.carryOut(profile.plan(room.view))
        room.namespace.annotations[Marks.previousAnnotation] =
            #"{"pod-security.kubernetes.io/enforce":"no such level","pod-security.kubernetes.io/enforce-version":"v1.20"}"#
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(podLabels(room) == [Self.version: "v1.20"])
    }

    @Test("O1: A restoring patch is bound to what was observed, and an apply to the namespace itself")
    func preconditions() throws {
        var room = Room()
        room.namespace.resourceVersion = ResourceVersion("7")
        let plan = try compiled(Self.restricted).plan(room.view)
        guard case .apply(let document) = plan.steps.first?.operations.first?.verb else {
            Issue.record("\(plan)")
            return
        }
        #expect(document["metadata"]?["uid"] == "uid-team-a")
        try room.carryOut(plan)
        let release = Plan.release(room.view, of: ["restricted"])
        guard case .merge(let patch) = release.steps.first?.operations.first?.verb else {
            Issue.record("\(release)")
            return
        }
        #expect(patch["metadata"]?["resourceVersion"] == .string(room.namespace.resourceVersion.rawValue))
    }
}
