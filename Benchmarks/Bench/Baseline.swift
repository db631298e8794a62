import Foundation

/// What was measured once, for later to be compared with: counts and memory, which are about the same on a machine that is
/// slower, or has other things to do.
struct Baseline: Codable {
    /// By how much more than the baseline is still taken for noise, of most things; see ``Comparison/limit``.
    static let tolerance = 0.2

    var build: String
    var kubernetes: String
    var size: Size
    var gauges: [String: Double]

    init(_ report: Report) {
        build = report.build
        kubernetes = report.kubernetes
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

    /// What of `report` is compared with what is here.
    ///
    /// - Throws: ``Failure`` when they are of different things, and so cannot be compared.
    func comparisons(with report: Report) throws -> [Comparison] {
        let (here, there) = ("\(build) build at \(size)", "\(report.build) build at \(report.size)")
        guard here == there else { throw Failure("the baseline is of a \(here), and this of a \(there)") }
        let rows = Dictionary(uniqueKeysWithValues: report.rows.map { ($0.key, $0) })
        return try gauges.sorted { $0.key < $1.key }.map { key, before in
            guard let row = rows[key], let now = row.gauge else {
                throw Failure("\(key) was not measured, though the baseline has it")
            }
            return Comparison(row: row, before: before, now: now)
        }
    }
}
