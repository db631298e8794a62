import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("A pod in protobuf, before it is read") struct ProtobufPodTests {
    typealias Pod = Workload<WorkloadKinds.Pod>

    private static func pod(
        version: String = "7",
        metadata: [ProtobufDocument.Field] = [],
        spec: [ProtobufDocument.Field] = [.message(2, .text(1, "c"), .text(2, "app:1"))],
        status: [ProtobufDocument.Field] = [.text(1, "Running")]
    ) -> ProtobufDocument {
        let identity: [ProtobufDocument.Field] = [.text(1, "p"), .text(3, "n"), .text(5, "u"), .text(6, version)]
        return [
            .bytes(1, (identity + metadata).flatMap(\.bytes)), .bytes(2, spec.flatMap(\.bytes)),
            .bytes(3, status.flatMap(\.bytes)),
        ]
    }

    private static func shown(_ pod: ProtobufDocument) throws -> ShownObject {
        try pod.bytes.withUnsafeBytes { try ProtobufPod($0).shown }
    }

    @Test("It says who it is, and in which version")
    func identity() throws {
        let shown = try Self.shown(Self.pod())
        #expect(shown.namespace == "n" && shown.name == "p" && shown.resourceVersion == ResourceVersion("7"))
    }

    @Test(
        "What is not read makes no difference",
        arguments: [
            pod(version: "8"),
            pod(metadata: [.message(17, .text(1, "kubelet"))]),
            pod(status: [.text(1, "Running"), .message(2, .text(1, "Ready"), .text(2, "True")), .text(6, "10.0.0.1")]),
            pod(status: [.text(1, "Running"), .message(8, .text(1, "c"), .number(5, 3))]),
            pod(spec: [.message(2, .text(1, "c"), .text(2, "app:1")), .text(10, "node-1")]),
        ]
    )
    func same(pod: ProtobufDocument) throws {
        #expect(try Self.shown(pod).contentDigest == Self.shown(Self.pod()).contentDigest)
    }

    @Test(
        "What is read does",
        arguments: [
            pod(status: [.text(1, "Failed")]),
            pod(metadata: [.message(9, .number(1, 1_700_000_000))]),
            pod(metadata: [.message(11, .text(1, "app"), .text(2, "web"))]),
            pod(metadata: [.message(12, .text(1, "a"), .text(2, "b"))]),
            pod(metadata: [.message(13, .text(1, "ReplicaSet"), .text(3, "r"), .text(4, "v"))]),
            pod(spec: [.message(2, .text(1, "c"), .text(2, "app:2"))]),
            pod(spec: []),
        ]
    )
    func different(pod: ProtobufDocument) throws {
        #expect(try Self.shown(pod).contentDigest != Self.shown(Self.pod()).contentDigest)
    }

    @Test("Where one message ends and the next begins makes a difference, too")
    func borders() throws {
        let one = Self.pod(metadata: [.message(13, .text(1, "ReplicaSet"), .text(3, "r"))])
        let two = Self.pod(metadata: [.message(13, .text(1, "ReplicaSet")), .message(13, .text(3, "r"))])
        #expect(try Self.shown(one).contentDigest != Self.shown(two).contentDigest)
    }

    @Test("Another pod that says the same is another")
    func other() throws {
        let other: ProtobufDocument = [.message(1, .text(1, "q"), .text(3, "n"), .text(5, "u2"), .text(6, "7"))]
        let one: ProtobufDocument = [.message(1, .text(1, "p"), .text(3, "n"), .text(5, "u"), .text(6, "7"))]
        #expect(try Self.shown(one).contentDigest != Self.shown(other).contentDigest)
    }

    @Test("A watch hands out no change of what is known; all else it does, with the digest by which it will be known")
    func watch() throws {
        let message = try #require(
            ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource)
        )
        var transcoder = ProtobufTranscoder()
        func event(_ type: String, _ pod: ProtobufDocument, isKnown: Bool) throws -> WatchEvent<Pod>? {
            let frame = ProtobufDocument.event(type, pod.object("Pod")).dropFirst(4)
            return Array(frame).withUnsafeBytes {
                Coding.event(Pod.self, from: $0, as: message, by: &transcoder) { _ in isKnown }
            }
        }
        #expect(try event("MODIFIED", Self.pod(), isKnown: true) == nil)
        for type in ["ADDED", "MODIFIED", "DELETED"] {
            let event = try event(type, Self.pod(), isKnown: type != "MODIFIED")
            switch event {
            case .added(let pod), .modified(let pod), .deleted(let pod):
                #expect(pod.contentDigest == (try Self.shown(Self.pod()).contentDigest))
                #expect(pod.metadata.resourceVersion == ResourceVersion("7") && pod.metadata.name == "p")
                #expect(try pod.template?.read().spec.containers.map(\.name) == ["c"])
            default: Issue.record("\(type) is \(String(describing: event))")
            }
        }
    }
}
