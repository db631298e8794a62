import Hardening
import TestSupport
import Testing

@Suite struct GlobTests {
    @Test(
        "A glob fits whole names",
        arguments: [
            ("sandbox-*", "sandbox-1", true), ("sandbox-*", "sandbox-", true), ("sandbox-*", "my-sandbox-1", false),
            ("*", "", true), ("*", "a", true), ("team-a", "team-a", true), ("team-a", "team-ab", false),
            ("team-a", "team", false), ("?", "a", true), ("?", "", false), ("?", "ab", false), ("a?c", "abc", true),
            ("*-dev", "team-dev", true), ("*-dev", "team-dev-1", false), ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("**", "a", true), ("*a", "aaaa", true), ("*ab", "aab", true), ("[a-c]", "b", true), ("[a-c]", "d", false),
            ("[!a-c]", "d", true), ("[!a-c]", "b", false), ("[^a-c]", "d", true), ("[^a-c]", "a", false),
            ("team-[0-9]", "team-7", true), ("team-[0-9]", "team-77", false), ("[abc]x", "bx", true),
            ("[a-]", "-", true),
            ("[a-]", "a", true), ("[-a]", "-", true), ("a.b", "a.b", true), ("a.b", "axb", false),
            ("[0-9a-f]", "c", true),
        ]
    )
    func matches(_ pattern: String, _ name: String, _ fits: Bool) throws {
        #expect(try #require(Glob(pattern)).matches(name) == fits)
    }

    @Test(
        "What could never match, or is no pattern, is refused",
        arguments: [
            "", "A", "team_a", "a/b", "a b", "ä", "[", "[a", "[]", "[!]", "[c-a]", "[A]", "[a-Z]", "a]", "{a,b}", "\\*",
            "a\n",
        ]
    )
    func refuses(_ pattern: String) {
        #expect(Glob(pattern) == nil)
    }

    @Test("Matching does what trying everything does")
    func agreesWithTryingEverything() throws {
        var random = SeededGenerator()
        for _ in 0..<4000 {
            let parts = ["a", "b", "-", "*", "*", "?", "[ab]", "[!a]", "[a-b]"]
            let pattern = (0..<Int.random(in: 1...7, using: &random)).map { _ in
                parts.randomElement(using: &random) ?? "a"
            }
            let name = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                ["a", "b", "-"].randomElement(using: &random) ?? "a"
            }
            let text = pattern.joined()
            let glob = try #require(Glob(text), "seed \(random.seed): \(text)")
            let expected = Self.fits(pattern[...], name[...])
            #expect(glob.matches(name.joined()) == expected, "seed \(random.seed): \(text) on \(name.joined())")
        }
    }

    private static func fits(_ pattern: ArraySlice<String>, _ name: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == "*" {
            return fits(pattern.dropFirst(), name) || (!name.isEmpty && fits(pattern, name.dropFirst()))
        }
        guard let letter = name.first else { return false }
        let isFit =
            switch first {
            case "?": true
            case "[ab]", "[a-b]": letter == "a" || letter == "b"
            case "[!a]": letter != "a"
            default: first == letter
            }
        return isFit && fits(pattern.dropFirst(), name.dropFirst())
    }

    // Trying everything would take longer than the universe has been there.
    @Test("A hostile pattern costs no more than its length times the name's", .timeLimit(.minutes(15)))
    func hostile() throws {
        let glob = try #require(Glob(String(repeating: "*a", count: 500) + "b"))
        #expect(!glob.matches(String(repeating: "a", count: 10_000)))
        #expect(glob.matches(String(repeating: "a", count: 10_000) + "b"))
    }
}
