import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    @Suite struct Modes {
        @Test("Audit writes nothing, and finds what Enforce then puts right")
        func audit() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile { $0["mode"] = "Audit" }
                let namespace = try await scene.settledNamespace("audit")
                let before = try await scene.content(of: namespace)
                let cluster = scene.cluster
                try await cluster.withOperator { process in
                    try await process.ready()
                    let audited = try await scene.status(of: profile, "not compliant") {
                        $0.condition(.ready)?.status == .true && $0.condition(.compliant)?.status == .false
                    }
                    #expect(Set(audited.findings.map(\.control)) == Set(Scene.controls))
                    #expect(audited.controls.allSatisfy { $0.mode == .audit && $0.nonCompliant == 1 })
                    #expect(audited.compliancePercent == 0)
                    #expect(try await scene.content(of: namespace) == before)
                    #expect(try await !scene.managers(of: namespace).contains("hardening-operator"))
                    let finalizers = try await cluster.object(HardeningProfile.self, profile)?.metadata.finalizers
                    #expect(finalizers == [])

                    try await scene.profile()
                    let enforced = try await scene.compliant(profile, namespaces: 1)
                    #expect(enforced.findingsTotal == 0)
                }
            }
        }

        @Test("A control's own mode Audit writes nothing for that control, and everything for the others")
        func controlMode() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile { $0["controls"]?["networkPolicy"]?["mode"] = "Audit" }
                let namespace = try await scene.settledNamespace("audit")
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    let status = try await scene.status(of: profile, "three of four") {
                        $0.compliancePercent == scene.fullPercent - 25
                    }
                    #expect(status.findings.allSatisfy { $0.control == .networkPolicy })
                    #expect(status.findingsTotal == 2, "one for each direction")
                }
                let policies = try await scene.cluster.client.listAll(
                    NetworkPolicy.self,
                    of: .init(namespace: namespace)
                )
                #expect(policies.isEmpty)
            }
        }

        @Test("suspend stops writing at once and goes on judging; lifting it puts right what went wrong meanwhile")
        func suspend() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("suspend")
                let cluster = scene.cluster
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try await cluster.edit(HardeningProfile.self, profile, ["spec": ["suspend": true]])
                    try await scene.status(of: profile, "suspended") {
                        $0.condition(.ready)?.reason == "Suspended" && $0.condition(.compliant)?.status != .false
                    }
                    let mark = cluster.auditedRequests().count
                    try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                    try await cluster.edit(
                        ServiceAccount.self,
                        "default",
                        in: namespace,
                        ["automountServiceAccountToken": true]
                    )
                    try await scene.status(of: profile, "what went wrong") { status in
                        [ControlName.networkPolicy, .serviceAccountToken].allSatisfy { control in
                            status.findings.contains { $0.control == control }
                        }
                    }
                    let writes = cluster.auditedRequests().dropFirst(mark).filter {
                        $0.isWrite && !$0.requestURI.contains("/hardeningprofiles/")
                    }
                    #expect(writes.isEmpty)

                    try await cluster.edit(HardeningProfile.self, profile, ["spec": ["suspend": false]])
                    try await scene.compliant(profile, namespaces: 1)
                }
            }
        }

        @Test("An audit of higher priority takes over the judgement, and opens nothing that another profile closed")
        func auditTakesOver() async throws {
            try await Scene.play { scene in
                let before = try await scene.content(of: scene.settledNamespace("closed"))
                let namespace = "\(scene.name)-closed"
                let profile = try await scene.profile { $0["deletionPolicy"] = "Release" }
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let closed = try await scene.content(of: namespace)
                    let audit = try await scene.profile("audit") {
                        $0["mode"] = "Audit"
                        $0["priority"] = 500
                    }
                    let status = try await scene.status(of: audit, "ready") { $0.condition(.ready)?.status == .true }
                    #expect(status.namespaces.selected == 1 && status.findingsTotal == 0)
                    try await scene.status(of: profile, "shadowed") { $0.namespaces.shadowed == 1 }
                    #expect(try await scene.content(of: namespace) == closed)
                    try await scene.cluster.delete(HardeningProfile.self, profile)
                    try await eventually("\(profile) is gone, and with it what it enforced") {
                        try await scene.cluster.object(HardeningProfile.self, profile) == nil
                    }
                    #expect(try await scene.content(of: namespace) == before)
                }
            }
        }

        @Test("Disabled gives back what was enforced and governs nothing")
        func disabled() async throws {
            try await Scene.play { scene in
                let namespace = try await scene.settledNamespace("disabled")
                let before = try await scene.content(of: namespace)
                let profile = try await scene.profile()
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try await scene.profile { $0["mode"] = "Disabled" }
                    try await scene.status(of: profile, "disabled, and nothing left") {
                        $0.condition(.ready)?.reason == "Disabled" && $0.namespaces.selected == 0
                    }
                    #expect(try await scene.content(of: namespace) == before)
                }
            }
        }
    }
}
