import Foundation

/// What was measured once, for later to be compared with: ratios and counts, which mean the same on other machines.
struct Baseline: Codable {
    /// How much worse than the baseline is still taken for noise.
    static let tolerance = 0.2

    var size: Size
    var gauges: [String: Double]

    init(_ report: Report) {
        size = report.size
        gauges = Dictionary(uniqueKeysWithValues: report.rows.compactMap { row in row.gauge.map { (row.key, $0) } })
    }

    init(file: String) throws {
        self = try JSONDecoder().decode(Baseline.self, from: Data(contentsOf: URL(filePath: file)))
    }

    func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(filePath: file))
    }

    /// Which of `report`'s rows are worse than here, and by how much; a row that is here and was not measured, too.
    func regressions(in report: Report) -> [String] {
        guard report.size == size else {
            return ["the baseline is of \(size.namespaces) namespaces and \(size.pods) pods: measure at that size"]
        }
        let measured = Baseline(report).gauges
        return gauges.sorted { $0.key < $1.key }.compactMap { key, before in
            guard let now = measured[key] else { return "\(key): not measured, though the baseline has it" }
            guard now > before * (1 + Self.tolerance) else { return nil }
            let change = before > 0 ? ", \(((now / before - 1) * 100).text(digits: 0)) % worse" : ""
            return "\(key): \(now.text(digits: 2)) instead of \(before.text(digits: 2))\(change)"
        }
    }
}
