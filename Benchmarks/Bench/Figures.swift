/// What was measured several times.
struct Figures: Sendable, Codable {
    /// In ascending order; at least one.
    let values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }
    init(_ value: Double) { values = [value] }

    var median: Double {
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    }
    var least: Double { values.first ?? .nan }
    var most: Double { values.last ?? .nan }

    /// The value that `share` of all are not above (nearest rank).
    func percentile(_ share: Double) -> Double {
        values[min(values.count - 1, max(0, Int((share * Double(values.count)).rounded(.up)) - 1))]
    }

    func map(_ transform: (Double) -> Double) -> Figures { Figures(values.map(transform)) }
}
