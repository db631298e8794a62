import Foundation
import KubernetesAPI
import TestSupport
import Testing

@Suite struct JSONTests {
    private static func text(_ value: JSONValue) -> String { String(decoding: value.json, as: UTF8.self) }

    private static func string(using random: inout SeededGenerator) -> String {
        let parts = ["a", "Ä", "\"", "\\", "/", "\n", "\u{1}", "\u{7F}", "\u{2028}", "😀", "{", "]", ",", ":", " ", "é"]
        return (0..<Int.random(in: 0...12, using: &random)).map { _ in parts.randomElement(using: &random) ?? "" }
            .joined()
    }

    private static func value(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2:
            return .integer(Int64.random(in: .min ... .max, using: &random) >> Int64.random(in: 0...63, using: &random))
        case 3: return .number(Double(Int32.random(in: .min ... .max, using: &random)) + 0.5)
        case 4: return .string(string(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1, using: &random) }
            )
        default:
            let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                (string(using: &random), value(depth: depth - 1, using: &random))
            }
            return .object(Dictionary(members, uniquingKeysWith: { $1 }))
        }
    }

    @Test("What is written is read as it was, here and by another reader; and not when its end is missing")
    func law() throws {
        var random = SeededGenerator()
        for _ in 0..<300 {
            let value = JSONValue.array([Self.value(depth: 4, using: &random)])
            let bytes = value.json
            #expect(try JSONReader.read(JSONValue.self, from: bytes) == value, "seed \(random.seed)")
            #expect(try JSONDecoder().decode(JSONValue.self, from: Data(bytes)) == value, "seed \(random.seed)")
            let end = Int.random(in: 0..<bytes.count, using: &random)
            #expect(throws: JSONError.self, "seed \(random.seed)") {
                try JSONReader.read(JSONValue.self, from: bytes[..<end])
            }
        }
    }

    @Test("What another writer writes is read alike, blanks and escapes included")
    func others() throws {
        var random = SeededGenerator()
        for _ in 0..<100 {
            let value = JSONValue.array([Self.value(depth: 4, using: &random)])
            let encoder = JSONEncoder()
            encoder.outputFormatting = .prettyPrinted
            #expect(try JSONReader.read(JSONValue.self, from: encoder.encode(value)) == value, "seed \(random.seed)")
        }
    }

    @Test(
        "Escapes stand for what RFC 8259 says",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e4\u20AC""#, "Aä€"),
            (#""\ud83d\ude00""#, "😀"), (#""\u0000""#, "\0"),
        ]
    )
    func escapes(_ text: String, _ expected: String) throws {
        #expect(try read(String.self, text) == expected)
    }

    @Test(
        "What is no JSON is not read",
        arguments: [
            "", " ", "{", "}", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "[1 2]",
            "[1]]",
            "\"", #""\""#, #""\x""#, #""\u12""#, #""\ud83d""#, #""\ude00""#, "\"\u{1}\"", "01", "1.", ".5", "+1", "1e",
            "-",
            "tru", "nul", "nan", "Infinity", "1 1", "[1}", "{\"a\":1]", "/**/1", "'a'",
        ]
    )
    func malformed(_ text: String) {
        #expect(throws: JSONError.self) { try read(JSONValue.self, text) }
    }

    @Test("Bytes that are no UTF-8 are not read")
    func encoding() {
        #expect(throws: JSONError.self) { try JSONReader.read(String.self, from: [0x22, 0xFF, 0x22]) }
    }

    @Test("Containers may stand in each other 512 deep, and no deeper, so that nobody exhausts the stack")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try read(JSONValue.self, nested(512))
        #expect(throws: JSONError.self) { try read(JSONValue.self, nested(513)) }
        #expect(throws: JSONError.self) { try read(JSONValue.self, String(repeating: "[", count: 100_000)) }
    }

    @Test("What nobody asks for is not looked at, and may be anything that ends")
    func passedOver() throws {
        let meta = #"{"x":[{"y":01,"z":"\q"},nonsense],"name":"a","labels":{"b":"c"}}"#
        let object = try read(ObjectMeta.self, meta)
        #expect(object.name == "a")
        #expect(object.labels == ["b": "c"])
    }

    @Test("A name may be written with escapes, and of one that stands twice the first holds")
    func names() throws {
        #expect(try read(ObjectMeta.self, #"{"na\u006de":"a","name":"b"}"#).name == "a")
    }

    @Test(
        "What stands somewhere else than expected is named with its place",
        arguments: [
            (#"{"name":1}"#, "name: expected a string, found a number"),
            (#"{"labels":{"a.b/c":[]}}"#, "labels[a.b/c]: expected a string, found a list"),
            (#"{"finalizers":["a",null]}"#, "finalizers[1]: expected a string, found null"),
            (#"{"ownerReferences":[{"name":{}}]}"#, "ownerReferences[0].name: expected a string, found an object"),
            (#"[]"#, "expected an object, found a list"),
        ]
    )
    func place(_ text: String, _ description: String) {
        let error = #expect(throws: JSONError.self) { try read(ObjectMeta.self, text) }
        #expect(error?.description == description)
    }
}
