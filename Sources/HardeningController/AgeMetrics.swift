import CoreMetrics
import Synchronization

/// A gauge of how old something is, one series for each thing that there is.
final class AgeMetrics: Sendable {
    private let label: String
    private let dimension: String
    private let factory: any MetricsFactory
    private let meters = Mutex<[String: Meter]>([:])

    /// The gauge `label`, with the thing's name as `dimension`.
    init(_ label: String, by dimension: String, factory: any MetricsFactory) {
        self.label = label
        self.dimension = dimension
        self.factory = factory
    }

    /// These things are so old; others are no more.
    func update(_ ages: [String: Duration]) {
        meters.withLock { meters in
            for (name, meter) in meters where ages[name] == nil {
                meter.destroy()
                meters[name] = nil
            }
            for (name, age) in ages {
                let meter = meters[name] ?? Meter(label: label, dimensions: [(dimension, name)], factory: factory)
                meters[name] = meter
                meter.set(age / .seconds(1))
            }
        }
    }
}
