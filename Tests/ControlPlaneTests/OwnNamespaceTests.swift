import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    @Suite struct OwnNamespace {
        @Test(
            "The operator's own namespace is as a restricted profile wants it, with nothing exempt and nothing written"
        )
        func restricted() async throws {
            try await Scene.play { scene in
                let before = try await scene.content(of: "hardening-system")
                let profile = try await scene.profile {
                    $0["namespaceSelector"] = ["matchLabels": ["app.kubernetes.io/name": "hardening-operator"]]
                    $0["controls"]?["serviceAccountToken"] = ["scope": "All"]
                    $0["controls"]?["limitRange"] = [
                        "limits": [
                            [
                                "type": "Container", "default": ["memory": "256Mi"],
                                "defaultRequest": ["cpu": "50m", "memory": "256Mi"],
                            ]
                        ]
                    ]
                    $0["mode"] = "Audit"
                }
                try await scene.cluster.withOperator(["--unprotect-namespace", "hardening-system"]) { process in
                    try await process.ready()
                    let status = try await scene.compliant(profile, namespaces: 1)
                    // That its own account has a token, since a binding names it, and what the server does not have.
                    #expect(status.findings.allSatisfy { $0.severity == .info }, "\(status.findings.map(\.message))")
                    #expect(status.namespaces.exempt == 0)
                }
                #expect(try await scene.content(of: "hardening-system") == before)
            }
        }
    }
}
