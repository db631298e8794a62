import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("Protobuf, as JSON") struct ProtobufTranscoderTests {
    private static let inner = ProtobufMessage([1: .plain("name", .string)])

    private static let message = ProtobufMessage(
        [
            1: .plain("text", .string),
            2: .plain("flag", .bool),
            3: .plain("count", .integer),
            4: .pointer("pointedText", .string),
            5: .pointer("pointedFlag", .bool),
            6: .pointer("pointedCount", .integer),
            7: .repeated("texts", .string),
            8: .repeated("counts", .integer),
            9: .message("inner", inner),
            10: .repeated("inners", .message(inner)),
            11: .plain("map", .texts),
            12: .plain("amounts", .quantities),
            13: .plain("time", .time),
            14: .inlined(inner),
            15: .plain("port", .integerOrText),
        ]
    )

    private func json(
        _ document: ProtobufDocument,
        as message: ProtobufMessage = ProtobufTranscoderTests.message
    ) throws -> String {
        var transcoder = ProtobufTranscoder()
        try document.bytes.withUnsafeBytes { try transcoder.append($0, as: message) }
        return String(decoding: transcoder.json, as: UTF8.self)
    }

    @Test(
        "Each kind of field is what it is in JSON",
        arguments: [
            ([.text(1, "a\"b\\c\u{1}\n€")], #"{"text":"a\"b\\c\u0001\u000a€"}"#),
            ([.number(2, 1), .number(3, -5)], #"{"flag":true,"count":-5}"#),
            ([.number(3, .min)], #"{"count":-9223372036854775808}"#),
            ([.text(7, "a"), .text(7, ""), .text(7, "b")], #"{"texts":["a","","b"]}"#),
            ([.number(8, 1), .number(8, 0)], #"{"counts":[1,0]}"#),
            ([.bytes(8, [1, 0, 0x80, 1])], #"{"counts":[1,0,128]}"#),
            ([.message(9), .text(1, "x")], #"{"inner":{},"text":"x"}"#),
            ([.message(10, .text(1, "a")), .message(10)], #"{"inners":[{"name":"a"},{}]}"#),
            (
                [.message(11, .text(1, "k"), .text(2, "v")), .message(11, .text(1, ""))], #"{"map":{"k":"v","":""}}"#
            ),
            ([.message(12, .text(1, "cpu"), .message(2, .text(1, "100m")))], #"{"amounts":{"cpu":"100m"}}"#),
            ([.message(13, .number(1, 1_700_000_000), .number(2, 5))], #"{"time":"2023-11-14T22:13:20Z"}"#),
            ([.text(1, "x"), .message(14, .text(1, "n"))], #"{"text":"x","name":"n"}"#),
            ([.message(15, .number(1, 0), .number(2, 80), .text(3, ""))], #"{"port":80}"#),
            ([.message(15, .number(2, 80))], #"{"port":80}"#),
            ([.message(15, .number(1, 1), .number(2, 0), .text(3, "web"))], #"{"port":"web"}"#),
            ([], "{}"),
        ] as [(ProtobufDocument, String)]
    )
    func kinds(document: ProtobufDocument, expected: String) throws {
        #expect(try json(document) == expected)
    }

    @Test("Zero is unset where Go has a plain value, and is said where it has a pointer")
    func zero() throws {
        #expect(try json([.text(1, ""), .number(2, 0), .number(3, 0), .message(13)]) == "{}")
        #expect(
            try json([.text(4, ""), .number(5, 0), .number(6, 0)])
                == #"{"pointedText":"","pointedFlag":false,"pointedCount":0}"#
        )
    }

    @Test("What is not named is skipped, whatever its type, and shown by its number where that is asked for")
    func unknown() throws {
        let document: ProtobufDocument = [.fixed(60), .text(1, "a"), .number(99, 5), .text(300, "b"), .message(2000)]
        #expect(try json(document) == #"{"text":"a"}"#)
        let shown = ProtobufMessage([1: .plain("text", .string)], showsUnknown: true)
        #expect(
            try json(document, as: shown)
                == #"{"protobuf field 60":{},"text":"a","protobuf field 99":{},"protobuf field 300":{},"#
                + #""protobuf field 2000":{}}"#
        )
    }

    @Test(
        "What is no such message is refused",
        arguments: [
            [.number(1, 5)], [.text(2, "a")], [.text(1, "a"), .number(2, 1), .text(1, "b")],
            [.text(7, "a"), .number(2, 1), .text(7, "b")], [.message(15, .number(1, 1), .number(2, 80))],
            [.message(15, .number(1, 2), .number(2, 80), .text(3, "web"))], [.message(13, .number(1, .max))],
            [.bytes(8, [0x80])],
            [.bytes(8, [])], [.bytes(9, [0x0A, 5, 65])], [.bytes(9, [0x0B])], [.bytes(9, [0x02, 0])],
            [.bytes(9, [UInt8](repeating: 0xFF, count: 11))],
        ] as [ProtobufDocument]
    )
    func refused(document: ProtobufDocument) throws {
        #expect(throws: ProtobufError.self) { try json(document) }
    }

    @Test("A message that is cut off is refused, or is one with fewer fields; nothing is read beyond its end")
    func cut() throws {
        let whole: ProtobufDocument = [.text(1, "abc"), .message(9, .text(1, "n")), .number(3, 300)]
        for count in 0..<whole.bytes.count {
            var part = whole
            part.bytes.removeLast(whole.bytes.count - count)
            if let json = try? json(part) {
                #expect(["{}", #"{"text":"abc"}"#, #"{"text":"abc","inner":{"name":"n"}}"#].contains(json))
            }
        }
    }

    // MARK: Objects

    @Test("Whether a resource is read in protobuf goes by the type that reads it, and by the version")
    func types() {
        let pods = Workload<WorkloadKinds.Pod>.self
        #expect(ProtobufMessage.of(pods, from: pods.resource) != nil)
        let daemonSets = Workload<WorkloadKinds.DaemonSet>.self
        #expect(ProtobufMessage.of(daemonSets, from: daemonSets.resource) != nil)
        // Which reads the commands of its containers.
        #expect(ProtobufMessage.of(DaemonSet.self, from: DaemonSet.resource) == nil)
        var older = pods.resource
        older.version = "v1beta1"
        #expect(ProtobufMessage.of(pods, from: older) == nil)
    }

    private static let pod: ProtobufDocument = [
        .message(
            1,
            .text(1, "p"),
            .text(2, ""),
            .text(3, "n"),
            .text(5, "u"),
            .text(6, "7"),
            .message(11, .text(1, "app"), .text(2, "web"))
        ),
        .message(
            2,
            .message(1, .text(1, "v"), .message(2, .message(31))),
            .message(2, .text(1, "c"), .message(15, .number(2, 1), .number(4, 0))),
            .number(11, 1)
        ),
        .message(3, .text(1, "Running")),
    ]

    @Test("A pod is read, and a volume from a source that is newer than this counts as one")
    func pod() throws {
        var transcoder = ProtobufTranscoder()
        let message = try #require(
            ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource)
        )
        let pod = try Self.pod.bytes.withUnsafeBytes {
            try Coding.object(Workload<WorkloadKinds.Pod>.self, from: $0, as: message, by: &transcoder)
        }
        #expect(pod.metadata.name == "p" && pod.metadata.namespace == "n" && pod.metadata.labels == ["app": "web"])
        let spec = try #require(try pod.template?.read().spec)
        #expect(spec.hostNetwork)
        #expect(spec.containers.map(\.securityContext?.privileged) == [true])
        #expect(spec.containers.map(\.securityContext?.runAsUser) == [0])
        #expect(spec.volumes.map(\.sources) == [["protobuf field 31"]])
        #expect(pod.status.phase == "Running")
    }

    @Test(
        "Of an object that cannot be read, it is said which one it is",
        arguments: [
            .message(3, .number(1, 1)), .bytes(2, [0x0A]), .number(2, 1), .message(2, .bytes(2, [0x0B])),
        ] as [ProtobufDocument.Field]
    )
    func unreadable(field: ProtobufDocument.Field) throws {
        var transcoder = ProtobufTranscoder()
        let message = try #require(
            ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource)
        )
        let document = ProtobufDocument(arrayLiteral: .message(1, .text(1, "p"), .text(3, "n")), field)
        let error = #expect(throws: UnreadableObject.self) {
            try document.bytes.withUnsafeBytes {
                try Coding.object(Workload<WorkloadKinds.Pod>.self, from: $0, as: message, by: &transcoder)
            }
        }
        #expect(error?.metadata?.name == "p" && error?.metadata?.namespace == "n")
        #expect(error?.message.contains("protobuf") == true)
    }

    @Test("The events of a watch are read, among them bookmarks and the server's errors, wherever the stream is cut")
    func events() throws {
        let bookmark: ProtobufDocument = [.message(1, .text(6, "9"))]
        let status: ProtobufDocument = [.text(2, "Failure"), .text(4, "Expired"), .number(6, 410)]
        let stream =
            ProtobufDocument.event("MODIFIED", Self.pod.object("Pod"))
            + ProtobufDocument.event("BOOKMARK", bookmark.object("Pod"))
            + ProtobufDocument.event("DELETED", [1, 2, 3])
            + ProtobufDocument.event("ERROR", status.object("Status"))
        for cut in 0...stream.count {
            var framer = LengthFramer()
            var transcoder = ProtobufTranscoder()
            var said: [String] = []
            let message = try #require(
                ProtobufMessage.of(Workload<WorkloadKinds.Pod>.self, from: WorkloadKinds.Pod.resource)
            )
            for chunk in [stream[..<cut], stream[cut...]] {
                try chunk.withUnsafeBytes { chunk in
                    try framer.consume(chunk) { frame in
                        let event = Coding.event(
                            Workload<WorkloadKinds.Pod>.self,
                            from: frame,
                            as: message,
                            by: &transcoder
                        )
                        switch event {
                        case .modified(let pod): said.append("modified \(pod.metadata.name)")
                        case .bookmark(let version): said.append("bookmark \(version)")
                        case .error(let status): said.append("error \(status.code ?? 0) \(status.reason ?? "")")
                        case .unreadable(let object): said.append("unreadable, deleted: \(object.isDeleted)")
                        default: said.append("\(String(describing: event))")
                        }
                    }
                }
            }
            #expect(said == ["modified p", "bookmark 9", "unreadable, deleted: true", "error 410 Expired"])
            #expect(framer.isAtFrameStart)
        }
    }

    @Test("A refusal is explained in either encoding")
    func statuses() throws {
        let document: ProtobufDocument = [
            .text(3, "no"), .text(4, "Conflict"),
            .message(5, .text(1, "p"), .message(4, .text(1, "FieldManagerConflict"), .text(3, ".spec"))),
            .number(6, 409),
        ]
        let status = try document.object("Status").withUnsafeBytes { try Coding.status(from: $0) }
        #expect(status.message == "no" && status.code == 409 && status.hasCause("FieldManagerConflict"))
        let json = Array(#"{"kind":"Status","code":404}"#.utf8)
        #expect(try json.withUnsafeBytes { try Coding.status(from: $0) }.code == 404)
    }
}
