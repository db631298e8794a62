import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// What goes on while a part of what should be seen cannot be.
    @Suite struct Degradation {
        @Test(
            "What may not be watched is named; what would break unseen is held, the rest goes on, and all is well once it may",
            arguments: ["pods", "deployments", "ingresses"]
        )
        func unobserved(_ plural: String) async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let kubeconfig = try await cluster.grantAll(but: plural)
                let blind = try await scene.settledNamespace("held", labels: ["profile": "hold"])
                let open = try await scene.settledNamespace("proceeded", labels: ["profile": "proceed"])
                let holding = try await scene.profile("hold") {
                    $0["onDisruption"] = nil
                    $0["namespaceSelector"] = ["matchLabels": ["test": .string(scene.name), "profile": "hold"]]
                    $0["controls"]?["podSecurity"] = ["rollout": ["observe": "0s"]]
                }
                let proceeding = try await scene.profile("proceed") {
                    $0["namespaceSelector"] = ["matchLabels": ["test": .string(scene.name), "profile": "proceed"]]
                }
                try await cluster.withOperator(kubeconfig: kubeconfig) { process in
                    try await process.ready()
                    let held = try await scene.status(of: holding, "\(plural) is not observed") { status in
                        guard let observed = status.condition(.workloadsObserved) else { return false }
                        return observed.status == .false && observed.message.contains("\(plural) (")
                            && status.condition(.ready)?.status == .unknown
                    }
                    #expect(held.condition(.ready)?.reason == "WatchFailing")
                    for control in Scene.controls {
                        let waits = held.obstacles(of: control) == 1
                        #expect(waits == control.needs(plural), "\(control)")
                    }
                    #expect(
                        held.findings.contains {
                            $0.reason == .enforcementHeld && $0.message.contains("\(plural) cannot be observed")
                        }
                    )
                    let limits = try await cluster.object(LimitRange.self, "hardening-limits", in: blind)
                    #expect((limits == nil) == ControlName.limitRange.needs(plural))
                    #expect(try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: blind) == nil)

                    try await scene.status(of: proceeding, "reconciled as far as can be seen") {
                        $0.namespaces.selected == 1 && $0.condition(.ready)?.reason == "WatchFailing"
                    }
                    #expect(try await cluster.object(LimitRange.self, "hardening-limits", in: open) != nil)

                    try await cluster.grantAll()
                    try await scene.status(of: holding, "all is observed") {
                        $0.condition(.workloadsObserved)?.status == .true
                    }
                    try await scene.compliant(holding, namespaces: 1)
                }
                try await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "part-for-tests")
            }
        }

        @Test(
            "Started anew where it may not see who calls any more, it shuts out nobody whom it let through, until it sees"
        )
        func startedBlind() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.build(.named("ingress"))
                let profile = try await scene.profile { spec in
                    spec["controls"] = ["networkPolicy": ["allow": ["derive": ["Ingress"]]]]
                }
                let derived = "hardening-derived-1"
                var kubeconfig = try await cluster.grantAll()
                try await cluster.withOperator(kubeconfig: kubeconfig) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    #expect(try await cluster.object(NetworkPolicy.self, derived, in: namespace) != nil)
                }
                kubeconfig = try await cluster.grantAll(but: "ingresses")
                try await cluster.withOperator(kubeconfig: kubeconfig) { process in
                    try await process.ready()
                    try await scene.status(of: profile, "ingresses are not observed") {
                        $0.condition(.workloadsObserved)?.message.contains("ingresses (") == true
                    }
                    // What is in force is repaired all the same: the namespace was looked at with what is seen.
                    try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                    try await eventually("the denial is back") {
                        try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace) != nil
                    }
                    #expect(try await cluster.object(NetworkPolicy.self, derived, in: namespace) != nil)

                    try await cluster.grantAll()
                    try await scene.status(of: profile, "all is observed") {
                        $0.condition(.workloadsObserved)?.status == .true
                    }
                    #expect(try await cluster.object(NetworkPolicy.self, derived, in: namespace) != nil)
                    try await cluster.kubectl("delete", "ingress", "shop", "-n", namespace)
                    try await eventually("what is not called any more is not let through") {
                        try await cluster.object(NetworkPolicy.self, derived, in: namespace) == nil
                    }
                }
                try await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "part-for-tests")
            }
        }
    }
}

extension ControlName {
    /// Whether this control, before it is enforced, looks at such objects.
    fileprivate func needs(_ plural: String) -> Bool { plural != "ingresses" || self == .networkPolicy }
}
