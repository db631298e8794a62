import PrintableText

/// The labels of a series: in order of their names, each name once, all as the format wants them.
struct Labels: Sendable, Hashable, Comparable {
    /// Such as `code="200",method="GET"`, escaped; empty for none.
    let text: String

    /// The labels that `dimensions` ask for. Of two with one name, the first counts.
    init(_ dimensions: [(String, String)], valueLength: Int = 128) {
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let name = SampleName.label(name)
            if values[name] == nil { values[name] = Self.escaped(value, valueLength) }
        }
        text = values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",")
    }

    static func < (left: Labels, right: Labels) -> Bool { left.text < right.text }

    private static func escaped(_ value: String, _ length: Int) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars.prefix(length) {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            case _ where scalar.isHidden: escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// The names of metrics and labels.
enum SampleName {
    /// `name` with only what a metric's name may have: letters, digits, `_` and `:`, and no digit at the beginning.
    static func metric(_ name: String) -> String { fitting(name, andColon: true) }

    /// `name` with only what a label's name may have. Names that Prometheus keeps for itself, those that begin with `__`
    /// and `le`, get another beginning.
    static func label(_ name: String) -> String {
        let name = fitting(name, andColon: false)
        return name.hasPrefix("__") || name == "le" ? "exported_" + name : name
    }

    /// What OpenMetrics calls the family of a counter.
    static func withoutTotal(_ name: String) -> String {
        name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
    }

    private static func fitting(_ name: String, andColon: Bool) -> String {
        let fitting = name.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
            case ":" where andColon: ":"
            default: "_"
            }
        }
        guard let first = fitting.first else { return "_" }
        return (first.isNumber ? "_" : "") + String(fitting)
    }
}
