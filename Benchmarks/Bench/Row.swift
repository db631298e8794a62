/// What a figure counts.
enum Unit: String, Sendable, Codable {
    case seconds, milliseconds, microseconds, mebibytes, bytes, percent, times, count, perSecond, instructions

    /// `value` with so many digits as say something.
    func text(_ value: Double) -> String {
        switch self {
        case .seconds: value.text(digits: 2) + " s"
        case .milliseconds: value.text(digits: value < 10 ? 1 : 0) + " ms"
        case .microseconds: value.text(digits: 0) + " µs"
        case .mebibytes: value.text(digits: 1) + " MiB"
        case .bytes: value.text(digits: 0) + " B"
        case .percent: value.text(digits: 1) + " %"
        case .times: value.text(digits: 2) + " ×"
        case .count: value.text(digits: value == value.rounded() ? 0 : 1)
        case .perSecond: value.text(digits: 2) + "/s"
        case .instructions: (value / 1e6).text(digits: 3) + " million"
        }
    }
}

/// One line of the table: what was measured, beside what it should be.
struct Row: Sendable, Codable {
    /// The most that is good.
    struct Goal: Sendable, Codable {
        var limit: Double
        var text: String
    }

    /// By which a baseline knows it.
    var key: String
    /// In words.
    var what: String
    var unit: Unit
    var figures: Figures
    /// As it stands in place of the median, where that is not what counts.
    var value: Double
    var goal: Goal?
    /// The same of the bare writer in the same run.
    var bare: Figures?
    /// The same of a program in the same run that does what nobody can do without, and nothing else: the least that can be had.
    var floor: Figures?
    /// What may be compared with another run's, on whatever machine: a count, or memory. Less is better.
    var gauge: Double?

    init(
        _ key: String,
        _ what: String,
        _ unit: Unit,
        _ figures: Figures,
        value: Double? = nil,
        goal: Double? = nil,
        bare: Figures? = nil,
        floor: Figures? = nil,
        gauge: Double? = nil
    ) {
        self.key = key
        self.what = what
        self.unit = unit
        self.figures = figures
        self.value = value ?? figures.median
        self.goal = goal.map { Goal(limit: $0, text: "≤ \(unit.text($0))") }
        self.bare = bare
        self.floor = floor
        self.gauge = gauge
    }

    var isMet: Bool? { goal.map { value <= $0.limit } }
}

extension Double {
    func text(digits: Int) -> String {
        guard isFinite else { return "-" }
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (magnitude * scale).rounded()
        let whole = Int(scaled / scale)
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(Int(scaled) - whole * Int(scale))
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
