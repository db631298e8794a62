import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// What runs is judged, and attributed to whom people know.
    @Suite struct Workloads {
        private static func manifests(_ scene: Scene, _ namespace: String) -> String {
            func template(_ app: String) -> String {
                """
                    metadata: {labels: {app: \(app)}}
                    spec: {containers: [{name: app, image: "registry.example.com/app:1", securityContext: {privileged: true}}]}
                """
            }
            func pod(_ name: String, _ annotations: String = "{}", _ more: String = "") -> String {
                """
                apiVersion: v1
                kind: Pod
                metadata: {name: \(name), namespace: \(namespace), annotations: \(annotations)}
                spec: {\(more)containers: [{name: app, image: "registry.example.com/app:1", securityContext: {privileged: true}}]}
                """
            }
            func deployment(_ name: String, _ replicas: Int) -> String {
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: \(name), namespace: \(namespace)}
                spec:
                  replicas: \(replicas)
                  selector: {matchLabels: {app: \(name)}}
                  template:
                \(template(name))
                """
            }
            let mirror = #"{kubernetes.io/config.mirror: "abc"}"#
            return [
                pod("bare"), pod("finished"), pod("reowned"),
                pod("mirror", mirror, "nodeName: no-such-node, automountServiceAccountToken: false, "),
                deployment("web", 2), deployment("idle", 0), deployment("orphaned", 1), deployment("exempted", 1),
                """
                apiVersion: \(scene.cluster.cronJobVersion)
                kind: CronJob
                metadata: {name: report, namespace: \(namespace)}
                spec:
                  schedule: "0 3 1 1 *"
                  jobTemplate:
                    spec:
                      template:
                        spec:
                          restartPolicy: Never
                          containers:
                            - {name: app, image: "registry.example.com/app:1", securityContext: {privileged: true}}
                """,
            ].joined(separator: "\n---\n")
        }

        private static func privileged(_ status: ProfileStatus) -> [String: String] {
            let findings = status.findings.filter { $0.check == "privileged" }
            return Dictionary(findings.map { ($0.workload ?? "", $0.message) }, uniquingKeysWith: { $0 + $1 })
        }

        @Test("Each finding is of the top of the ownership chain, once, and follows what people change")
        func attribution() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("run")
                let profile = try await scene.profile { spec in
                    spec["mode"] = "Audit"
                    spec["controls"] = ["workloads": ["level": "baseline"]]
                    spec["exemptions"] = [
                        [
                            "name": "known", "checks": ["privileged"], "namespaces": [.string(namespace)],
                            "workloads": [["kind": "Deployment", "name": "exempt*"]], "reason": "until it is rewritten",
                        ]
                    ]
                }
                try await cluster.kubectl("apply", "-f", "-", input: Self.manifests(scene, namespace))
                try await Self.runOnce("report", in: namespace, cluster)
                try await Self.finish("finished", in: namespace, cluster)
                try await cluster.withOperator { process in
                    try await process.ready()
                    let expected: Set = [
                        "Pod/bare", "Pod/reowned", "Deployment/web", "Deployment/idle", "Deployment/orphaned",
                        "CronJob/report",
                    ]
                    var status = try await scene.status(of: profile, "all workloads") {
                        let found = Self.privileged($0)
                        return Set(found.keys) == expected && found["Deployment/web"]?.contains("(2 pods)") == true
                            && found["CronJob/report"]?.contains("(1 pod)") == true
                    }
                    #expect(status.findingsExempt >= 1 && status.exemptions?.unused == 0)
                    let message = Self.privileged(status)["CronJob/report"] ?? ""
                    let field = "spec.jobTemplate.spec.template.spec.containers[0].securityContext.privileged: false"
                    #expect(message.contains(field), "\(message)")

                    // What it belonged to is gone.
                    try await cluster.kubectl(
                        "delete",
                        "deployment",
                        "orphaned",
                        "-n",
                        namespace,
                        "--cascade=orphan"
                    )
                    status = try await scene.status(of: profile, "the replica set is the top") { status in
                        let names = Self.privileged(status).keys
                        return names.contains { $0.hasPrefix("ReplicaSet/orphaned-") }
                            && !names.contains("Deployment/orphaned")
                    }
                    // Somebody else owns it now, of a kind that nobody here knows.
                    let owner: JSONValue = [
                        "apiVersion": "example.com/v1", "kind": "Rollout", "name": "canary", "uid": "1-2-3",
                        "controller": true,
                    ]
                    let owned: JSONValue = ["metadata": ["ownerReferences": [owner]]]
                    try await cluster.edit(Workload<WorkloadKinds.Pod>.self, "reowned", in: namespace, owned)
                    try await scene.status(of: profile, "it is the owner's") {
                        let names = Self.privileged($0).keys
                        return names.contains("Rollout/canary") && !names.contains("Pod/reowned")
                    }
                    // Somebody changes a live pod behind its template's back.
                    let pods = try await cluster.client.listAll(
                        Workload<WorkloadKinds.Pod>.self,
                        of: .init(namespace: namespace, labels: "app=web")
                    )
                    let pod = try #require(pods.map(\.metadata.name).sorted().first)
                    try await cluster.kubectl(
                        "set",
                        "image",
                        "-n",
                        namespace,
                        "pod/\(pod)",
                        "app=registry.example.com/app"
                    )
                    status = try await scene.status(of: profile, "a pod is unlike its template") { status in
                        status.findings.contains {
                            $0.check == "image-tag-latest" && $0.workload == "Deployment/web"
                                && $0.message.contains(pod)
                        }
                    }
                    // The template is put right: what is found goes, but for the pods that are made of the older one.
                    let edited = ContinuousClock.now
                    try await cluster.kubectl(
                        "patch",
                        "deployment",
                        "idle",
                        "-n",
                        namespace,
                        "--type=json",
                        "-p",
                        #"[{"op":"remove","path":"/spec/template/spec/containers/0/securityContext"}]"#
                    )
                    try await scene.status(of: profile, "idle is put right") {
                        !Self.privileged($0).keys.contains("Deployment/idle")
                    }
                    // With kubectl's own start, and at most one status a second.
                    print("the status followed an edit after \(ContinuousClock.now - edited)")
                    // A pod of it has what no template says, as after a webhook that injects a sidecar.
                    try await Self.inject("idle", in: namespace, cluster)
                    status = try await scene.status(of: profile, "an injected container") {
                        Self.privileged($0).keys.contains("Deployment/idle")
                    }
                    let injected = Self.privileged(status)["Deployment/idle"] ?? ""
                    #expect(injected.contains("idle-injected") && injected.contains("sidecar"), "\(injected)")
                }
            }
        }

        @Test("In a protected namespace nothing is written, but what runs among the system's own is reported")
        func systemNamespace() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("own")
                let label = "protected-test"
                let profile = try await scene.profile { spec in
                    spec["namespaceSelector"] = [
                        "matchExpressions": [
                            ["key": .string(label), "operator": "In", "values": [.string(scene.name)]]
                        ]
                    ]
                    spec["controls"]?["workloads"] = ["checks": [["id": "image-digest", "mode": "Disabled"]]]
                }
                for name in [namespace, "kube-system"] {
                    try await cluster.kubectl("label", "namespace", name, "\(label)=\(scene.name)")
                }
                try await cluster.kubectl(
                    "create",
                    "deployment",
                    scene.name,
                    "--image=example.com/miner",
                    "-n",
                    "kube-system"
                )
                try await cluster.withOperator { process in
                    try await process.ready()
                    let status = try await scene.status(of: profile, "what is among the system's own") { status in
                        status.findings.contains { $0.check == "system-namespace-usage" }
                            && status.condition(.compliant)?.reason == "SystemNamespaceUsed"
                    }
                    let found = status.findings.filter { $0.namespace == "kube-system" }
                    #expect(found.map(\.check) == ["system-namespace-usage"])
                    #expect(found.map(\.workload) == ["Deployment/\(scene.name)"])
                    #expect(status.namespaces.protected == 1 && status.namespaces.selected == 1)
                    try await cluster.kubectl("delete", "deployment", scene.name, "-n", "kube-system")
                    try await scene.status(of: profile, "it is gone") {
                        $0.findings.allSatisfy { $0.namespace == namespace }
                    }
                }
                #expect(try await !scene.managers(of: "kube-system").contains(Marks.fieldManager))
                try await cluster.kubectl("label", "namespace", "kube-system", "\(label)-")
            }
        }

        // As an admission webhook would.
        private static func inject(_ deployment: String, in namespace: String, _ cluster: ControlPlane) async throws {
            let uid = try await cluster.kubectl(
                "get",
                "deployment",
                deployment,
                "-n",
                namespace,
                "-o",
                "jsonpath={.metadata.uid}"
            )
            try await cluster.kubectl(
                "create",
                "-f",
                "-",
                input: """
                    apiVersion: v1
                    kind: Pod
                    metadata:
                      name: \(deployment)-injected
                      namespace: \(namespace)
                      ownerReferences:
                        - {apiVersion: apps/v1, kind: Deployment, name: \(deployment), uid: \(uid), controller: true}
                    spec:
                      containers:
                        - {name: app, image: "registry.example.com/app:1"}
                        - {name: sidecar, image: "registry.example.com/mesh:1", securityContext: {privileged: true}}
                    """
            )
        }

        // As the controller would at the appointed time.
        private static func runOnce(_ cronJob: String, in namespace: String, _ cluster: ControlPlane) async throws {
            let text = try await cluster.kubectl("get", "cronjob", cronJob, "-n", namespace, "-o", "json")
            let object = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            let job: JSONValue = [
                "apiVersion": "batch/v1", "kind": "Job",
                "metadata": [
                    "name": .string("\(cronJob)-1"), "namespace": .string(namespace),
                    "ownerReferences": [
                        [
                            "apiVersion": .string(cluster.cronJobVersion), "kind": "CronJob", "name": .string(cronJob),
                            "uid": object["metadata"]?["uid"] ?? .null, "controller": true,
                        ]
                    ],
                ],
                "spec": object["spec"]?["jobTemplate"]?["spec"] ?? .null,
            ]
            let body = String(decoding: try JSONEncoder().encode(job), as: UTF8.self)
            try await cluster.kubectl("create", "-f", "-", input: body)
        }

        // As the kubelet would.
        private static func finish(_ pod: String, in namespace: String, _ cluster: ControlPlane) async throws {
            let text = try await cluster.kubectl("get", "pod", pod, "-n", namespace, "-o", "json")
            var object = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
            object["status"] = ["phase": "Succeeded"]
            let body = String(decoding: try JSONEncoder().encode(object), as: UTF8.self)
            let path = "/api/v1/namespaces/\(namespace)/pods/\(pod)/status"
            try await cluster.kubectl("replace", "--raw", path, "-f", "-", input: body)
        }
    }
}
