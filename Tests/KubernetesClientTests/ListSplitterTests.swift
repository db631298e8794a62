import KubernetesAPI
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("The list splitter", .timeLimit(.minutes(15)))
struct ListSplitterTests {
    struct Result: Equatable {
        var items: [String] = []
        var envelope = ""
        var isComplete = false
    }

    private func split(_ chunks: [ArraySlice<UInt8>], limit: Int = 1 << 20) throws -> Result {
        var splitter = ListSplitter(limit: limit)
        var result = Result()
        for chunk in chunks {
            try chunk.withUnsafeBytes { bytes in
                try splitter.consume(bytes) { result.items.append(String(decoding: $0, as: UTF8.self)) }
            }
        }
        result.envelope = String(decoding: splitter.envelope, as: UTF8.self)
        result.isComplete = splitter.isComplete
        return result
    }

    private func split(_ body: String, limit: Int = 1 << 20) throws -> Result {
        try split([Array(body.utf8)[...]], limit: limit)
    }

    /// A body, and the items in it.
    struct Sample: Sendable, CustomTestStringConvertible {
        var body: String
        var items: [String]
        var testDescription: String { body }

        init(_ body: String, _ items: String...) {
            self.body = body
            self.items = items
        }
    }

    static let samples = [
        Sample(#"{"kind":"L","metadata":{"resourceVersion":"1"},"items":[{"a":1},{"b":2}]}"#, #"{"a":1}"#, #"{"b":2}"#),
        Sample(#"{"items":[{"a":1}],"metadata":{"continue":"c"}}"#, #"{"a":1}"#),
        Sample("\n { \"items\" :\t[ \n {\"a\" : 1 } , {} ] }\r\n", #"{"a" : 1 }"#, "{}"),
        Sample(#"{"metadata":{},"items":[]}"#),
        Sample(#"{"metadata":{},"items":null}"#),
        // Brackets, quotes and commas in strings, of keys and of values, in items and around them.
        Sample(#"{"x":"]}[{\",\"items\":[","items":[{"}]":"{[\\","é\"":["]"]}]}"#, #"{"}]":"{[\\","é\"":["]"]}"#),
        Sample(
            #"{"items":[{"a":"\\\\\"}"},{"b":"\u007b\ud83d\ude00"}]}"#,
            #"{"a":"\\\\\"}"}"#,
            #"{"b":"\u007b\ud83d\ude00"}"#
        ),
        // Members of the same name elsewhere, and unknown ones of every shape.
        Sample(
            #"{"metadata":{"items":[1]},"other":[["items"],{"items":[2]}],"items":[{"items":[3]}]}"#,
            #"{"items":[3]}"#
        ),
        Sample(#"{"a":"items","b":["x"],"c":1.5e3,"d":true,"items":[{"n":[[{}],[]]}],"e":null}"#, #"{"n":[[{}],[]]}"#),
        // Items that are no objects are for whoever decodes them to refuse.
        Sample(#"{"items":[1,"two,]",[3,[4]],null]}"#, "1", #""two,]""#, "[3,[4]]", "null"),
    ]

    @Test("L6: finds the items, wherever the body is cut", arguments: samples)
    func everyCut(sample: Sample) throws {
        let body = Array(sample.body.utf8)
        let whole = try split([body[...]])
        #expect(whole.items == sample.items)
        #expect(whole.isComplete)
        for cut in 0...body.count {
            #expect(try split([body[..<cut], body[cut...]]) == whole)
        }
        #expect(try split(body.indices.map { body[$0...$0] }) == whole)
    }

    @Test("keeps what stands around the items as a list without any", arguments: samples)
    func envelope(sample: Sample) throws {
        let envelope = try split(sample.body).envelope
        let decoded = try Array(envelope.utf8).withUnsafeBytes { try Coding.decode(JSONValue.self, from: $0) }
        let original = try Array(sample.body.utf8).withUnsafeBytes { try Coding.decode(JSONValue.self, from: $0) }
        var expected = original
        if original["items"] != .null { expected["items"] = [] }
        #expect(decoded == expected)
    }

    @Test("finds the items of any list in any chunks", arguments: seeds)
    func randomLists(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let items = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                String(decoding: (["v": Self.value(depth: 3, &generator)] as JSONValue).json, as: UTF8.self)
            }
            let around = String(decoding: Self.value(depth: 2, &generator).json, as: UTF8.self)
            let body = Array(
                #"{"before":\#(around),"items":[\#(items.joined(separator: ","))],"after":\#(around)}"#.utf8
            )
            var chunks: [ArraySlice<UInt8>] = []
            var start = 0
            while start < body.count {
                let end = min(start + Int.random(in: 1...20, using: &generator), body.count)
                chunks.append(body[start..<end])
                start = end
            }
            let result = try split(chunks)
            #expect(result.items == items)
            #expect(result.isComplete)
        }
    }

    /// Any JSON value, rich in what could mislead a splitter.
    private static func value(depth: Int, _ generator: inout SeededGenerator) -> JSONValue {
        let words = ["items", "]", "}", "{\"items\":[", "\\", "\"", ",", "", "é😀"]
        let word = words[Int.random(in: 0..<words.count, using: &generator)]
        switch Int.random(in: depth > 0 ? 0...4 : 2...4, using: &generator) {
        case 0:
            return .array(
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth: depth - 1, &generator) }
            )
        case 1:
            return .object([
                "." + word: value(depth: depth - 1, &generator), "items": value(depth: depth - 1, &generator),
            ])
        case 2: return .string(word)
        case 3: return .integer(.random(in: -9...9, using: &generator))
        default: return nil
        }
    }

    @Test("L5: a body that was cut off is not complete, and gave some of the first items", arguments: samples)
    func truncated(sample: Sample) throws {
        let body = Array(sample.body.utf8)
        let end = try #require(body.lastIndex(of: UInt8(ascii: "}")))
        for count in 0...end {
            let result = try split([body[..<count]])
            #expect(!result.isComplete)
            #expect(result.items == Array(sample.items.prefix(result.items.count)))
        }
    }

    @Test(
        "refuses what is not a list's form",
        arguments: [
            "<html></html>", "1", "null", "]", "{]]", #"{"items":[]}{"items":[]}"#, #"{"items":[]}]"#,
            #"{"items":[}"#, #"{"items":[{"a":1}}"#, #"{"items":[1}"#, #"{"items":[{"a":1},}"#,
        ]
    )
    func malformed(body: String) {
        #expect(throws: TransportError.self) { try split(body) }
    }

    @Test("comes to an end with any bytes, and makes nothing up", arguments: seeds)
    func garbage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let pieces = ["{", "}", "[", "]", "\"", ",", ":", "\\", " ", "1", "\"items\"", "{\"items\":["]
        for _ in 0..<500 {
            let body = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            guard let result = try? split(body) else { continue }
            #expect(result.items.map(\.utf8.count).reduce(0, +) <= body.utf8.count)
        }
    }

    @Test("T11: holds no more of an item, or of what stands around the items, than its limit")
    func limits() throws {
        let pieces = { (text: String) in text.utf8.map { [$0][...] } }
        let large = String(repeating: "x", count: 40)
        #expect(try split(pieces(#"{"items":["\#(large)"]}"#), limit: 60).items.count == 1)
        #expect(throws: TransportError.self) { try split(pieces(#"{"items":["\#(large)"]}"#), limit: 41) }
        #expect(throws: TransportError.self) { try split(#"{"items":["\#(large)"]}"#, limit: 41) }
        #expect(throws: TransportError.self) { try split(pieces(#"{"metadata":"\#(large)","items":[]}"#), limit: 41) }
        // Many small items are not one large one.
        let many = (0..<50).map { _ in #"{"a":1}"# }.joined(separator: ",")
        #expect(try split(pieces(#"{"items":[\#(many)]}"#), limit: 41).items.count == 50)
    }
}
