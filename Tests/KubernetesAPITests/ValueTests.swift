import Foundation
import KubernetesAPI
import TestSupport
import Testing

@Suite struct ResourceVersionTests {
    @Test(
        "Of two decimal numbers the longer is newer, then the greater",
        arguments: [
            ("2", "1", true), ("1", "2", false), ("1", "1", false), ("10", "9", true), ("9", "10", false),
            ("100000000000000000000000000000000000001", "99999999999999999999999999999999999999", true),
            ("18446744073709551616", "18446744073709551615", true),
        ]
    )
    func numbers(_ left: String, _ right: String, _ isNewer: Bool) {
        #expect(ResourceVersion(left).isNewer(than: ResourceVersion(right)) == isNewer)
    }

    @Test(
        "Versions that are no numbers without leading zeros are never ordered",
        arguments: [("", "1"), ("0", "1"), ("01", "2"), ("a", "1"), ("-2", "1"), ("2", "x"), ("1.5", "1"), ("٢", "1")]
    )
    func opaque(_ left: String, _ right: String) {
        #expect(!ResourceVersion(left).isNewer(than: ResourceVersion(right)))
        #expect(!ResourceVersion(right).isNewer(than: ResourceVersion(left)))
    }

    @Test("A version is read as the server's string")
    func coding() throws {
        #expect(try read([ResourceVersion].self, #"["42"]"#) == [ResourceVersion("42")])
        #expect(ResourceVersion("").isEmpty && !ResourceVersion("0").isEmpty)
    }
}

@Suite struct TimestampTests {
    @Test(
        "RFC 3339 is read, in any offset and with any fraction",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2026-11-21T09:30:00Z", 1_795_253_400),
            ("2026-11-21T09:30:00.123456Z", 1_795_253_400), ("2026-11-21t09:30:00z", 1_795_253_400),
            ("2026-11-21T11:30:00+02:00", 1_795_253_400), ("2026-11-21T04:00:00-05:30", 1_795_253_400),
            ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-02-29T12:00:00Z", 951_825_600),
        ] as [(String, Int64)]
    )
    func reads(_ text: String, _ seconds: Int64) {
        #expect(Timestamp(text)?.secondsSinceEpoch == seconds)
    }

    @Test(
        "Anything else is not read",
        arguments: [
            "", "2026", "2026-11-21", "2026-11-21T09:30Z", "2026-11-21T09:30:00", "2026-13-21T09:30:00Z",
            "2026-00-21T09:30:00Z", "2026-11-00T09:30:00Z", "2026-11-31T09:30:00Z", "2026-02-29T09:30:00Z",
            "1900-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T09:60:00Z", "2026-11-21T09:30:61Z",
            "2026-11-21T09:30:00.Z", "2026-11-21T09:30:00+2:00", "2026-11-21T09:30:00+24:00",
            "2026-11-21T09:30:00+0200",
            "2026-11-21T09:30:00Z ", " 2026-11-21T09:30:00Z", "+026-11-21T09:30:00Z", "2026-1a-21T09:30:00Z",
        ]
    )
    func refuses(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("What is printed is what others print, and is read back")
    func roundTrip() {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            // From 1621 on: before 1582 Foundation counts by the Julian calendar, RFC 3339 does not.
            let seconds = Int64.random(in: -11_000_000_000...250_000_000_000, using: &random)
            let text = Timestamp(secondsSinceEpoch: seconds).description
            let oracle = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
            #expect(text == oracle, "seed \(random.seed): \(seconds)")
            #expect(Timestamp(text)?.secondsSinceEpoch == seconds, "seed \(random.seed): \(seconds)")
        }
    }

    @Test(
        "A time to the microsecond always has six digits, as Go's MicroTime reads it",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_795_253_400_000_007, "2026-11-21T09:30:00.000007Z"),
            (1_795_253_400_999_999, "2026-11-21T09:30:00.999999Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)]
    )
    func micro(_ microseconds: Int64, _ text: String) {
        #expect(MicroTime(microsecondsSinceEpoch: microseconds).description == text)
    }

    @Test("The earlier is the lesser, and an unreadable one names itself")
    func coding() throws {
        #expect(Timestamp(secondsSinceEpoch: 1) < Timestamp(secondsSinceEpoch: 2))
        #expect(try written([Timestamp(secondsSinceEpoch: 0)]) == #"["1970-01-01T00:00:00Z"]"#)
        #expect(try read([Timestamp].self, #"["1970-01-01T00:00:01Z"]"#) == [Timestamp(secondsSinceEpoch: 1)])
        let error = #expect(throws: JSONError.self) { try read([Timestamp].self, #"["yesterday"]"#) }
        #expect("\(String(describing: error))".contains("yesterday"))
    }
}

