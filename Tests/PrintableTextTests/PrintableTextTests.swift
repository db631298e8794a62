import PrintableText
import TestSupport
import Testing

@Suite("Text that may be shown") struct PrintableTextTests {
    @Test(
        "has everything hidden written out, and the rest as it is",
        arguments: [
            ("plain, é 日本 \"quoted\" \\n", "plain, é 日本 \"quoted\" \\n"),
            ("a\nb\tc\rd", #"a\nb\tc\rd"#), ("\u{1B}[2J", #"\u{1b}[2J"#), ("\u{9B}31m", #"\u{9b}31m"#),
            ("\u{7F}\u{0}\u{85}", #"\u{7f}\u{0}\u{85}"#), ("\u{202E}\u{2066}", #"\u{202e}\u{2066}"#),
            ("\u{2028}\u{2029}\u{FEFF}", #"\u{2028}\u{2029}\u{feff}"#), ("", ""),
        ]
    )
    func examples(text: String, shown: String) {
        #expect(text.printable() == shown)
    }

    @Test("is cut where it would be too long, what is written out counted as it is written")
    func cut() {
        #expect("abcdef".printable(upTo: 6) == "abcdef")
        #expect("abcdefg".printable(upTo: 6) == "abc...")
        #expect("\u{1B}\u{1B}".printable(upTo: 12) == #"\u{1b}\u{1b}"#)
        #expect("\u{1B}\u{1B}".printable(upTo: 11) == #"\u{1b}\u..."#)
        #expect("ééé".printable(upTo: 3) == "ééé")
        #expect("abc".printable(upTo: 0) == "...")
    }

    @Test("holds nothing hidden, is bounded, and stays as it is when made so again", arguments: seeds)
    func property(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let text = HostileText.random(using: &generator)
            let limit = Int.random(in: 3...600, using: &generator)
            let shown = text.printable(upTo: limit)
            #expect(HostileText.hidden(in: shown) == [], "seed \(seed)")
            #expect(shown.unicodeScalars.count <= limit, "seed \(seed)")
            #expect(shown.printable(upTo: limit) == shown, "seed \(seed)")
        }
    }
}
