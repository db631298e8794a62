import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// What becomes of the cluster while no operator runs.
    @Suite struct OperatorDown {
        @Test(
            "Killed, it leaves behind what is enforced, which goes on holding, and nothing in the cluster waits for it",
            arguments: ["Retain", "Release"]
        )
        func down(_ deletionPolicy: String) async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile { $0["deletionPolicy"] = .string(deletionPolicy) }
                let namespace = try await scene.settledNamespace("down")
                try await cluster.withOperator(isKilled: true) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try process.kill()
                }
                let before = try await scene.content(of: namespace)

                // Nothing stands in the way of a request: every API but those of CRDs is the API server's own.
                let webhooks = try await cluster.kubectl(
                    "get",
                    "validatingwebhookconfigurations,mutatingwebhookconfigurations",
                    "-o",
                    "name"
                )
                #expect(!webhooks.contains("hardening"))
                let services = try await cluster.kubectl(
                    "get",
                    "apiservices",
                    "-o",
                    "jsonpath={.items[*].spec.service.name}"
                )
                #expect(!services.contains("hardening"))

                // The API server itself goes on doing what was asked for.
                let labels = try await cluster.object(Namespace.self, namespace)?.metadata.labels ?? [:]
                #expect(labels["pod-security.kubernetes.io/enforce"] == "restricted")
                #expect(try await cluster.object(NetworkPolicy.self, Marks.denyPolicyName, in: namespace) != nil)
                let pod = try await cluster.create(
                    Pod.self,
                    "plain",
                    in: namespace,
                    ["spec": ["containers": [Scene.restrictedContainer]]]
                )
                let container = pod.json["spec"]?["containers"]?.elements?.first
                #expect(container?["resources"]?["limits"]?["memory"]?.string == "256Mi", "LimitRange gives defaults")
                let volumes: [JSONValue] = pod.json["spec"]?["volumes"]?.elements ?? []
                #expect(volumes.isEmpty, "no token is mounted")
                if cluster.hasPodSecurityAdmission {
                    await #expect(throws: (any Error).self, "Pod Security admission refuses") {
                        var privileged = Scene.restrictedContainer
                        privileged["securityContext"] = ["privileged": true]
                        try await cluster.create(
                            Pod.self,
                            "privileged",
                            in: namespace,
                            ["spec": ["containers": [privileged]]]
                        )
                    }
                }

                // What is nobody's but the users' comes and goes as ever, in a namespace that is enforced and elsewhere.
                let other = try await scene.settledNamespace("fresh")
                for namespace in [namespace, other] {
                    try await cluster.create(ServiceAccount.self, "made", in: namespace)
                    try await cluster.edit(
                        ServiceAccount.self,
                        "made",
                        in: namespace,
                        ["metadata": ["annotations": ["a": "b"]]]
                    )
                    try await cluster.delete(ServiceAccount.self, "made", in: namespace)
                }
                try await cluster.kubectl("delete", "pod", "plain", "-n", namespace, "--grace-period=0", "--force")
                #expect(try await scene.content(of: namespace) == before, "nothing of it fades")

                for name in [namespace, other] {
                    let finalizers = try await cluster.object(Namespace.self, name)?.metadata.finalizers
                    #expect(finalizers == [])
                    try await cluster.delete(Namespace.self, name)
                    try await eventually("\(name) is gone") { try await cluster.object(Namespace.self, name) == nil }
                }

                // A profile waits only if it was told to, and not for the operator alone.
                try await cluster.delete(HardeningProfile.self, profile)
                if deletionPolicy == "Release" {
                    let waiting = try await cluster.object(HardeningProfile.self, profile)
                    #expect(waiting?.metadata.finalizers == [Marks.finalizer])
                    let released = try await ControlPlane.run(
                        "release",
                        "--kubeconfig",
                        "\(cluster.directory)/admin.conf",
                        "--profile",
                        profile
                    )
                    #expect(released.status == .exited(0), "\(released.errors)")
                }
                try await eventually("the profile is gone") {
                    try await cluster.object(HardeningProfile.self, profile) == nil
                }
            }
        }
    }
}
