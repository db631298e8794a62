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
        let header = ["what", "measured", "goal", "bare writer", "met"]
        let cells = report.rows.map(Self.cells)
        let widths = header.indices.map { column in ([header] + cells).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            var line = ""
            for (column, cell) in cells.enumerated() {
                line += cell + String(repeating: " ", count: widths[column] - cell.count) + "  "
            }
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
        var text = report.circumstances + "\n\n" + paint(line(header), "1") + "\n"
        for (row, cells) in zip(report.rows, cells) {
            text += paint(line(cells), row.isMet.map { $0 ? "32" : "31" } ?? "0") + "\n"
        }
        for (title, counts) in report.requests.sorted(by: { $0.key < $1.key }) {
            text += "\n\(title):\n"
            for (request, count) in counts.sorted(by: { $0.value > $1.value }) { text += "  \(count)  \(request)\n" }
            if counts.isEmpty { text += "  none\n" }
        }
        return text
    }

    private static func cells(_ row: Row) -> [String] {
        var measured = row.unit.text(row.value)
        if row.figures.values.count > 1 {
            measured += " (\(row.unit.text(row.figures.least)) to \(row.unit.text(row.figures.most)))"
        }
        var bare = row.bare.map { row.unit.text($0.median) } ?? ""
        if let figures = row.bare {
            if figures.values.count > 1 {
                bare += " (\(row.unit.text(figures.least)) to \(row.unit.text(figures.most)))"
            }
            bare += ", \((row.value / figures.median).text(digits: 2)) ×"
        }
        return [row.what, measured, row.goal?.text ?? "", bare, row.isMet.map { $0 ? "yes" : "NO" } ?? ""]
    }

    private func paint(_ line: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(line)\u{1B}[0m" : line
    }
}