@Suite struct JSONValueTests {
    @Test("Every document is read back as it was written, and equal documents are equal bytes")
    func roundTrip() throws {
        var random = SeededGenerator()
        for _ in 0..<500 {
            let value = Self.document(&random, depth: 4)
            let text = try written(value)
            let back = try read(JSONValue.self, text)
            #expect(back == value, "seed \(random.seed): \(text)")
            #expect(try written(back) == text, "seed \(random.seed)")
            #expect(!text.contains(#"\/"#), "seed \(random.seed)")
        }
    }

    @Test(
        "A number without a fraction that counts is an integer, as it would be written",
        arguments: [
            ("1111111111111111111.02", JSONValue.integer(1_111_111_111_111_111_168)), ("1.0", 1), ("-2e2", -200),
            ("1.5", .number(1.5)), ("1e19", .number(1e19)),
        ]
    )
    func numbers(_ text: String, _ value: JSONValue) throws {
        #expect(try read(JSONValue.self, text) == value)
        #expect(try read(JSONValue.self, try written(value)) == value)
    }

    private static func document(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        let strings = ["", "a", "a/b", "\"", "\\", "\n", "ä€😀", "true", "1", "~"]
        func string() -> String { strings.randomElement(using: &random) ?? "" }
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &random) + 0.123)
        case 4: return .string(string())
        case 5: return .array((0..<3).map { _ in document(&random, depth: depth - 1) })
        default:
            return .object(Dictionary((0..<3).map { _ in (string(), document(&random, depth: depth - 1)) }) { $1 })
        }
    }

    @Test("Slashes are written as they are, and keys in order")
    func bytes() throws {
        let document: JSONValue = ["b": ["app.kubernetes.io/name": "a/b"], "a": [1, true, nil, .number(1.5)]]
        #expect(try written(document) == #"{"a":[1,true,null,1.5],"b":{"app.kubernetes.io/name":"a/b"}}"#)
    }

    @Test("Members are read, set and removed by name")
    func members() {
        var value: JSONValue = ["a": 1]
        #expect(value["a"] == 1)
        #expect(value["b"] == nil)
        #expect(JSONValue.string("a")["a"] == nil)
        value["b"] = .null
        #expect(value == ["a": 1, "b": nil])
        value["a"] = nil
        #expect(value == ["b": nil])
        var text: JSONValue = "text"
        text["a"] = true
        #expect(text == ["a": true])
    }

    @Test("Of a key that stands twice in a literal the last value holds")
    func twice() {
        let value: JSONValue = ["a": 1, "a": 2]
        #expect(value == ["a": 2])
    }
}

@Suite struct IntOrStringTests {
    @Test("A number is a number, and text is text even if it looks like one")
    func coding() throws {
        let values = try read([IntOrString].self, #"[80, "http", "80"]"#)
        #expect(values == [.int(80), .string("http"), .string("80")])
        #expect(try written(values) == #"[80,"http","80"]"#)
        #expect(values.map(\.description) == ["80", "http", "80"])
    }

    @Test("Anything else is not read", arguments: ["true", "null", "{}", "[]", "1.5"])
    func invalid(_ json: String) {
        #expect(throws: JSONError.self) { try read([IntOrString].self, "[\(json)]") }
    }
}

@Suite struct FieldErrorTests {
    @Test("An error names field, value and what was expected")
    func description() {
        let error = FieldError("spec.priority", value: "-1", expected: "between 0 and 1000")
        #expect(error.description == #"spec.priority: "-1" is not between 0 and 1000"#)
    }

    @Test("A long value is cut to 80 Unicode scalars, whatever characters they make")
    func length() {
        let marks = String(repeating: "\u{301}", count: 100_000)
        for value in [String(repeating: "a", count: 81), "e" + marks] {
            let error = FieldError("f", value: value, expected: "x")
            #expect(error.value.unicodeScalars.count == 80)
            #expect(error.value.hasSuffix("..."))
        }
        #expect(FieldError("f", value: String(repeating: "a", count: 80), expected: "x").value.count == 80)
    }
}
