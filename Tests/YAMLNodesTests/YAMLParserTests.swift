import Foundation
import TestSupport
import Testing
import YAMLNodes
import Yams

/// What a reader of YAML makes of a text: each document in a notation of our own, or what is wrong and where.
///
/// Of Yams, which the operator read YAML with before, this says what that one's trees and errors say.
private enum Reading: Equatable, CustomStringConvertible {
    case documents([String])
    case invalid(problem: String, line: Int)
    case duplicateKey(String, line: Int)
    /// A collection stands twice as a key, which only Yams minds.
    case duplicateCollection

    var description: String {
        switch self {
        case .documents(let documents): documents.joined(separator: "\n---\n")
        case .invalid(let problem, let line): "line \(line): \(problem)"
        case .duplicateKey(let key, let line): "line \(line): \(key) twice"
        case .duplicateCollection: "a collection twice"
        }
    }

    static func ours(_ text: String) -> Reading {
        do throws(YAMLError) {
            var parser = try YAMLParser(text)
            var documents: [String] = []
            while let document = try parser.next() { documents.append(written(document)) }
            return .documents(documents)
        } catch {
            switch error {
            case .invalid(let problem, let line): return .invalid(problem: problem, line: line)
            case .duplicateKey(let key, let line): return .duplicateKey(key, line: line)
            }
        }
    }

    static func yams(_ text: String) throws -> Reading {
        do {
            let parser = try Yams.Parser(yaml: text, resolver: .basic, encoding: .utf8)
            var documents: [String] = []
            while let document = try parser.nextRoot() { documents.append(try written(document)) }
            return .documents(documents)
        } catch let error as YamlError {
            let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + (text.utf8.last == UInt8(ascii: "\n") ? 0 : 1)
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                return .invalid(problem: problem, line: min(mark.line, lines))
            case .reader(let problem, let place, _, _):
                let before = text.prefix(place ?? 0).utf8.count { $0 == UInt8(ascii: "\n") }
                return .invalid(problem: problem, line: before + 1)
            case .duplicatedKeysInMapping(let keys, _) where keys.contains("<uncovertable>"):
                return .duplicateCollection
            case .duplicatedKeysInMapping(let keys, let context):
                return .duplicateKey(try #require(keys.first), line: context.mark.line)
            default: throw error
            }
        }
    }

    private static func written(_ node: YAMLNode) -> String {
        switch node.content {
        case .scalar(let scalar): self.scalar(scalar.text, scalar.tag, scalar.isPlain, node.line)
        case .sequence(let elements): "[\(elements.map(written).joined(separator: ", "))]@\(node.line)"
        case .mapping(let members):
            "{\(members.map { "\(written($0.key)): \(written($0.value))" }.joined(separator: ", "))}@\(node.line)"
        }
    }

    private static func written(_ node: Yams.Node) throws -> String {
        let line = try #require(node.mark).line
        return switch node {
        case .scalar(let scalar): self.scalar(scalar.string, scalar.tag.rawValue, scalar.style == .plain, line)
        case .sequence(let sequence): "[\(try sequence.map(written).joined(separator: ", "))]@\(line)"
        case .mapping(let mapping):
            "{\(try mapping.map { "\(try written($0.key)): \(try written($0.value))" }.joined(separator: ", "))}@\(line)"
        case .alias: "*"
        }
    }

    // Yams calls what has no tag a string once it has compared it with something.
    private static func scalar(_ text: String, _ tag: String, _ isPlain: Bool, _ line: Int) -> String {
        let tag = tag.isEmpty || tag == "!" ? "tag:yaml.org,2002:str" : tag
        return "<\(tag)> \(isPlain ? "plain" : "quoted") \(text.debugDescription)@\(line)"
    }
}

