/// Writes families in one of the two formats.
///
/// Sources: Prometheus, "Exposition formats", text format 0.0.4; OpenMetrics 1.0.0, "Text format".
enum Exposition {
    /// The text, families in order of their names, series in order of their labels. A family without series is left out.
    static func text(_ families: [FamilySnapshot], _ format: ExpositionFormat) -> String {
        var text = ""
        for family in families.sorted(by: { $0.name < $1.name }) where !family.series.isEmpty {
            write(family, format, to: &text)
        }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private static func write(_ family: FamilySnapshot, _ format: ExpositionFormat, to text: inout String) {
        let isBare = format == .openMetrics && family.kind == .counter
        let title = isBare ? SampleName.withoutTotal(family.name) : family.name
        if let help = family.help { text += "# HELP \(title) \(escaped(help, format))\n" }
        text += "# TYPE \(title) \(family.kind.rawValue)\n"
        for series in family.series.sorted(by: { $0.labels < $1.labels }) {
            switch series.value {
            case .number(let number):
                sample(family.name, series.labels.text, written(number), to: &text)
            case .histogram(let bounds, let counts, let sum):
                var below: Int64 = 0
                for (bound, count) in zip(bounds + [.infinity], counts) {
                    below += count
                    let le = "le=\"\(written(bound))\""
                    let labels = series.labels.text.isEmpty ? le : "\(series.labels.text),\(le)"
                    sample(family.name + "_bucket", labels, "\(below)", to: &text)
                }
                sample(family.name + "_sum", series.labels.text, written(sum), to: &text)
                sample(family.name + "_count", series.labels.text, "\(below)", to: &text)
            }
        }
    }

    private static func sample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    private static func written(_ number: SeriesNumber) -> String {
        switch number {
        case .integer(let value): "\(value)"
        case .real(let value): written(value)
        }
    }

    private static func written(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }

    // Only OpenMetrics escapes quotation marks here.
    private static func escaped(_ help: String, _ format: ExpositionFormat) -> String {
        var escaped = ""
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where format == .openMetrics: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
