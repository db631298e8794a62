import Hardening
import KubernetesAPI
import Testing

@Suite struct ServiceAccountTokenControlTests {
    private static let all = "serviceAccountToken: {scope: All}"

    private func plan(_ profile: CompiledProfile, _ room: Room) -> [String] {
        profile.plan(room.view).summary.filter { $0.contains("ServiceAccount") }
            .map { $0.replacing("ServiceAccount team-a/", with: "") }
    }

    /// A namespace whose `default` needs nothing.
    private func room() -> Room {
        var room = Room()
        room.add(account: "default", automount: false)
        return room
    }

    @Test(
        "An account is judged by its field, its scope and its bindings",
        arguments: [
            // settings, account, field, bound: what is found and whether it is written.
            ("", "default", nil, false, .tokenAutomounted, true), ("", "default", false, false, nil, false),
            ("", "default", true, false, .tokenExplicitlyMounted, false), ("", "other", nil, false, nil, false),
            ("", "other", true, false, nil, false), ("scope: All", "other", nil, false, .tokenAutomounted, true),
            ("scope: All", "other", false, false, nil, false),
            ("scope: All", "other", true, false, .tokenExplicitlyMounted, false),
            ("scope: All, explicitTrue: Override", "other", true, false, .tokenAutomounted, true),
            ("scope: All", "other", nil, true, .boundAccountSkipped, false),
            ("scope: All", "other", true, true, .boundAccountSkipped, false),
            ("scope: All", "other", false, true, nil, false),
            ("scope: All, boundAccounts: Include", "other", nil, true, .tokenAutomounted, true),
            ("scope: All, boundAccounts: Include", "other", true, true, .tokenExplicitlyMounted, false),
            ("scope: All, exemptServiceAccounts: [oth*]", "other", nil, false, nil, false),
            ("scope: All, exemptServiceAccounts: [oth*]", "other", true, true, nil, false),
            ("scope: All, exemptServiceAccounts: [vault]", "other", nil, false, .tokenAutomounted, true),
            ("exemptServiceAccounts: [default]", "default", nil, false, nil, false),
        ] as [(String, String, Bool?, Bool, Finding.Reason?, Bool)]
    )
    func treatment(
        _ settings: String,
        _ account: String,
        _ automount: Bool?,
        _ isBound: Bool,
        _ reason: Finding.Reason?,
        _ isWritten: Bool
    ) throws {
        let profile = try compiled("serviceAccountToken: {\(settings)}")
        var room = room()
        room.add(account: account, automount: automount)
        if isBound { room.bound = [account] }
        #expect(profile.reasons(room) == [reason].compactMap { $0 })
        #expect(profile.findings(room).allSatisfy { $0.message.contains(account) })
        #expect(plan(profile, room) == (isWritten ? ["apply \(account)"] : []))
        try room.carryOut(profile.plan(room.view))
        #expect(room.accounts[account]?.automountServiceAccountToken == (isWritten ? false : automount))
        #expect(profile.reasons(room) == (isWritten ? [] : [reason].compactMap { $0 }))
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("That a bound account is left alone is worth knowing, and no violation; the others are violations")
    func severity() throws {
        var room = room()
        room.add(account: "bound")
        room.add(account: "explicit", automount: true)
        room.add(account: "unset")
        room.bound = ["bound"]
        let findings = try compiled(Self.all).findings(room)
        #expect(findings.map(\.reason) == [.tokenAutomounted, .tokenExplicitlyMounted, .boundAccountSkipped])
        #expect(findings.map(\.isViolation) == [true, true, false])
    }

    @Test("The account default is applied before anyone has created it")
    func beforeItExists() throws {
        let profile = try compiled("serviceAccountToken: {}")
        var room = Room()
        #expect(profile.reasons(room) == [])
        let operation = try #require(profile.plan(room.view).steps.first?.operations.first)
        #expect(operation.target == .serviceAccount("default"))
        #expect(
            operation.verb
                == .apply([
                    "apiVersion": "v1", "kind": "ServiceAccount", "automountServiceAccountToken": false,
                    "metadata": [
                        "name": "default", "namespace": "team-a", "labels": ["hardening.dev/profile": "restricted"],
                        "annotations": ["hardening.dev/previous": #"{"automountServiceAccountToken":null}"#],
                    ],
                ])
        )
        try room.carryOut(profile.plan(room.view))
        #expect(room.accounts["default"]?.automountServiceAccountToken == false)
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("It is not created where it is exempt or bound")
    func notCreated() throws {
        var room = Room()
        #expect(try plan(compiled("serviceAccountToken: {exemptServiceAccounts: [def*]}"), room) == [])
        room.bound = ["default"]
        #expect(try plan(compiled("serviceAccountToken: {}"), room) == [])
        #expect(try plan(compiled("serviceAccountToken: {boundAccounts: Include}"), room) == ["apply default"])
    }

    @Test("P8: An account that is there is applied by its uid, so that none that is gone is created anew")
    func uid() throws {
        var room = room()
        room.add(account: "other")
        let operation = try #require(compiled(Self.all).plan(room.view).steps.first?.operations.first)
        guard case .apply(let document) = operation.verb else {
            Issue.record("\(operation)")
            return
        }
        #expect(document["metadata"]?["uid"] == "uid-other")
    }

    @Test("What we once set and someone flips is drift, even to an explicit true", arguments: [nil, true] as [Bool?])
    func drift(_ value: Bool?) throws {
        let profile = try compiled(Self.all)
        var room = room()
        room.add(account: "other")
        try room.carryOut(profile.plan(room.view))
        room.set("other", automount: value)
        #expect(profile.reasons(room) == [.tokenAutomounted])
        #expect(plan(profile, room) == ["apply other"])
        try room.carryOut(profile.plan(room.view))
        #expect(room.accounts["other"]?.automountServiceAccountToken == false)
        // It comes back as it was before us, not as it drifted.
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(room.accounts["other"]?.automountServiceAccountToken == nil)
    }

    @Test("Our marks that someone takes off are put back")
    func marks() throws {
        let profile = try compiled(Self.all)
        var room = room()
        room.add(account: "other")
        try room.carryOut(profile.plan(room.view))
        for change in [
            { (metadata: inout ObjectMeta) in metadata.labels = [:] }, { $0.annotations = [:] },
            { $0.labels[Marks.profileLabel] = "x" },
        ] {
            var changed = room
            if var account = changed.accounts["other"] {
                change(&account.metadata)
                changed.accounts["other"] = account
            }
            #expect(plan(profile, changed) == ["apply other"])
        }
    }

    @Test(
        "P2: On release an account has the value that stood there before",
        arguments: [(nil, ""), (true, "explicitTrue: Override")] as [(Bool?, String)]
    )
    func release(_ value: Bool?, _ settings: String) throws {
        var room = room()
        room.add(account: "other", automount: value)
        let before = room.accounts
        try room.carryOut(compiled("serviceAccountToken: {scope: All, \(settings)}").plan(room.view))
        #expect(room.accounts["other"]?.automountServiceAccountToken == false)
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(
            room.accounts.mapValues(\.automountServiceAccountToken) == before.mapValues(\.automountServiceAccountToken)
        )
        #expect(room.accounts.values.allSatisfy { $0.metadata.labels.isEmpty && $0.metadata.annotations.isEmpty })
        #expect(room.accounts.values.allSatisfy { !$0.metadata.mentionsUs })
    }

    @Test("What somebody set back to true after us is theirs on release")
    func releaseAfterDrift() throws {
        var room = room()
        room.add(account: "other")
        try room.carryOut(compiled(Self.all).plan(room.view))
        room.set("other", automount: true)
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(room.accounts["other"]?.automountServiceAccountToken == true)
    }

    @Test("What somebody else applies as well stays on release")
    func shared() throws {
        let profile = try compiled(Self.all)
        var room = room()
        room.add(account: "other")
        try room.carryOut(profile.plan(room.view))
        room.accounts["other"]?.metadata.share(field: Room.automount, with: "argocd")
        #expect(profile.plan(room.view).isEmpty)
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(room.accounts["other"]?.automountServiceAccountToken == false)
        #expect(room.accounts["other"]?.metadata.mentionsUs == false)
    }

    @Test(
        "An account that leaves the scope gets its earlier value back",
        arguments: ["scope: Default", "scope: All, exemptServiceAccounts: [other]"]
    )
    func leavesScope(_ settings: String) throws {
        var room = room()
        room.add(account: "other")
        try room.carryOut(compiled(Self.all).plan(room.view))
        let narrower = try compiled("serviceAccountToken: {\(settings)}")
        #expect(plan(narrower, room) == ["restore other"])
        try room.carryOut(narrower.plan(room.view))
        #expect(room.accounts["other"]?.automountServiceAccountToken == nil)
        #expect(narrower.plan(room.view).isEmpty)
    }

    @Test("An account that a binding names from now on gets its earlier value back, and is reported as skipped")
    func boundLater() throws {
        let profile = try compiled(Self.all)
        var room = room()
        room.add(account: "other")
        try room.carryOut(profile.plan(room.view))
        room.bound = ["other"]
        try room.carryOut(profile.plan(room.view))
        #expect(room.accounts["other"]?.automountServiceAccountToken == nil)
        #expect(profile.reasons(room) == [.boundAccountSkipped])
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("A true that was overruled comes back once the profile respects it")
    func respectsAgain() throws {
        var room = room()
        room.add(account: "other", automount: true)
        room.add(account: "unset")
        try room.carryOut(compiled("serviceAccountToken: {scope: All, explicitTrue: Override}").plan(room.view))
        let respecting = try compiled(Self.all)
        #expect(plan(respecting, room) == ["restore other"])
        try room.carryOut(respecting.plan(room.view))
        #expect(room.accounts["other"]?.automountServiceAccountToken == true)
        #expect(room.accounts["unset"]?.automountServiceAccountToken == false)
        #expect(respecting.reasons(room) == [.tokenExplicitlyMounted])
        #expect(respecting.plan(room.view).isEmpty)
    }

    @Test("A true that was overruled and came back by itself is respected, not drift")
    func respectsWhatCameBack() throws {
        var room = room()
        room.add(account: "other", automount: true)
        try room.carryOut(compiled("serviceAccountToken: {scope: All, explicitTrue: Override}").plan(room.view))
        room.set("other", automount: true)
        let respecting = try compiled(Self.all)
        #expect(respecting.reasons(room) == [.tokenExplicitlyMounted])
        try room.carryOut(respecting.plan(room.view))
        #expect(room.accounts["other"]?.automountServiceAccountToken == true)
        #expect(room.accounts["other"]?.metadata.mentionsUs == false)
        #expect(respecting.plan(room.view).isEmpty)
    }

    @Test(
        "A token is lost by what pods are made from next, not by pods that run and keep theirs",
        arguments: [
            // The template's field, the live pod's, and whether the template is known.
            (nil, nil, true, true), (nil, "true", true, true), ("true", nil, true, false), ("false", nil, true, false),
            ("true", "true", true, false), (nil, nil, false, true), (nil, "true", false, false),
        ] as [(String?, String?, Bool, Bool)]
    )
    func tokenLost(_ template: String?, _ pod: String?, _ isTemplateKnown: Bool, _ isLost: Bool) throws {
        func spec(_ automount: String?) -> String {
            "{containers: [{name: app}]\(automount.map { ", automountServiceAccountToken: \($0)" } ?? "")}"
        }
        var room = Room()
        room.add(account: "default")
        var view = room.view
        view.leaseHolders = ["web-0_1c2d"]
        let set = try Make.replicaSet("web", spec(template))
        let live = try Make.pod("web-0", spec(pod), owner: "ReplicaSet/web")
        view.workloads = WorkloadGroup.groups(isTemplateKnown ? [set, live] : [live])
        let impacts = try compiled(Self.all).assess(view).flatMap(\.findings).filter { $0.reason == .tokenLost }
        #expect(impacts.map(\.workload) == (isLost ? ["ReplicaSet/web"] : []))
    }
}