@Suite("A YAML text") struct YAMLParserTests {
    static let documents: [String] = [
        "", "\n", "# nothing\n", "---\n", "--- # a\n...\n", "---\n---\n", "a", "'a'", "\"a\"", "12", "~", "- ", "a:",
        "a: 1\nb: two\n\"c\": 'three'\n", "a: {b: [1, 2, {c: d}], e: }\n", "[]", "{}", "[a, [b, [c]], {d: e}, f: g]",
        "- a\n-\n  - b\n  - c: 1\n    d: 2\n- - e\n  - f\n", "a:\n- 1\n- 2\nb:\n  - 3\n",
        "a: one\n  two\n\n  three\nb: 'one\n  two\n\n  it''s'\nc: \"one \\\n  two\\n\\t\\x41\\u00e9\\U0001F600\\0\"\n",
        "a: |\n  one\n   two\n\n  three\n\n\nb: |-\n  x\nc: |+\n  x\n\nd: >\n  one\n  two\n\n  three\n   four\ne: |2\n    x\n",
        "a: &x {b: 1}\nc: *x\nd: [*x, *x]\ne: &y\n  - &z 1\n  - *z\nf: *y\n*z : g\n", "&a a: &b b\nc: *a\n",
        "a: &x 1\nb: &x 2\nc: *x\n", "base: &b {p: 1, q: 2}\nd:\n  <<: *b\n  q: 3\ne:\n  <<: [*b, {r: 4}]\n",
        "a: !!str 12\nb: !!int '12'\nc: !custom {d: e}\nf: ! 12\ng: ! '12'\nh: !!null ''\n!!str i: j\nk: !!seq []\n",
        "%TAG !e! tag:example.com,2000:\n---\na: !e!b c\n", "%YAML 1.1\n---\na: b\n...\n---\nc: d\n",
        "a: b\n---\nc: d\n---\n- e\n...\n# end\n", "a: b # c\n# d\ne: f#g\nh: 'i # j'\n",
        "a: é\n\"ü\": 日本語\nz: \"\u{1F600}\"\nnbsp: a\u{A0}b\n", "a: e\u{301}\nb: \u{E9}\n", "a\u{85}b: c\u{2028}d: e\n",
        "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'd\r\n  e'\r\n", "a: 1\rb: 2\r", "\u{FEFF}a: b\n",
        "? a\n: b\n? [c]\n: d\n? {e: f}\n: g\n",
        "? |\n  long\n: x\n", "{a, b: c, ? d, ? e : f, \"g\":h}", "[a, b, ]", "a: b: c", "a:\n\t- b\n", "a: [1, 2\n",
        "a: }\n",
        "a: 'b\n", "a: \"b\n\n", "a: \"\\q\"\n", "a: *b\n", "&a [*a]\n", "a: &x b\n---\nc: d\n", "a: 1\na: 2\n",
        "a: 1\nb: {c: 1, d: 2, c: 3}\n", "b: 1\na: 1\nb: 2\na: 2\n", "1: a\n'1': b\n", "!!int 1: a\n1: b\n",
        "? a\n? a\n",
        "é: 1\ne\u{301}: 2\n", "<<: {a: 1}\n<<: {b: 2}\n", "a: b\n c: d\n", "- a\nb: c\n", "a: @b\n", "a: `b`\n",
        "a: %b\n",
        "%FOO\n---\na\n", "%YAML 2.0\n---\na\n", "a: !x!y z\n", "a: \u{1}\n", "a: 1\nb: 2\nc: \u{7}\n",
        "a: \"\\uD800\"\n", "a: |\n\tb\n",
        "a: |x\n", "--- a\n--- b\n--- {c\n", "a: - b\n", "- - - - a\n- - b\n", "a: &\n", "a: &b &c d\n",
        "a: !!str !!int d\n",
        "key: \"\" \nother: ''\n", ": a\n", "'': a\n", "-a\n", "-- a\n", "a:b\n", "a: b:c\n", "http://x: y\n",
        "long" + String(repeating: "g", count: 2000) + ": x\n",
        (0..<300).map { "k\($0): [\($0)]\n" }.joined(), String(repeating: "- ", count: 300) + "a\n",
        String(repeating: "[", count: 400) + String(repeating: "]", count: 400),
    ]

