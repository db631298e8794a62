/// What others wrote as it may be shown: nothing in it moves a terminal's cursor, hides text or turns its direction.
package enum PrintableText {
    /// `text` with everything that is not printed as itself written out, such as `\u{1b}` for an escape.
    package static func clean(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var clean = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": clean += "\\n"
            case "\t": clean += "\\t"
            case "\r": clean += "\\r"
            case _ where isHidden(scalar): clean += "\\u{\(String(scalar.value, radix: 16))}"
            default: clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }

    /// Whether a terminal or a reader might take it for something else than text: controls, formats such as those that
    /// turn the direction, separators of lines, and what Unicode does not assign.
    package static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value < 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return true
        default: return false
        }
    }
}
