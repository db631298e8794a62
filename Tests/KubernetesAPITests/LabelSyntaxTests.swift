import KubernetesAPI
import Testing

@Suite struct LabelSyntaxTests {
    private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test(
        "Names of up to 63 letters, digits, '-', '_' and '.' are keys, also after a DNS prefix",
        arguments: [
            "a", "A", "0", "a-b_c.D", text(63), "example.com/a", "kubernetes.io/metadata.name", "a/b", "1.2/3",
            text(253) + "/a",
        ]
    )
    func validKeys(_ key: String) {
        #expect(LabelSyntax.isValidKey(key))
    }

    @Test(
        "Anything else is no key",
        arguments: [
            "", "-a", "a-", ".a", "_a", "a b", "a\n", "ä", text(64), "/a", "a/", "a/b/c", "Example.com/a", "a_b/c",
            "a..b/c",
            "-a/b", "a-.b/c", ".a/b", text(254) + "/a", "a\u{301}",
        ]
    )
    func invalidKeys(_ key: String) {
        #expect(!LabelSyntax.isValidKey(key))
    }

    @Test("A value may be empty, and has no prefix", arguments: ["", "a", "on", "a.b-c_D", text(63)])
    func validValues(_ value: String) {
        #expect(LabelSyntax.isValidValue(value))
    }

    @Test("Anything else is no value", arguments: ["-", "a-", ".a", "a/b", "a b", "ä", "*", text(64)])
    func invalidValues(_ value: String) {
        #expect(!LabelSyntax.isValidValue(value))
    }

    @Test(
        "A DNS label has lower-case letters, digits and hyphens, and none of these at an end",
        arguments: [
            ("a", true), ("0", true), ("a-b", true), ("a--b", true), (text(63), true), ("", false), ("-a", false),
            ("a-", false), ("a.b", false), ("A", false), ("a_b", false), ("ä", false), ("a\n", false),
            (text(64), false),
        ]
    )
    func dnsLabels(_ name: String, _ isLabel: Bool) {
        #expect(LabelSyntax.isDNSLabel(name) == isLabel)
    }
}
