import CoreMetrics
import Synchronization

/// Metrics of swift-metrics, kept for Prometheus to scrape.
///
/// A counter is a Prometheus counter, a meter or a gauge is a gauge, a timer is a histogram in seconds, and a recorder that
/// aggregates is a histogram of plain numbers. Names and label values are made to fit the format, whatever they are:
///
/// - What a name may not have becomes `_`; a counter that does not end in `_total` does then.
/// - Of a label's value, at most ``Limits/labelValueLength`` Unicode scalars are kept, and whatever a terminal might take
///   for something else than text becomes U+FFFD. Values that are alike then are one series.
/// - Asked for twice, a metric is one series, and whoever destroys it takes it away for all.
///
/// What is kept is bounded by ``Limits``. A series beyond them, or under a name that another kind of metric has, works for
/// its owner and is not shown; `prometheus_dropped_series_total{metric}` counts how often that happened.
///
/// Safe to share; recording takes one uncontended lock of the series alone.
///
/// Sources: Prometheus, "Exposition formats" and "Metric and label naming"; OpenMetrics 1.0.0.
public final class PrometheusRegistry: MetricsFactory {
    /// How much is kept at most.
    public struct Limits: Sendable {
        /// How many metrics, each with a name of its own.
        public var metrics = 500
        /// How many series of one metric.
        public var seriesPerMetric = 5000
        /// How many Unicode scalars of a label's value.
        public var labelValueLength = 128

        /// The usual limits.
        public init() {}
    }

    private struct State {
        var families: [String: Family] = [:]
        // Every name that a sample of some family may have, and whose it is: no two families may share one.
        var owners: [String: String] = [:]
        var help: [String: String] = [:]
        var dropped: [String: Int64] = [:]
        var actions: [@Sendable () -> Void] = []
    }

    /// The upper bounds of a timer's buckets, in seconds.
    public static let timerBuckets = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
    ]
    /// The upper bounds of an aggregating recorder's buckets.
    public static let recorderBuckets = [1.0, 10, 100, 1000, 10_000, 100_000, 1_000_000]

    private static let droppedName = "prometheus_dropped_series_total"
    // Stands for all metrics beyond the limit, so that counting them is bounded, too.
    private static let otherMetrics = "other"

    private let limits: Limits
    private let process: ProcessMetrics?
    private let state = Mutex(State())

    /// A registry without series.
    ///
    /// - Parameter process: where to read of this process; `nil` for no `process_` metrics.
    public init(limits: Limits = .init(), process: ProcessMetrics? = nil) {
        self.limits = limits
        self.process = process
    }

    /// Sets what is said of the metric `name`, as it was given to its maker, in the line `# HELP`.
    public func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[SampleName.metric(name)] = help }
    }

    /// Has `action` called before each exposition, on the caller's task: to set what is only known when it is asked for.
    /// It is kept, and so is what it holds: a metric of this registry, held strongly, keeps the registry for good.
    public func beforeExposition(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions.append(action) }
    }

    /// All metrics, in an order that depends on nothing but their names and labels.
    public func exposition(_ format: ExpositionFormat) -> String {
        let actions = state.withLock { $0.actions }
        for action in actions { action() }
        let (families, dropped, help) = state.withLock { state in
            (state.families, state.dropped, state.help)
        }
        // A counter is called as it was asked for, or with the ending that it got.
        var snapshots = families.map { name, family in
            family.snapshot(
                name,
                help: help[name] ?? (family.kind == .counter ? help[SampleName.withoutTotal(name)] : nil)
            )
        }
        snapshots.append(
            FamilySnapshot(
                name: Self.droppedName,
                kind: .counter,
                help: "Series that were not kept, by metric: there are too many, or the name is taken.",
                series: dropped.map { .init(labels: Labels([("metric", $0.key)]), value: .number(.integer($0.value))) }
            )
        )
        snapshots += process?.families() ?? []
        return Exposition.text(snapshots, format)
    }

    // MARK: MetricsFactory

    /// The counter of this name and these labels.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions) { CounterSeries() }
    }

    /// The counter of this name and these labels, for amounts that are no whole numbers.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(.counter, label, dimensions) { FloatingPointCounterSeries() }
    }

    /// The gauge of this name and these labels.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, label, dimensions) { GaugeSeries() }
    }

    /// The histogram of this name and these labels, or the gauge if it does not aggregate.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate
            ? series(.histogram, label, dimensions) { HistogramSeries(bounds: Self.recorderBuckets) }
            : series(.gauge, label, dimensions) { GaugeSeries() }
    }

    /// The histogram of this name and these labels, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.histogram, label, dimensions) { HistogramSeries(bounds: Self.timerBuckets) }
    }

    /// Shows the counter no more.
    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    /// Shows the counter no more.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    /// Shows the gauge no more.
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    /// Shows the histogram or gauge no more.
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    /// Shows the histogram no more.
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    private func series<Handler: Series>(
        _ kind: MetricKind,
        _ label: String,
        _ dimensions: [(String, String)],
        make: () -> Handler
    ) -> Handler {
        var name = SampleName.metric(label)
        let labels = Labels(dimensions, valueLength: limits.labelValueLength)
        if kind == .counter, !name.hasSuffix("_total") { name += "_total" }
        return state.withLock { state in
            if let family = state.families[name] {
                if family.kind == kind, let present = family.series[labels] as? Handler { return present }
                guard family.kind == kind, family.series[labels] == nil,
                    family.series.count < limits.seriesPerMetric
                else { return drop(name, &state, make()) }
            } else {
                let names = kind.sampleNames(of: name)
                guard names.allSatisfy({ state.owners[$0] == nil && !Self.isReserved($0) }) else {
                    return drop(name, &state, make())
                }
                guard state.families.count < limits.metrics else { return drop(Self.otherMetrics, &state, make()) }
                for sample in names { state.owners[sample] = name }
                state.families[name] = Family(kind: kind)
            }
            let series = make()
            series.place.withLock { $0 = SeriesPlace(name: name, labels: labels) }
            state.families[name]?.series[labels] = series
            return series
        }
    }

    private static func isReserved(_ sample: String) -> Bool {
        sample == droppedName || sample.hasPrefix("process_")
    }

    private func drop<Handler>(_ name: String, _ state: inout sending State, _ handler: Handler) -> Handler {
        // Names beyond the limit of metrics are not to be counted one by one.
        let key = state.dropped[name] != nil || state.dropped.count < limits.metrics ? name : Self.otherMetrics
        state.dropped[key, default: 0] += 1
        return handler
    }

    private func destroy(_ handler: AnyObject) {
        guard let series = handler as? any Series, let place = series.place.withLock({ $0 }) else { return }
        state.withLock { state in
            guard state.families[place.name]?.series[place.labels] === series else { return }
            state.families[place.name]?.series[place.labels] = nil
            guard state.families[place.name]?.series.isEmpty == true else { return }
            // The name is free again, for another kind of metric, too.
            state.families[place.name] = nil
            state.owners = state.owners.filter { $0.value != place.name }
        }
    }
}
