import KubernetesAPI
import Testing

@testable import hardening_operator

/// What a manifest comes to, as JSON with its keys in their order.
func json(_ text: String) throws -> [String] {
    try ManifestStream.documents(Array(text.utf8)).map { result in
        var json: [UInt8] = []
        try result.get().write(to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}

/// The failures of a text, each as `LINE: MESSAGE`.
func failures(_ text: String) -> [String] {
    ManifestStream.documents(Array(text.utf8)).compactMap { result in
        guard case .failure(let failure) = result else { return nil }
        return "\(failure.line): \(failure.message)"
    }
}

@Suite struct YAMLScalarTests {
    @Test(
        "A plain scalar means what kubectl makes of it",
        arguments: [
            ("yes", "true"), ("Yes", "true"), ("y", "true"), ("on", "true"), ("ON", "true"), ("True", "true"),
            ("no", "false"), ("NO", "false"), ("n", "false"), ("off", "false"), ("FALSE", "false"),
            ("oN", #""oN""#), ("yEs", #""yEs""#),
            ("", "null"), ("~", "null"), ("Null", "null"), ("nULL", #""nULL""#),
            ("017", "15"), ("0o17", "15"), ("0x1F", "31"), ("0b101", "5"), ("-0b101", "-5"), ("08", "8"),
            ("1_000", "1000"), ("+12", "12"), ("-12", "-12"), ("-0", "0"),
            ("12345678901234567890", "12345678901234567890"),
            ("1e3", "1000"), ("1.5", "1.5"), (".5", "0.5"), ("1.", "1"), ("1.10", "1.1"), ("-1.5e-3", "-0.0015"),
            ("1:30", #""1:30""#), ("190:20:30", #""190:20:30""#), ("2024-01-02", #""2024-01-02""#),
            ("1.2.3", #""1.2.3""#), ("0x", #""0x""#), ("-x", #""-x""#), ("1e999", #""1e999""#), ("1Gi", #""1Gi""#),
            ("+x", #""+x""#), (".", #"".""#), ("<<", #""<<""#), ("=", #""=""#),
            ("'yes'", #""yes""#), (#""017""#, #""017""#), ("!!str 017", #""017""#), ("!!int '017'", "15"),
            ("!custom 12", #""12""#), ("! 12", #""12""#),
        ]
    )
    func plain(text: String, expected: String) throws {
        #expect(try json("a: \(text)") == [#"{"a":\#(expected)}"#])
    }

    @Test(
        "A key is text, whatever it looks like",
        arguments: [
            ("on: 1", "true"), ("no: 1", "false"), ("1: 1", "1"), ("0x10: 1", "16"), ("1.5: 1", "1.5"), ("a: 1", "a"),
            ("'on': 1", "on"), ("? a\n: 1", "a"), ("!!str on: 1", "on"), ("!!str 017: 1", "017"),
            ("!!int '017': 1", "15"),
        ]
    )
    func keys(document: String, key: String) throws {
        #expect(try json(document) == [#"{"\#(key)":1}"#])
    }

    @Test(
        "What JSON cannot say is refused with its line",
        arguments: [
            ("a: 1\nb: .inf", "2: \".inf\" is a number that JSON does not have"),
            ("a:\n  ~: 1", "2: a key that is no text"),
            ("a: 1\n[b]: 1", "2: a key that is no text"),
        ]
    )
    func refused(document: String, failure: String) {
        #expect(failures(document) == [failure])
    }
}

@Suite struct YAMLReaderTests {
    @Test("Aliases stand for what they name, and merge keys take members over in kubectl's order")
    func aliases() throws {
        #expect(try json("a: &x {b: 1}\nc: *x") == [#"{"a":{"b":1},"c":{"b":1}}"#])
        #expect(try json("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3") == [#"{"a":{"b":1,"c":2},"d":{"b":3,"c":2}}"#])
        // What is merged later goes before what stood there.
        #expect(try json("a: &x {b: 1}\nd:\n  b: 3\n  <<: *x") == [#"{"a":{"b":1},"d":{"b":1}}"#])
        #expect(
            try json("- &x {b: 1}\n- &y {b: 2, c: 2}\n- <<: [*x, *y]") == [#"[{"b":1},{"b":2,"c":2},{"b":1,"c":2}]"#]
        )
        #expect(failures("a:\n  <<: 1") == ["2: a merge key (<<) needs a mapping or a list of mappings"])
        #expect(failures("a: *x") == ["1: not valid YAML: found undefined alias"])
        #expect(try json("a: &x yes\n*x : 1") == [#"{"a":true,"true":1}"#])
    }

    @Test("A key that stands twice is an error with its line")
    func duplicateKeys() {
        #expect(failures("a: 1\nb: 2\na: 3").count == 1)
        #expect(failures("a: 1\nb: 2\na: 3").first?.contains("the key \"a\" stands there twice") == true)
        #expect(failures("{\"a\": 1,\n\"a\": 2}") == ["2: the key \"a\" stands there twice"])
        let many = (0..<40).map { "\"k\($0)\": 0" }.joined(separator: ",\n")
        #expect(failures("{\(many),\n\"k7\": 1}") == ["41: the key \"k7\" stands there twice"])
    }

    @Test("Aliases that stand for more than any document of that size are refused, not followed")
    func aliasBomb() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
        }
        #expect(failures(bomb).first?.contains("stand for too many values") == true)
        // As keys, which the parser compares as it goes.
        #expect(failures(bomb + "? *a12\n: 1\n").first?.contains("stand for too many values") == true)
        #expect(failures(bomb + "*a12 : 1\n").first?.contains("stand for too many values") == true)
        #expect(failures(bomb + "? [*a12]\n: 1\n").first?.contains("stand for too many values") == true)
        #expect(failures(bomb + "{[*a12]: 1}: 1\n").first?.contains("stand for too many values") == true)
        var merges = "a0: &a0 {k: x}\n"
        for level in 1...24 { merges += "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1)]}\n" }
        #expect(failures(merges).first?.contains("stand for too many values") == true)
        // Also where nothing is to be merged at the end of it.
        let empty = merges.replacing("{k: x}", with: "{}")
        #expect(failures(empty).first?.contains("stand for too many values") == true)
        var chain = "a0: &a0 [x]\n"
        for level in 1...5000 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(failures(chain).first?.contains("deep, counting in what aliases stand for") == true)
        // Each 500 lists deeper than the one before.
        var deep = "a0: &a0 [x]\n"
        for level in 1...1900 {
            deep +=
                "a\(level): &a\(level) \(String(repeating: "[", count: 500))*a\(level - 1)\(String(repeating: "]", count: 500))\n"
        }
        #expect(failures(deep).first?.contains("deep, counting in what aliases stand for") == true)
    }

    @Test("Usual numbers of aliases are no bomb, and neither is text that looks like aliases")
    func usualAliases() throws {
        var document = "common: &common {a: 1, b: [1, 2, 3]}\n"
        for index in 0..<2000 { document += "k\(index): *common\n" }
        #expect(failures(document).isEmpty)
        var script = "data: |\n"
        for index in 0..<300 { script += "  if ? [ *p ]: f(&p\(index), *p\(index)) }: x\n" }
        #expect(failures(script).isEmpty)
    }

    @Test("Deep nesting is refused, not followed", arguments: [600, 5000, 200_000])
    func nesting(depth: Int) {
        #expect(failures(String(repeating: "[", count: depth)).count == 1)
        #expect(failures(#"{"a":"# + String(repeating: "[", count: depth)).count == 1)
        #expect(failures(#"{"a":"# + String(repeating: #"{"a":"#, count: depth)).count == 1)
        #expect(failures("a: " + String(repeating: "{a: ", count: depth)).count == 1)
        #expect(failures((0..<min(depth, 2000)).map { String(repeating: " ", count: $0) + "a:\n" }.joined()).count == 1)
        #expect(failures(String(repeating: "- ", count: depth)).count == 1)
    }
}

@Suite struct ManifestStreamTests {
    @Test("Documents are told apart wherever a mark, a directive or an end stands")
    func documents() throws {
        #expect(try json("a: 1\n---\nb: 2\n") == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(
            try json("---\n---\n# nothing\n---\na: 1\n--- # comment\n--- {b: 2}\n...\n") == [#"{"a":1}"#, #"{"b":2}"#]
        )
        #expect(try json("%YAML 1.1\n---\na: 1\n...\n%YAML 1.1\n---\nb: 2") == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(try json("a: |\n  ---\n  b\n---x: 1\n---\r\nc: 1\r\n").count == 2)
        #expect(try json("").isEmpty)
        #expect(try json("# only a comment\n").isEmpty)
        #expect(try json("\u{FEFF}a: 1") == [#"{"a":1}"#])
        let utf16: [UInt8] = [0xff, 0xfe] + "a: 1\n".utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        #expect(try ManifestStream.documents(utf16).map { try $0.get()["a"]?.value } == [.number("1")])
    }

    @Test("JSON is read alone, line by line, without anything between, and among YAML")
    func jsonDocuments() throws {
        #expect(try json(#"{"a":1}"#) == [#"{"a":1}"#])
        #expect(try json("{\"a\":1}\n{\"b\":2}\n") == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(try json(#"{"a":1}{"b":2}"#) == [#"{"a":1}"#, #"{"b":2}"#])
        #expect(try json("{\"a\":1}\n---\nb: 2\n---\n{\n\t\"c\":\t3\n}") == [#"{"a":1}"#, #"{"b":2}"#, #"{"c":3}"#])
        #expect(
            try json(#"{"a":"\ud83d\ude00\/\u00e9\n\"","b":[1.50,-2e3,true,null,[]],"c":{}}"#)
                == [#"{"a":"😀/é\n\"","b":[1.50,-2e3,true,null,[]],"c":{}}"#]
        )
        #expect(try json(#"{"a":"\ud83d x \ude00"}"#) == ["{\"a\":\"\u{FFFD} x \u{FFFD}\"}"])
        // Braces of YAML.
        #expect(try json("{a: 1, b: [x]}") == [#"{"a":1,"b":["x"]}"#])
        #expect(try json(#"{"a": 1, b: x,}"#) == [#"{"a":1,"b":"x"}"#])
    }

    @Test("What one document gets wrong is no matter of the next, and has its line")
    func isolation() throws {
        let yaml = ManifestStream.documents(Array("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 1\n d: 2\n".utf8))
        #expect(yaml.count == 4)
        #expect(
            failures("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 1\n d: 2\n").map { $0.prefix { $0 != ":" } } == ["3", "8"]
        )
        let lines = "{\"a\":1}\n{\"b\":}\n{\"c\":3}\n{\"d\":4\n{\"e\":5}"
        #expect(failures(lines).map { $0.prefix { $0 != ":" } } == ["2", "5"])
        #expect(ManifestStream.documents(Array(lines.utf8)).count == 5 - 1)
        #expect(failures("a: {{ .Values.a }}\n").count == 1)
        #expect(failures("{{- if .Values.a }}\na: 1\n{{- end }}\n").count == 1)
        #expect(failures("a: 1\n\u{1}\n").first?.hasPrefix("2: ") == true)
        #expect(ManifestStream.documents([0x61, 0xff]).count == 1)
        #expect(failures("{\"a\": \"\u{1}\"}").count == 1)
    }

    @Test(
        "Text that is no JSON is refused",
        arguments: [
            #"{"a":01}"#, #"{"a":1.}"#, #"{"a":+1}"#, #"{"a":"\x"}"#, #"{"a":"\u12"}"#, #"{"a":tru}"#, #"{"a" 1}"#,
            #"{"a":1"#, #"{"a":"b"#, #"{"a":[1"#, #"{"a":-}"#, #"{"a":1e}"#, #"{"a":"\"#, #"{"a":1]"#,
        ]
    )
    func noJSON(text: String) {
        var reader = ManifestJSONReader(Array(text.utf8)[...], line: 1)
        #expect(throws: ManifestJSONReader.Failure.self) { _ = try reader.next() }
    }
}

@Suite struct FieldLineTests {
    static let manifest = """
        # A comment.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          annotations:
            a.example/b: c
        spec:
          template:
            spec:
              containers:
                - name: one
                  image: x
                - name: two
                  securityContext:
                    privileged: true
        """

    @Test(
        "A field's line is that of its key, or of the deepest one on the way that exists",
        arguments: [
            ("", 2), ("kind", 3), ("metadata.name", 5), ("metadata.annotations[a.example/b]", 7),
            ("metadata.labels", 4), ("spec.template.spec.containers", 11), ("spec.template.spec.containers[0]", 12),
            ("spec.template.spec.containers[0].securityContext.privileged", 12),
            ("spec.template.spec.containers[1]", 14), ("spec.template.spec.containers[1].securityContext", 15),
            ("spec.template.spec.containers[1].securityContext.privileged", 16),
            ("spec.template.spec.containers[1].securityContext.capabilities.drop", 15),
            ("spec.template.spec.containers[7].image", 11), ("spec.template.spec.volumes[0]", 10), ("status", 2),
            ("metadata.name.x", 5), ("metadata.annotations[unclosed", 6),
        ]
    )
    func line(path: String, line: Int) throws {
        let node = try #require(try ManifestStream.documents(Array(Self.manifest.utf8)).first?.get())
        #expect(node.line(of: path) == line)
    }

    @Test("Lines go on from document to document, in JSON as in YAML")
    func laterDocuments() throws {
        let text = "a: 1\n---\n# b\nb:\n  c: 1\n---\n{\n\"d\": {\n\"e\": 1\n}}\n"
        let nodes = try ManifestStream.documents(Array(text.utf8)).map { try $0.get() }
        #expect(nodes.map(\.line) == [1, 4, 7])
        #expect(nodes[1].line(of: "b.c") == 5)
        #expect(nodes[2].line(of: "d.e") == 9)
    }
}
