import Hardening
import KubernetesAPI
import Testing

@testable import HardeningController

@Suite struct NamespaceNewsTests {
    private let news = NamespaceNews(of: "team-a")

    private func standing(
        _ inForce: [ControlName: String],
        blockers: [ControlName: String] = [:]
    ) -> NamespaceStanding {
        var standing = NamespaceStanding()
        (standing.inForce, standing.blockers) = (inForce, blockers)
        return standing
    }

    @Test("What is in force anew, or further than before, is told at once; what was so before, is not")
    func enforced() {
        let before = standing([.networkPolicy: "Ingress", .limitRange: "all"])
        let after = standing([.networkPolicy: "Egress+Ingress", .limitRange: "all", .podSecurity: "baseline:v1.34"])
        #expect(
            news.enforced(from: before, to: after).map(\.note)
                == ["networkPolicy, podSecurity: enforced in namespace team-a"]
        )
        #expect(news.enforced(from: after, to: after).isEmpty)
        #expect(news.enforced(from: after, to: standing([:])).isEmpty)
    }

    @Test("What is in the way is told when it comes to be so, each control for itself")
    func held() {
        let before = standing([:], blockers: [.podSecurity: "pods"])
        let after = standing([:], blockers: [.podSecurity: "more pods", .networkPolicy: "a Service"])
        let items = news.held(from: before, to: after)
        #expect(items.map(\.note) == ["networkPolicy in namespace team-a: a Service"])
        #expect(items.map(\.action) == ["EnforceNetworkPolicy"])
    }

    @Test(
        "A repair says what was done to what",
        arguments: [
            (Operation.Target.namespace, ControlName.podSecurity, false, "podSecurity: changed labels restored"),
            (
                .serviceAccount("default"), .serviceAccountToken, false,
                "serviceAccountToken: changed ServiceAccount default restored"
            ),
            (.limitRange("l"), .limitRange, true, "limitRange: deleted LimitRange l restored"),
        ]
    )
    func repaired(target: Operation.Target, control: ControlName, wasDeleted: Bool, words: String) {
        let operation = Operation(namespace: "team-a", target: target, verb: .apply([:]))
        let items = news.repaired([Repair(control: control, operation: operation, wasDeleted: wasDeleted)])
        #expect(items.map(\.note) == ["\(words) in namespace team-a"])
    }
}
