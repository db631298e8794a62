/// A row beside what it was when the baseline was written.
struct Comparison {
    var row: Row
    var before: Double
    var now: Double

    /// The most that is taken for noise.
    var limit: Double { before + noise }

    var isWorse: Bool { now > limit }

    /// Whether it is so much better that the baseline lets too much through.
    var isStale: Bool {
        row.unit == .mebibytes ? now < before / 2 : now < before - noise
    }

    private var noise: Double {
        switch row.unit {
        // One more is let through: an Event is sometimes sent twice.
        case .count: max(before * Baseline.tolerance, 1)
        // Which of malloc's arenas grow is chance: single runs of the same program differ by a third.
        case .mebibytes: before
        default: before * Baseline.tolerance
        }
    }

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
