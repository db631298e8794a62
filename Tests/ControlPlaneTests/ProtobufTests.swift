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
        struct Pods: JSONReadable {
            var items: [Pod]

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

                    let inJSON = try await cluster.client.get(Pods.self, path: "/api/v1/namespaces/\(namespace)/pods")
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
