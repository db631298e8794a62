import KubernetesAPI
import Testing

@testable import KubernetesClient

@Suite("The splitter of lists in protobuf", .timeLimit(.minutes(15)))
struct ProtobufListSplitterTests {
    private struct Result: Equatable {
        var items: [String] = []
        var metadata: [UInt8] = []
        var isComplete = false
    }

    private static let metadata: ProtobufDocument = [.text(2, "7"), .text(3, "more")]

    private static func list(_ items: String..., kind: String = "PodList") -> [UInt8] {
        var document: ProtobufDocument = [.bytes(1, metadata.bytes)]
        for item in items { document.bytes += ProtobufDocument.Field.text(2, item).bytes }
        return document.object(kind)
    }

    private func split(_ chunks: [ArraySlice<UInt8>], limit: Int = 1 << 20) throws -> Result {
        var splitter = ProtobufListSplitter(kind: "Pod", limit: limit)
        var result = Result()
        for chunk in chunks {
            try chunk.withUnsafeBytes { bytes in
                try splitter.consume(bytes) { result.items.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        result.metadata = splitter.metadata
        result.isComplete = splitter.isComplete
        return result
    }

    @Test("L6: gives the same items wherever the body is cut, and is complete at its end only")
    func everyCut() throws {
        let long = String(repeating: "x", count: 300)
        let body = Self.list("a", long, "", "b")
        let expected = Result(items: ["a", long, "", "b"], metadata: Self.metadata.bytes, isComplete: true)
        for first in 0...body.count {
            #expect(try split([body[..<first], body[first...]]) == expected)
            let part = try split([body[..<first]])
            // What stands behind the list says nothing.
            #expect(!part.isComplete || first >= body.count - 4)
        }
        #expect(try split(body.indices.map { body[$0...$0] }) == expected)
    }

    @Test("A list of nothing is complete")
    func empty() throws {
        #expect(try split([Self.list()[...]]) == Result(metadata: Self.metadata.bytes, isComplete: true))
    }

    @Test("What is no list of such objects does not pass for a list of nothing")
    func others() throws {
        for body in [
            Self.list(kind: "Pod"), Self.list(kind: "ServiceList"), Array(#"{"kind":"PodList"}"#.utf8),
            ([.text(2, "Failure")] as ProtobufDocument).object("Status"),
            ProtobufObject.magic + ([.bytes(2, [0x0A, 0])] as ProtobufDocument).bytes,
            ProtobufObject.magic + [0x08, 1],
        ] {
            #expect(throws: TransportError.self) { try split([body[...]]) }
        }
        #expect(try split([ProtobufObject.magic[...]]).isComplete == false)
    }

    @Test("An item beyond the bound, and one that is longer than its list, are refused before they have come")
    func bound() throws {
        let body = Self.list("abc", String(repeating: "x", count: 100))
        #expect(throws: TransportError.self) { try split([body[..<(body.count - 60)]], limit: 64) }
        var cut = body
        // The length of the first item.
        let item = try #require(cut.firstIndex(of: UInt8(ascii: "a")))
        cut[item - 1] = 127
        #expect(throws: TransportError.self) { try split([cut[...]]) }
    }
}
