/// A row beside what it was when the baseline was written.
struct Comparison {
    var row: Row
    var before: Double
    var now: Double

    /// The most that is taken for noise. Of what is counted in whole numbers one more is, too: an Event is sometimes sent
    /// twice.
    var limit: Double {
        max(before * (1 + Baseline.tolerance), row.unit == .count ? before + 1 : 0)
    }

    var isWorse: Bool { now > limit }

    /// Whether it is so much better that the baseline lets too much through.
    var isStale: Bool { now < before * (1 - Baseline.tolerance) - (row.unit == .count ? 1 : 0) }

    /// The cells of a table: what, now, before, by how much more, and what follows.
    var cells: [String] {
        let unit = row.unit
        let change = before > 0 ? (now / before - 1) * 100 : now > 0 ? .infinity : 0
        let sign = change >= 0 ? "+" : ""
        let verdict =
            isWorse ? "WORSE: at most \(unit.text(limit))" : isStale ? "better: write the baseline anew" : "ok"
        return [row.what, unit.text(now), unit.text(before), "\(sign)\(change.text(digits: 0)) %", verdict]
    }
}