    /// The manifests of this repository. Not the fuzzers' corpus: it has what no tree can be written out of.
    static let files: [String] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        return ["manifests", "crds"]
            .flatMap { directory -> [String] in
                let directory = root.appending(path: directory)
                let files = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
                return files.sorted().compactMap {
                    try? String(decoding: Data(contentsOf: directory.appending(path: $0)), as: UTF8.self)
                }
            }
    }()

    @Test("is read as Yams reads it, in values, tags, lines and errors")
    func asYams() throws {
        #expect(Self.files.count > 10)
        for text in Self.documents + Self.files {
            #expect(try Reading.ours(text) == Reading.yams(text), "\(text.debugDescription.prefix(300))")
        }
    }

    @Test("with bytes changed is read as Yams reads it, and mostly wrong", arguments: seeds)
    func changed(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        // No byte order mark: where a value begins with one, Yams drops it.
        let words = "-:?,[]{}#&*!|>'\"%@` \t\n\rab1~<\\é\u{85}\0".unicodeScalars.map(Character.init)
        for _ in 0..<300 {
            var text = Array(try #require(Self.documents.randomElement(using: &generator)).prefix(2000))
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0...text.count, using: &generator)
                let end = min(text.count, place + Int.random(in: 0...2, using: &generator))
                text.replaceSubrange(place..<end, with: [try #require(words.randomElement(using: &generator))])
            }
            let (ours, yams) = (Reading.ours(String(text)), try Reading.yams(String(text)))
            if yams == .duplicateCollection { continue }
            // To Yams, the anchors of a document hold in those after it.
            if case .invalid("found undefined alias", _) = ours, ours != yams, text.contains("&") { continue }
            #expect(ours == yams, "\(String(text).debugDescription), seed \(seed)")
        }
    }

    @Test("of which one document is wanted has no other")
    func onlyDocument() throws {
        func read(_ text: String) throws(YAMLError) -> YAMLNode? {
            var parser = try YAMLParser(text)
            return try parser.onlyDocument()
        }
        #expect(try read("# nothing\n")?.line == nil)
        #expect(try read("---\na\n...\n")?.scalar?.text == "a")
        let error = try #require(throws: YAMLError.self) { try read("a: b\n---\nc: [") }
        guard case .invalid("but found another document", line: 2) = error else {
            Issue.record(error)
            return
        }
    }

    @Test("that nests too deep is refused, be it in what aliases stand for", arguments: [1, 799])
    func nesting(levels: Int) throws {
        let deepest = String(repeating: "[", count: levels) + "a" + String(repeating: "]", count: levels)
        guard case .documents = Reading.ours(deepest) else {
            Issue.record("refused at \(levels)")
            return
        }
        let message = "nested more than 800 deep, counting in what aliases stand for"
        let within = String(repeating: "[", count: 801 - levels)
        #expect(Reading.ours("- &a \(deepest)\n-\n  \(within)*a") == .invalid(problem: message, line: 3))
        #expect(Reading.ours(String(repeating: "- ", count: 801)) == .invalid(problem: message, line: 1))
        // Yams' own libyaml, which is linked here, looks ahead and says it in other words.
        guard case .invalid(_, line: 1) = Reading.ours(String(repeating: "[", count: 1_000_000)) else {
            Issue.record("a million levels are not refused")
            return
        }
    }

    @Test("whose aliases stand for more than can be counted takes no more than it is long", .timeLimit(.minutes(15)))
    func aliases() throws {
        var bomb = "a0: &a0 [x]\n"
        for level in 1...400 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(throws: Never.self) {
            var parser = try YAMLParser(bomb + "? *a400\n: 1\n? [*a400]\n: 2\n? *a400\n: 3\n")
            return try parser.next()
        }
    }
}
