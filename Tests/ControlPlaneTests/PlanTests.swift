import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// The same judgement before the cluster, beside it and in it.
    @Suite struct Plans {
        private static func shop(_ scene: Scene) -> String {
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: \(scene.name)-shop, labels: {test: \(scene.name)}}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: \(scene.name)-shop}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  automountServiceAccountToken: false
                  containers:
                    - name: web
                      image: registry.example.com/shop/web:1.4
                      ports: [{name: http, containerPort: 8080}]
                      env: [{name: DB_PASSWORD, value: secret}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: \(scene.name)-shop}
            spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http}]}
            ---
            apiVersion: \(scene.cluster.cronJobVersion)
            kind: CronJob
            metadata: {name: report, namespace: \(scene.name)-shop}
            spec:
              schedule: "0 3 * * *"
              jobTemplate:
                spec:
                  template:
                    spec:
                      restartPolicy: Never
                      hostPID: true
                      automountServiceAccountToken: false
                      containers: [{name: report, image: registry.example.com/report}]
            ---
            apiVersion: v1
            kind: LimitRange
            metadata: {name: theirs, namespace: \(scene.name)-shop}
            spec: {limits: [{type: Container, max: {memory: 1Gi}, default: {memory: 64Mi}}]}
            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: open, namespace: \(scene.name)-shop}
            spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}
            """
        }

        private static func profile(_ scene: Scene, mode: String) -> String {
            """
            apiVersion: hardening.dev/v1alpha1
            kind: HardeningProfile
            metadata: {name: \(scene.name)}
            spec:
              mode: \(mode)
              namespaceSelector: {matchLabels: {test: \(scene.name)}}
              controls:
                networkPolicy: {}
                podSecurity: {enforce: baseline, enforceVersion: v1.20}
                serviceAccountToken: {}
                limitRange: {limits: [{type: Container, defaultRequest: {cpu: 50m}}]}
                workloads: {level: baseline, version: v1.20}
              exemptions:
                - name: reports
                  checks: [image-digest, image-tag-latest]
                  namespaces: ["\(scene.name)-*"]
                  workloads: [{kind: CronJob, name: "rep*"}]
                  reason: the registry has no digests yet
            """
        }

        // What a finding is about, whoever tells it.
        private struct Story: Hashable, CustomStringConvertible {
            var object: String
            var check: String
            var reason: String
            var severity: String
            var description: String { "\(object) \(check) \(reason) \(severity)" }
        }

        private static func lines(_ text: String) throws -> [JSONValue] {
            try text.split(separator: "\n").map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
        }

        @Test("audit of the manifests, plan for the cluster and the live status tell the same story")
        func sameStory() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = "\(scene.name)-shop"
                let directory = NSTemporaryDirectory() + "story-\(UUID().uuidString)"
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: directory) }
                try Self.shop(scene).write(toFile: "\(directory)/shop.yaml", atomically: true, encoding: .utf8)
                let file = "\(directory)/profile"
                try Self.profile(scene, mode: "Audit").write(toFile: file, atomically: true, encoding: .utf8)

                let audit = try await ControlPlane.run("audit", "--profile", file, "-o", "json", directory)
                #expect(audit.status == .exited(2), "\(audit.errors)")
                let audited = Set(
                    try Self.lines(audit.output).map { line in
                        let kind = line["kind"]?.string ?? "", name = line["name"]?.string ?? ""
                        return Story(
                            object: "\(kind)/\(name)",
                            check: line["check"]?.string ?? "",
                            reason: line["reason"]?.string ?? "",
                            severity: line["severity"]?.string ?? ""
                        )
                    }
                ).filter { $0.reason != "NotObserved" }

                try await cluster.kubectl("apply", "-f", "\(directory)/shop.yaml")
                try await eventually("its pods are there") {
                    try await cluster.client.listAll(
                        Workload<WorkloadKinds.Pod>.self,
                        of: .init(namespace: namespace)
                    ).count == 2
                }
                try await eventually("its account is there") { try await cluster.isDone("default", in: namespace) }
                let plan = try await ControlPlane.run(
                    "plan",
                    "--kubeconfig",
                    cluster.operatorKubeconfig,
                    "--profile",
                    file,
                    "--namespace",
                    namespace,
                    "-o",
                    "json"
                )
                #expect(plan.status == .exited(0), "an audit writes nothing: \(plan.errors)")
                let document = try JSONDecoder().decode(JSONValue.self, from: Data(plan.output.utf8))
                var planned: Set<Story> = []
                for control in document["namespaces"]?.elements?.first?["controls"]?.elements ?? [] {
                    for finding in control["findings"]?.elements ?? [] {
                        planned.insert(
                            Story(
                                object: finding["workload"]?.string ?? "Namespace/\(namespace)",
                                check: finding["check"]?.string ?? control["control"]?.string ?? "",
                                reason: finding["reason"]?.string ?? "",
                                severity: finding["severity"]?.string ?? ""
                            )
                        )
                    }
                }
                #expect(audited.symmetricDifference(planned) == [])

                try await cluster.kubectl("apply", "-f", "-", input: Self.profile(scene, mode: "Audit"))
                try await cluster.withOperator { process in
                    try await process.ready()
                    let status = try await scene.status(of: scene.name, "judged") {
                        $0.condition(.ready)?.status == .true && $0.findingsTotal > 0
                    }
                    let live = Set(
                        status.findings.map { finding in
                            Story(
                                object: finding.workload ?? "Namespace/\(finding.namespace)",
                                check: finding.check ?? finding.control.rawValue,
                                reason: finding.reason.rawValue,
                                severity: finding.severity.rawValue
                            )
                        }
                    ).filter { $0.reason != "NotObserved" }
                    #expect(audited.symmetricDifference(live) == [])
                    #expect(status.findingsExempt > 0 && status.exemptions?.active == 1)
                }
                #expect(audited.contains { $0.check == "literal-secret" && $0.object == "Deployment/web" })
                #expect(audited.contains { $0.check == "host-namespaces" && $0.object == "CronJob/report" })
                #expect(audited.contains { $0.check == "image-digest" && $0.object == "Deployment/web" })
                #expect(!audited.contains { $0.check == "image-digest" && $0.object == "CronJob/report" })
                #expect(!audit.output.contains("secret\\\"") && !audit.output.contains("value: secret"))
            }
        }

        @Test("plan says what would be written, field by field, writes nothing, and is empty once it was done")
        func plan() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace(
                    "plan",
                    labels: ["pod-security.kubernetes.io/enforce": "privileged"]
                )
                let profile = try await scene.profile()
                let mark = cluster.auditedRequests().count
                let arguments = ["plan", "--kubeconfig", cluster.operatorKubeconfig, "--namespace", namespace]
                let before = try await ControlPlane.run(arguments)
                #expect(before.status == .exited(2), "\(before.errors)")
                #expect(before.output.contains("create   NetworkPolicy \(namespace)/hardening-default-deny"))
                #expect(before.output.contains("create   LimitRange \(namespace)/hardening-limits"))
                #expect(before.output.contains("automountServiceAccountToken: (not set) -> false"))
                let label = #"metadata.labels["pod-security.kubernetes.io/enforce"]: "privileged" -> "restricted""#
                #expect(before.output.contains(label))
                let writes = cluster.auditedRequests().dropFirst(mark).filter(\.isWrite)
                #expect(writes.isEmpty)
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                }
                let after = try await ControlPlane.run(arguments)
                #expect(after.status == .exited(0), "\(after.output)")
                #expect(after.output.contains("nothing to write"))

                let asked = try await ControlPlane.run(
                    arguments + ["kube-system", "default", "nosuch", "p*"].flatMap { ["--namespace", $0] }
                )
                #expect(asked.status == .exited(1))
                #expect(asked.output.contains("Namespace \(namespace) (profile "))
                #expect(
                    asked.output.contains("Namespace kube-system (no profile selects it)\n  protected: never written")
                )
                #expect(asked.output.contains("Namespace default (no profile selects it)\n\n"))
                for name in ["nosuch", "p*"] {
                    #expect(asked.output.contains("Namespace \(name): does not exist") && asked.errors.contains(name))
                }

                let missing = try await ControlPlane.run(arguments + ["--profile", "/nonexistent.yaml"])
                #expect(missing.status == .exited(1) && missing.errors.contains("/nonexistent.yaml"))
            }
        }
    }
}
