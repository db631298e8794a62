import CoreMetrics
import Synchronization

/// Where a registry keeps a series.
struct SeriesPlace: Sendable {
    var name: String
    var labels: Labels
}

/// One series: what is recorded under one name with one set of labels.
protocol Series: AnyObject, Sendable {
    /// Where it is kept; `nil` when it was not.
    var place: Mutex<SeriesPlace?> { get }
    /// As it stands.
    var value: SeriesValue { get }
}

/// Counts whole numbers. Does not count down, and stops at the largest number.
final class CounterSeries: Series, CounterHandler {
    let place = Mutex<SeriesPlace?>(nil)
    private let count = Mutex<Int64>(0)

    var value: SeriesValue { .number(.integer(count.withLock { $0 })) }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        count.withLock { count in
            let (sum, isOver) = count.addingReportingOverflow(amount)
            count = isOver ? .max : sum
        }
    }

    func reset() { count.withLock { $0 = 0 } }
}

/// Counts amounts. Does not count down, nor what is no finite number.
final class FloatingPointCounterSeries: Series, FloatingPointCounterHandler {
    let place = Mutex<SeriesPlace?>(nil)
    private let sum = Mutex(0.0)

    var value: SeriesValue { .number(.real(sum.withLock { $0 })) }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        sum.withLock { $0 += amount }
    }

    func reset() { sum.withLock { $0 = 0 } }
}

/// Holds the last value.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    let place = Mutex<SeriesPlace?>(nil)
    private let current = Mutex(SeriesNumber.integer(0))

    var value: SeriesValue { .number(current.withLock { $0 }) }

    func set(_ value: Int64) { current.withLock { $0 = .integer(value) } }
    func set(_ value: Double) { current.withLock { $0 = .real(value) } }
    func increment(by amount: Double) { current.withLock { $0 = .real($0.double + amount) } }
    func decrement(by amount: Double) { current.withLock { $0 = .real($0.double - amount) } }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
}

/// Counts how many values fell below each of some bounds. Leaves out what is negative or no finite number: a sum that can
/// fall is none that Prometheus can take a rate of.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    let place = Mutex<SeriesPlace?>(nil)
    private let bounds: [Double]
    private let state: Mutex<(counts: [Int64], sum: Double)>

    /// A histogram without values.
    ///
    /// - Parameter bounds: of the buckets, each inclusive, in rising order.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex((Array(repeating: 0, count: bounds.count + 1), 0))
    }

    var value: SeriesValue {
        let (counts, sum) = state.withLock { $0 }
        return .histogram(bounds: bounds, counts: counts, sum: sum)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value >= 0, value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
