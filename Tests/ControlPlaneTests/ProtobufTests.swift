import ControllerRuntime
import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization
import Testing

extension ControlPlaneTests {
    @Suite struct Protobuf {
        typealias Pod = Workload<WorkloadKinds.Pod>

        /// A list as it comes in JSON.
        struct Items<Object: KubernetesObject>: JSONReadable {
            var items: [Object]

            init(json: JSONReader) throws(JSONError) { items = try json.required("items") }
        }

        /// All that is read of a pod.
        struct Content: Hashable {
            var metadata: ObjectMeta
            var template: PodTemplateSpec?
            var phase: String?

            init(_ pod: Pod) throws {
                metadata = pod.metadata
                template = try pod.template?.read()
                phase = pod.status.phase
            }
        }

        @Test("Pods with all that a check can ask about are the same in protobuf, listed and watched, as in JSON")
        func pods() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("protobuf")
                let selection = Selection(namespace: namespace)
                let before = try await cluster.client.list(Pod.self, of: selection) { _ in }
                let watched = Watched()
                try await withThrowingTaskGroup(of: Void.self) { watching in
                    watching.addTask {
                        let query = WatchQuery(resourceVersion: before.resourceVersion, timeout: .seconds(240))
                        try await cluster.client.watch(Pod.self, of: selection, query) { event in
                            switch event {
                            case .added(let pod), .modified(let pod): watched.show(try Content(pod))
                            case .bookmark: break
                            case .deleted, .error, .unreadable: watched.fail("\(event)")
                            }
                        }
                    }
                    var documents = try Self.oracle().enumerated().filter { $0.offset.isMultiple(of: 4) }.map(\.element)
                    // An owner that is there: else the pod would be collected.
                    let owner = try await cluster.client.get(ServiceAccount.self, name: "default", namespace: namespace)
                    documents.append(Self.full(ownedBy: owner))
                    var created = 0
                    for (number, document) in documents.enumerated() {
                        var document = document
                        document["metadata"]?["name"] = .string("p\(number)")
                        // What this server does not take says nothing of encodings.
                        if (try? await cluster.client.create(
                            Pod.self,
                            namespace: namespace,
                            document: document,
                            fieldManager: "tests"
                        )) != nil {
                            created += 1
                        }
                    }
                    #expect(created > documents.count / 2)
                    let name = "p\(documents.count - 1)"
                    _ = try await cluster.client.merge(
                        Pod.self,
                        name: name,
                        namespace: namespace,
                        subresource: "status",
                        patch: [
                            "status": [
                                "phase": "Running",
                                "conditions": [
                                    ["type": "Ready", "status": "False", "reason": "R", "message": "m \"q\""]
                                ],
                            ]
                        ],
                        fieldManager: "tests"
                    )

                    let inJSON = try await cluster.client.get(
                        Items<Pod>.self,
                        path: "/api/v1/namespaces/\(namespace)/pods"
                    )
                    let expected = try Set(inJSON.items.map(Content.init))
                    #expect(expected.count == created)
                    let listed = try await cluster.client.listAll(Pod.self, of: selection)
                    for pod in try listed.map(Content.init) where !expected.contains(pod) {
                        let other = expected.first { $0.metadata.name == pod.metadata.name }
                        Issue.record("in protobuf \(pod), in JSON \(String(describing: other))")
                    }
                    #expect(listed.count == created)
                    #expect(expected.contains { $0.metadata.name == name && $0.phase == "Running" })

                    // Each as it was last.
                    try await eventually("all pods have been watched") { watched.pods == expected }
                    #expect(watched.failures.isEmpty)
                    watching.cancelAll()
                }
            }
        }

        @Test("What makes pods, and Services, are the same in protobuf as in JSON")
        func others() async throws {
            try await Scene.play { scene in
                let namespace = try await scene.settledNamespace("others")
                let owner = try await scene.cluster.client.get(
                    ServiceAccount.self,
                    name: "default",
                    namespace: namespace
                )
                for document in Self.others(spec: try #require(Self.full(ownedBy: owner)["spec"])) {
                    let text = String(decoding: try JSONEncoder().encode(document), as: UTF8.self)
                    try await scene.cluster.kubectl("create", "-n", namespace, "-f", "-", input: text)
                }
                func same<Object: KubernetesObject, Content: Equatable>(
                    _ type: Object.Type,
                    _ content: (Object) throws -> Content
                ) async throws -> [Content] {
                    let path = type.resource.path(namespace: namespace)
                    // Controllers write to them.
                    return try await eventually("\(type.resource.plural) are the same") {
                        let client = scene.cluster.client
                        let inJSON = try await client.get(Items<Object>.self, path: path).items.map(content)
                        let inProtobuf = try await client.listAll(type, of: .init(namespace: namespace)).map(content)
                        return inJSON == inProtobuf && !inJSON.isEmpty ? inJSON : nil
                    }
                }
                let deployments = try await same(Workload<WorkloadKinds.Deployment>.self, Made.init)
                #expect(
                    deployments.contains { $0.spec.replicas == 0 && $0.spec.selector?.matchExpressions?.count == 1 }
                )
                #expect(try await same(Workload<WorkloadKinds.ReplicaSet>.self, Made.init).count == deployments.count)
                #expect(try await same(Workload<WorkloadKinds.StatefulSet>.self, Made.init).count == 1)
                #expect(try await same(Workload<WorkloadKinds.DaemonSet>.self, Made.init).count == 1)
                let jobs = try await same(Workload<WorkloadKinds.Job>.self, Made.init)
                #expect(jobs.map { $0.spec.selector?.matchLabels?.isEmpty } == [false])
                #expect(try await same(Service.self) { $0 }.count == 2)
                func conditioned<Kind: WorkloadKind>(_: Kind.Type, _ name: String) async throws {
                    let condition: JSONValue = ["type": "Tested", "status": "True", "reason": "R", "message": "m"]
                    // A controller may write its status over that.
                    try await eventually("\(Kind.resource.plural) have a condition, the same in both") {
                        _ = try await scene.cluster.client.merge(
                            Workload<Kind>.self,
                            name: name,
                            namespace: namespace,
                            subresource: "status",
                            patch: ["status": ["conditions": [condition]]],
                            fieldManager: "tests"
                        )
                        return try await same(Workload<Kind>.self, Made.init).contains { made in
                            made.status.conditions?.contains { $0.reason == "R" && $0.message == "m" } == true
                                && made.status.holds("Tested")
                        }
                    }
                }
                try await conditioned(WorkloadKinds.StatefulSet.self, "s")
                try await conditioned(WorkloadKinds.DaemonSet.self, "d")
                try await conditioned(WorkloadKinds.Job.self, "j")
                try await eventually("it has conditions") {
                    try await same(Workload<WorkloadKinds.Deployment>.self, Made.init).contains {
                        $0.status.conditions?.isEmpty == false
                    }
                }
            }
        }

        /// All that is read of what makes pods.
        private struct Made: Equatable {
            var metadata: ObjectMeta
            var template: PodTemplateSpec?
            var spec: WorkloadSpec
            var status: WorkloadStatus

            init(_ workload: Workload<some WorkloadKind>) throws {
                metadata = workload.metadata
                template = try workload.template?.read()
                (spec, status) = (workload.spec, workload.status)
            }
        }

        private static func others(spec: JSONValue) -> [JSONValue] {
            let template: JSONValue = [
                "metadata": ["labels": ["app": "a", "tier": ""], "annotations": ["text": "line\nwith \"quotes\""]],
                "spec": spec,
            ]
            let selector: JSONValue = ["matchLabels": ["app": "a"]]
            func object(_ kind: String, _ name: String, _ spec: JSONValue) -> JSONValue {
                ["apiVersion": "apps/v1", "kind": .string(kind), "metadata": ["name": .string(name)], "spec": spec]
            }
            func service(_ name: String, _ spec: JSONValue) -> JSONValue {
                ["apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)], "spec": spec]
            }
            let expressions: JSONValue = [
                "matchLabels": ["app": "a"],
                "matchExpressions": [["key": "tier", "operator": "In", "values": ["", "b"]]],
            ]
            var job = template
            job["spec"]?["restartPolicy"] = "Never"
            return [
                object("Deployment", "one", ["selector": selector, "template": template]),
                object("Deployment", "none", ["replicas": 0, "selector": expressions, "template": template]),
                object("StatefulSet", "s", ["serviceName": "s", "selector": selector, "template": template]),
                object("DaemonSet", "d", ["selector": selector, "template": template]),
                [
                    "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j"],
                    "spec": ["parallelism": 0, "template": job],
                ],
                service(
                    "all",
                    [
                        "type": "LoadBalancer", "selector": ["app": "a"], "externalIPs": ["192.0.2.1"],
                        "loadBalancerSourceRanges": ["198.51.100.0/24"],
                        "ports": [
                            ["name": "web", "port": 80, "targetPort": "http"],
                            ["name": "dns", "port": 53, "targetPort": 5353],
                        ],
                    ]
                ),
                service("headless", ["clusterIP": "None", "selector": ["app": "a"]]),
            ]
        }

        @Test("What the server says of a request that asks for protobuf is understood when it refuses, too")
        func refusals() async throws {
            try await Scene.play { scene in
                let client = scene.cluster.client
                let error = await #expect(throws: APIError.self) {
                    _ = try await client.list(Pod.self, ListQuery(limit: 5, continueToken: "nonsense")) { _ in }
                }
                #expect(error?.code == 400)
                #expect(error?.status?.reason == "BadRequest")
                #expect(error?.status?.message?.isEmpty == false)
            }
        }

        @Test("An event that shows nothing new is not read; that it came is known, and what comes next is taken")
        func known() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("known")
                let owner = try await cluster.client.get(ServiceAccount.self, name: "default", namespace: namespace)
                var document = Self.full(ownedBy: owner)
                document["metadata"]?["name"] = "p"
                _ = try await cluster.client.create(
                    Pod.self,
                    namespace: namespace,
                    document: document,
                    fieldManager: "tests"
                )
                let store = Store<ObservedWorkload>(contentDigestOf: { $0.contentDigest })
                let reads = Mutex(0)
                let changes = Mutex(0)
                let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
                let reflector = Reflector<Pod, ObservedWorkload>(
                    name: "pods",
                    client: cluster.client,
                    selection: Selection(namespace: namespace),
                    store: store,
                    outages: OutageLog(logger: logger),
                    logger: logger,
                    project: { pod in
                        reads.withLock { $0 += 1 }
                        return ObservedWorkload(pod, facts: nil)
                    },
                    onChange: { _ in changes.withLock { $0 += 1 } },
                    onSynced: {}
                )
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await reflector.run() }
                    // The store shows a change before anybody is told of it.
                    try await eventually("the pod is there") { changes.withLock { $0 } == 1 }
                    let (readsBefore, changesBefore) = (reads.withLock { $0 }, changes.withLock { $0 })
                    for status: JSONValue in [["message": "1"], ["podIP": "10.0.0.1"], ["phase": "Failed"]] {
                        _ = try await cluster.client.merge(
                            Pod.self,
                            name: "p",
                            namespace: namespace,
                            subresource: "status",
                            patch: ["status": status],
                            fieldManager: "tests"
                        )
                    }
                    // Events of one object come in order.
                    try await eventually("the pod is over") {
                        store.value("p", in: namespace)?.isOver == true && changes.withLock { $0 } > changesBefore
                    }
                    #expect(reads.withLock { $0 } == readsBefore + 1)
                    #expect(changes.withLock { $0 } == changesBefore + 1)
                    group.cancelAll()
                }
            }
        }

        private final class Watched: Sendable {
            private let latest = Mutex<[String: Content]>([:])
            private let failed = Mutex<[String]>([])

            var pods: Set<Content> { latest.withLock { Set($0.values) } }
            var failures: [String] { failed.withLock { $0 } }

            func show(_ pod: Content) { latest.withLock { $0[pod.metadata.name] = pod } }
            func fail(_ event: String) { failed.withLock { $0.append(event) } }
        }

        private static func oracle() throws -> [JSONValue] {
            struct Line: Decodable { var pod: JSONValue }
            let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "PodSecurityTests/Resources/pod-security-oracle.jsonl")
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8)).pod
            }
        }

        // What the oracle's pods do not have.
        private static func full(ownedBy owner: ServiceAccount) -> JSONValue {
            [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": [
                    "name": "full", "labels": ["app": "a", "empty": ""],
                    "annotations": ["text": "line\nwith \"quotes\", \\ and €", "empty": ""],
                    "ownerReferences": [
                        [
                            "apiVersion": "v1", "kind": "ServiceAccount", "name": "default",
                            "uid": .string(owner.metadata.uid), "controller": true,
                        ]
                    ],
                ],
                "spec": [
                    "automountServiceAccountToken": false, "shareProcessNamespace": false,
                    "securityContext": ["supplementalGroups": [0, 7], "fsGroup": 0, "runAsGroup": 0, "runAsUser": 0],
                    "containers": [
                        [
                            "name": "c", "image": "i",
                            "ports": [["containerPort": 80, "name": "web", "protocol": "UDP"]],
                            "env": [
                                ["name": "A", "value": "s3cr3t"], ["name": "B"],
                                ["name": "C", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k"]]],
                            ],
                            "envFrom": [["secretRef": ["name": "s2"]], ["configMapRef": ["name": "m"]]],
                            "resources": ["limits": ["cpu": "1500m", "memory": "1Gi"], "requests": ["cpu": "0.1"]],
                            "volumeMounts": [["name": "h", "mountPath": "/h", "subPath": "s", "readOnly": true]],
                            "livenessProbe": ["httpGet": ["port": 80, "host": "example.com"]],
                            "readinessProbe": ["tcpSocket": ["port": "web", "host": "10.0.0.1"]],
                            "startupProbe": ["exec": ["command": ["true"]]],
                            "lifecycle": [
                                "postStart": ["httpGet": ["port": 80, "host": "h"]],
                                "preStop": ["tcpSocket": ["port": 1]],
                            ],
                            "securityContext": [
                                "privileged": false, "runAsUser": 0, "runAsNonRoot": false, "procMount": "Default",
                                "readOnlyRootFilesystem": true, "runAsGroup": 5,
                            ],
                        ]
                    ],
                    "initContainers": [["name": "i", "image": "i"]],
                    "volumes": [["name": "h", "hostPath": ["path": "/var"]], ["name": "e"]],
                ],
            ]
        }
    }
}
