import KubernetesAPI
import Testing

@testable import Hardening

@Suite("What another namespace says") struct ForeignObjectTests {
    @Test(
        "of accounts counts by whose binding it is",
        arguments: [
            (nil as String?, "team", false), ("team", "team", false), ("kube-system", "team", false),
            ("other", "team", true),
        ]
    )
    func bindings(of binding: String?, account: String, isFromElsewhere: Bool) throws {
        let subjects = try read([Subject].self, "[{kind: ServiceAccount, name: a, namespace: \(account)}]")
        let user = try read([Subject].self, "[{kind: User, name: 'system:serviceaccount:\(account):a'}]")
        for subjects in [subjects, user] {
            let accounts = BoundAccount.accounts(subjects, defaultNamespace: binding)
            #expect(accounts == [BoundAccount(namespace: account, name: "a", isFromElsewhere: isFromElsewhere)])
        }
    }

    @Test("holds a token back from being taken, and gives none back that was taken")
    func tokens() throws {
        let profile = try compiled("serviceAccountToken: {}")
        var room = Room()
        room.add(account: "default")
        var view = room.view
        view.workloads = WorkloadGroup.groups([try Make.deployment("op", "{containers: [{name: c}]}")])
        view.accountsBoundElsewhere = ["default"]
        let control = try #require(profile.controls.first { type(of: $0).name == .serviceAccountToken })
        #expect(control.impact(view).map(\.reason) == [.tokenLost])
        #expect(control.assess(view).map(\.reason) == [.tokenAutomounted])
        // As if a binding of its own named it.
        view.boundAccounts = ["default"]
        #expect(control.assess(view).map(\.reason) == [.boundAccountSkipped])
    }

    @Test(
        "of network plugins is no sign: anybody may call a DaemonSet so",
        arguments: [("kube-system", true), ("team", false)]
    )
    func provider(namespace: String, isSign: Bool) {
        #expect(NetworkPolicyProvider.isKnown(daemonSet: "calico-node", in: namespace) == isSign)
    }
}
