/// What kind of metric a family is.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram

    /// The names of all samples that a family called `name` may have, in either format, with the name itself.
    func sampleNames(of name: String) -> [String] {
        switch self {
        case .gauge: [name]
        case .counter: [name, SampleName.withoutTotal(name), SampleName.withoutTotal(name) + "_created"]
        case .histogram: [name] + ["_bucket", "_count", "_sum", "_created"].map { name + $0 }
        }
    }
}

/// All series of one name.
struct Family: Sendable {
    var kind: MetricKind
    var series: [Labels: any Series] = [:]

    func snapshot(_ name: String, help: String?) -> FamilySnapshot {
        FamilySnapshot(
            name: name,
            kind: kind,
            help: help,
            series: series.map { .init(labels: $0.key, value: $0.value.value) }
        )
    }
}

/// A family as it stands.
struct FamilySnapshot: Sendable {
    struct Series: Sendable {
        var labels: Labels
        var value: SeriesValue
    }

    var name: String
    var kind: MetricKind
    var help: String?
    var series: [Series]
}

/// A series as it stands.
enum SeriesValue: Sendable {
    case number(SeriesNumber)
    /// How many values fell into each bucket, the last one being that without a bound, and their sum.
    case histogram(bounds: [Double], counts: [Int64], sum: Double)
}

/// A number that is written as what it is: a large count keeps its last digit.
enum SeriesNumber: Sendable {
    case integer(Int64)
    case real(Double)

    var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }
}
