import Testing

@testable import KubernetesClient

@Suite("The line framer")
struct LineFramerTests {
    /// The lines of `chunks`, and whether the last was complete.
    private func lines(_ chunks: [ArraySlice<UInt8>], limit: Int = 1 << 20) throws -> (
        lines: [String], isAtLineStart: Bool
    ) {
        var framer = LineFramer(limit: limit)
        var lines: [String] = []
        for chunk in chunks {
            try chunk.withUnsafeBytes { bytes in
                try framer.consume(bytes) { lines.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        return (lines, framer.isAtLineStart)
    }

    @Test("W12: gives the same lines wherever the stream is cut, also within a character")
    func everyCut() throws {
        let expected = [#"{"a":1}"#, #"{"ä€😀":"\n"}"#, "x"]
        let stream = Array("\(expected[0])\n\n\(expected[1])\n\(expected[2])\n".utf8)
        for first in 0...stream.count {
            for second in first...stream.count {
                let result = try lines([stream[..<first], stream[first..<second], stream[second...]])
                #expect(result.lines == expected)
                #expect(result.isAtLineStart)
            }
        }
    }

    @Test("W12: takes an event of several megabytes, whatever the size of its chunks", arguments: [1 << 10, 1 << 16])
    func largeEvent(chunk: Int) throws {
        let stream = [UInt8](repeating: UInt8(ascii: "a"), count: 3 << 20) + [UInt8(ascii: "\n")]
        let chunks = stride(from: 0, to: stream.count, by: chunk).map { stream[$0..<min($0 + chunk, stream.count)] }
        let result = try lines(chunks, limit: LineFramer.defaultLimit)
        #expect(result.lines.map(\.utf8.count) == [3 << 20])
    }

    @Test("W12: gives no memory to a line beyond its bound, but hands out those before it")
    func bound() throws {
        var framer = LineFramer(limit: 4)
        var seen: [String] = []
        func consume(_ text: String) throws {
            try Array(text.utf8).withUnsafeBytes {
                try framer.consume($0) { seen.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        try consume("12\n34")
        try consume("56\n7")
        try consume("890")
        #expect(seen == ["12", "3456"])
        #expect(throws: TransportError.self) { try consume("1") }
    }

    @Test("W12: refuses a line beyond its bound also when it comes whole")
    func boundOfWholeLines() throws {
        #expect(try lines([Array("1234\n".utf8)[...]], limit: 4).lines == ["1234"])
        #expect(throws: TransportError.self) { try lines([Array("12345\n".utf8)[...]], limit: 4) }
    }

    @Test(
        "knows whether a stream ended within a line",
        arguments: [("", true), ("a\n", true), ("a", false), ("a\nb", false)]
    )
    func cutOff(stream: String, expected: Bool) throws {
        #expect(try lines([Array(stream.utf8)[...]]).isAtLineStart == expected)
    }

    @Test("does not go on after what takes the lines has thrown")
    func throwing() {
        struct Enough: Error {}
        var framer = LineFramer()
        var count = 0
        #expect(throws: Enough.self) {
            try Array("a\nb\n".utf8).withUnsafeBytes { bytes in
                try framer.consume(bytes) { _ in
                    count += 1
                    throw Enough()
                }
            }
        }
        #expect(count == 1)
    }
}
