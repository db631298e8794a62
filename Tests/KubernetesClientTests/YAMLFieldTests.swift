import KubernetesAPI
import Testing
import Yams

@testable import KubernetesClient

@Suite("A field of a kubeconfig") struct YAMLFieldTests {
    private static func document(_ text: String) throws -> YAMLField {
        try #require(try YAMLField.document(Array(text.utf8), file: "f"))
    }

    @Test(
        "is a boolean where Yams says so",
        arguments: [
            "true", "True", "TRUE", "tRuE", "yes", "Yes", "on", "ON", "false", "False", "no", "NO", "off", "oFF", "y",
            "n", "1",
            "0", "'true'", "\"yes\"", "!!str true", "!!bool true", "!!bool 'on'", "! no", "! 'no'", "!x off", "truex",
            "|\n  true",
        ]
    )
    func booleans(text: String) throws {
        let node = try #require(try Yams.compose(yaml: "a: \(text)")?["a"])
        if let expected = node.bool {
            #expect(try Self.document("a: \(text)").bool("a") == expected)
        } else {
            #expect(throws: ConfigurationError("f: a: expected true or false")) {
                try Self.document("a: \(text)").bool("a")
            }
        }
    }

    @Test(
        "is null if it is plain and says so, and then as if it were absent",
        arguments: [
            ("", true), ("~", true), ("null", true), ("Null", true), ("NULL", true), ("!!str null", true),
            ("nULL", false),
            ("'null'", false), ("\"~\"", false), ("none", false),
        ]
    )
    func nulls(text: String, isNull: Bool) throws {
        let document = try Self.document("a: \(text)\nb: c")
        #expect(try (document.member("a") == nil) == isNull)
        #expect(try (document.string("a") == nil) == isNull)
    }

    @Test(
        "is a string by its text, whatever that looks like",
        arguments: ["123456", "0x10", "1.50", "true", "2024-01-02", "1_0"]
    )
    func strings(text: String) throws {
        #expect(try Self.document("a: \(text)").string("a") == text)
        #expect(try Self.document("a: '\(text)'").string("a") == text)
    }

    @Test("is handed on as JSON by what it looks like")
    func json() throws {
        let text = "{a: [1, 1.5, true, ~, x, '1', 'true', 0x10], b: {c: on, 1: d}}"
        let expected: JSONValue = [
            "a": [1, .number(1.5), true, nil, "x", "1", "true", .number(16)],
            "b": ["c": true, "1": "d"],
        ]
        #expect(try Self.document(text).json() == expected)
    }

    @Test(
        "is refused with the line where it is wrong",
        arguments: [
            ("a: b\nc: 'd\n", "line 2: not valid YAML: found unexpected end of stream"),
            ("a: b\nc: \u{7}\n", "line 2: not valid YAML: control characters are not allowed"),
            ("a: b\n---\nc: d\n", "line 2: not valid YAML: but found another document"),
            ("a: b\nc: *d\n", "line 2: not valid YAML: found undefined alias"),
            ("x: y\na: b\nc: d\na: e\n", "line 2: the same key stands there twice"),
            ("a: b\n'a': c\n", "line 1: the same key stands there twice"),
            ("1: b\n'1': c\n", "line 1: the same key stands there twice"),
        ]
    )
    func refused(text: String, problem: String) {
        #expect(throws: ConfigurationError("f: \(problem)")) { try Self.document(text) }
    }
}
