import CoreMetrics
import Synchronization

/// How long ago each watch was last heard of. A watch that works hears a bookmark about once a minute, however little
/// happens.
final class WatchMetrics: Sendable {
    static let help = [
        "hardening_watch_last_event_age_seconds":
            "Seconds since the API server last said anything of a resource: a list, an event or a bookmark."
    ]

    private let factory: any MetricsFactory
    private let meters = Mutex<[String: Meter]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    /// These were last heard of then. Of several watches of one resource, the one that has been silent the longest counts;
    /// a resource that is not watched has no series.
    func update(_ lastHeard: [(resource: String, instant: ContinuousClock.Instant)], at now: ContinuousClock.Instant) {
        let oldest = Dictionary(lastHeard.map { ($0.resource, $0.instant) }, uniquingKeysWith: min)
        meters.withLock { meters in
            for (resource, meter) in meters where oldest[resource] == nil {
                meter.destroy()
                meters[resource] = nil
            }
            for (resource, instant) in oldest {
                let meter =
                    meters[resource]
                    ?? Meter(
                        label: "hardening_watch_last_event_age_seconds",
                        dimensions: [("resource", resource)],
                        factory: factory
                    )
                meters[resource] = meter
                meter.set((now - instant) / .seconds(1))
            }
        }
    }
}
