/// A report as a person reads it.
struct Table {
    private let report: Report
    private let isColoured: Bool

    /// The table of `report`; in colour for a terminal.
    init(_ report: Report, isColoured: Bool) {
        self.report = report
        self.isColoured = isColoured
    }

    var text: String {
        let header = ["what", "measured", "goal", "bare writer", "at least", "met"]
        let cells = report.rows.map(Self.cells)
        let lines = Self.aligned([header] + cells)
        var text = report.circumstances + "\n"
        if !report.rows.isEmpty { text += "\n" + paint(lines[0], "1") + "\n" }
        for (row, line) in zip(report.rows, lines.dropFirst()) {
            text += paint(line, row.isMet.map { $0 ? "32" : "31" } ?? "0") + "\n"
        }
        if let growth = report.growth { text += "\n" + growth.text }
        for (title, counts) in report.requests.sorted(by: { $0.key < $1.key }) {
            text += "\n\(title):\n"
            for (request, count) in counts.sorted(by: { $0.value > $1.value }) { text += "  \(count)  \(request)\n" }
            if counts.isEmpty { text += "  none\n" }
        }
        return text
    }

    /// Lines in which the cells of each column stand below each other; all `rows` have as many.
    static func aligned(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            return String(line.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }

    private static func cells(_ row: Row) -> [String] {
        func text(_ figures: Figures, _ value: Double? = nil) -> String {
            let text = row.unit.text(value ?? figures.median)
            guard figures.values.count > 1 else { return text }
            return text + " (\(row.unit.text(figures.least)) to \(row.unit.text(figures.most)))"
        }
        func beside(_ figures: Figures?) -> String {
            figures.map { text($0) + ", \((row.value / $0.median).text(digits: 2)) ×" } ?? ""
        }
        return [
            row.what, text(row.figures, row.value), row.goal?.text ?? "", beside(row.bare), beside(row.floor),
            row.isMet.map { $0 ? "yes" : "NO" } ?? "",
        ]
    }

    private func paint(_ line: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(line)\u{1B}[0m" : line
    }
}
