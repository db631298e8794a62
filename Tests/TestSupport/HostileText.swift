/// What somebody might write into a cluster to break out of where it is shown.
public enum HostileText {
    /// Pieces, each with a purpose.
    public static let pieces: [String] =
        (0...0x1F).map(character) + (0x7F...0x9F).map(character) + [
            // Clear the screen, set the title, link, colours; in 7 bits and in 8.
            "\u{1B}[2J", "\u{1B}]0;title\u{7}", "\u{1B}]8;;http://example.com\u{1B}\\", "\u{9B}31m", "\u{9D}0;t\u{9C}",
            // Direction, separators, and what is not seen.
            "\u{202A}", "\u{202B}", "\u{202C}", "\u{202D}", "\u{202E}", "\u{2066}", "\u{2067}", "\u{2068}", "\u{2069}",
            "\u{200B}", "\u{200F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{E0041}", "\u{FFFF}", "\u{10FFFF}",
            "\u{E000}",
            // What means something to JSON, YAML, XML, the exposition, a log line or a shell.
            "\"", "'", "\\", "\\n", "\r\n", "{", "}", "]]>", "<b>", "&", "%s", "$(id)", "`", ": ", "- ", " #",
            "\n---\n",
            "\n# EOF\n", " level=error", "\n{\"level\":\"critical\"}\n", ",", "=",
            // What is long, also as one character.
            String(repeating: "x", count: 1_500), "e" + String(repeating: "\u{301}", count: 400),
            // And what is well.
            "a", "web", "é", "日本", " ", "",
        ]

    /// Some of them, one after the other.
    public static func random(using generator: inout some RandomNumberGenerator) -> String {
        (0..<Int.random(in: 1...8, using: &generator)).compactMap { _ in pieces.randomElement(using: &generator) }
            .joined()
    }

    /// The scalars of `text` that nothing that is shown may have: controls, formats, separators of lines. Of its own, so
    /// that what is tested does not judge itself.
    public static func hidden(in text: String, except allowed: Set<Unicode.Scalar> = []) -> [String] {
        text.unicodeScalars.filter { scalar in
            let isHidden =
                switch scalar.value {
                case 0..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
                    0xE000...0xF8FF, 0xFFF0...0xFFFB, 0xFFFE, 0xFFFF, 0xE0000...0xE007F, 0xF0000...0x10FFFF:
                    true
                default: false
                }
            return isHidden && !allowed.contains(scalar)
        }.map { "U+" + String($0.value, radix: 16) }
    }

    private static func character(_ value: Int) -> String { Unicode.Scalar(value).map { String($0) } ?? "" }
}
