extension String {
    /// The text as it may be shown, whoever wrote it: nothing in it begins a line, moves a terminal's cursor, hides text
    /// or turns its direction, and it is no longer than `limit` Unicode scalars.
    ///
    /// What is hidden (``Unicode/Scalar/isHidden``) is written out, such as `\u{1b}` for an escape or `\n` for a line
    /// break; what is too long ends in `...`. No more is looked at than is shown. Text that is printable already stays as
    /// it is.
    package func printable(upTo limit: Int = .max) -> String {
        if utf8.count <= limit, utf8.allSatisfy({ 0x20..<0x7F ~= $0 }) { return self }
        var shown = String.UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars {
            guard count <= limit else { break }
            let written = scalar.printable
            shown.append(contentsOf: written)
            count += written.count
        }
        return String(shown).shortened(to: limit)
    }
}

extension Unicode.Scalar {
    /// Whether a terminal, a reader or a parser might take it for something else than text: controls, formats such as
    /// those that turn the direction, separators of lines, and what Unicode does not assign.
    package var isHidden: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return true
        default: return false
        }
    }

    fileprivate var printable: String.UnicodeScalarView {
        switch self {
        case "\n": #"\n"#.unicodeScalars
        case "\t": #"\t"#.unicodeScalars
        case "\r": #"\r"#.unicodeScalars
        case _ where isHidden: "\\u{\(String(value, radix: 16))}".unicodeScalars
        default: String.UnicodeScalarView([self])
        }
    }
}
