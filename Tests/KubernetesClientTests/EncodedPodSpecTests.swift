import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("A pod's spec in protobuf, told apart from others without reading it") struct EncodedPodSpecTests {
    private static func spec(_ fields: ProtobufDocument.Field...) throws -> EncodedPodSpec {
        try fields.flatMap(\.bytes).withUnsafeBytes { bytes in
            EncodedPodSpec(protobuf: bytes, digest: try EncodedPodSpec.digest(ofProtobuf: bytes))
        }
    }

    private static func volume(_ name: String, isProjected: Bool = true) -> ProtobufDocument.Field {
        .message(1, .text(1, name), .message(2, .message(isProjected ? 26 : 1)))
    }

    private static func container(_ number: Int = 2, mounting name: String, at path: String = "/t")
        -> ProtobufDocument.Field
    {
        .message(number, .text(1, "c"), .message(9, .text(1, name), .text(3, path)))
    }

    @Test("It is the same whatever the token's volume is called, and whatever is said that is not read")
    func same() throws {
        let specs = try ["a", "b"].map { suffix in
            let name = "kube-api-access-\(suffix)"
            let ephemeral = Self.container(1, mounting: name).bytes
            return try Self.spec(
                Self.volume(name),
                Self.container(mounting: name),
                .message(2, .text(1, "d"), .text(3, "command \(suffix)")),
                .text(10, "node-\(suffix)"),
                Self.container(20, mounting: name),
                .bytes(34, ephemeral + ProtobufDocument.Field.text(2, "target \(suffix)").bytes)
            )
        }
        #expect(specs[0].digest == specs[1].digest)
        #expect(try specs.map { try $0.read().volumes.map(\.name) } == [["kube-api-access-a"], ["kube-api-access-b"]])
    }

    @Test("It differs where something is said that is read, wherever that is")
    func different() throws {
        let token = "kube-api-access-a"
        let specs = try [
            Self.spec(),
            Self.spec(.number(11, 1)),
            Self.spec(.number(12, 1)),
            Self.spec(Self.volume(token)),
            Self.spec(Self.volume(token), Self.volume(token)),
            Self.spec(Self.volume("kube-api-access-a", isProjected: false)),
            Self.spec(Self.volume("kube-api-access-b", isProjected: false)),
            Self.spec(Self.volume("data-a")),
            Self.spec(Self.volume("data-b")),
            Self.spec(Self.volume(token), Self.container(mounting: token)),
            Self.spec(Self.volume(token), Self.container(mounting: token, at: "/other")),
            Self.spec(Self.volume(token), Self.container(mounting: "kube-api-access-b")),
            Self.spec(Self.volume(token), Self.container(20, mounting: token)),
            Self.spec(Self.volume(token), .bytes(34, Self.container(1, mounting: token).bytes)),
            Self.spec(Self.volume(token), .bytes(34, Self.container(1, mounting: token, at: "/other").bytes)),
            // A field of the container or of the spec, with the same number.
            Self.spec(.message(2, .text(1, "c"), .text(8, "x"))),
            Self.spec(.message(2, .text(1, "c")), .text(8, "x")),
            Self.spec(.message(2, .text(1, "c"), .message(15, .number(2, 1)))),
            Self.spec(.message(2, .text(1, "c"), .message(15, .number(2, 0)))),
        ]
        #expect(Set(specs.map(\.digest)).count == specs.count)
    }

    @Test("Two things are not the same as one that is made of both")
    func borders() throws {
        func ports(_ ports: [UInt8]...) throws -> Int {
            try Self.spec(.bytes(2, ports.flatMap { ProtobufDocument.Field.bytes(6, $0).bytes })).digest
        }
        // What the digest is told between the two, if it is not told how long each is.
        let between = withUnsafeBytes(of: (6 << 2 | 1).littleEndian) { Array($0) }
        #expect(try ports([1], [2]) != ports([1] + between + [2]))
    }

    @Test("What is wrong within it is said when it is read, and where")
    func wrong() throws {
        let pod: ProtobufDocument = [.message(1, .text(1, "p")), .message(2, .text(11, "x"))]
        let message = try #require(
            ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource)
        )
        var transcoder = ProtobufTranscoder()
        let read = try pod.bytes.withUnsafeBytes {
            try Coding.object(Workload<WorkloadKinds.Pod>.self, from: $0, as: message, by: &transcoder)
        }
        let error = #expect(throws: JSONError.self) { try read.template?.read() }
        #expect(error?.path == "spec" && error?.message.contains("field 11") == true)
    }

    @Test("A pod without one has an empty one; who reads pods as something else finds it where it is")
    func absent() throws {
        let message = try #require(
            ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource)
        )
        var transcoder = ProtobufTranscoder()
        let pod: ProtobufDocument = [.message(1, .text(1, "p"))]
        let empty = try pod.bytes.withUnsafeBytes {
            try Coding.object(Workload<WorkloadKinds.Pod>.self, from: $0, as: message, by: &transcoder)
        }
        #expect(try empty.template?.read().spec.containers.isEmpty == true)
        let other: ProtobufDocument = [.message(1, .text(1, "p")), .message(2, .number(11, 1))]
        let read = try other.bytes.withUnsafeBytes {
            try Coding.object(AnyPod.self, from: $0, as: message, by: &transcoder)
        }
        #expect(read.spec["hostNetwork"] == .bool(true))
    }

    private struct AnyPod: KubernetesObject {
        static let resource = WorkloadKinds.Pod.resource
        var metadata: ObjectMeta
        var spec: JSONValue

        init(json: JSONReader) throws(JSONError) {
            metadata = try json.required("metadata")
            spec = try json.required("spec")
        }
    }
}
