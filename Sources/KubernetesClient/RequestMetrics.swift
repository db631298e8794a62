import CoreMetrics
import Synchronization

/// Counts requests under the name and labels of client-go.
///
/// Source: client-go `tools/metrics`, of which component-base makes `rest_client_requests_total`.
public final class RequestMetrics: Sendable {
    /// What is said of each metric, by name.
    public static let help = [
        "rest_client_requests_total":
            "Requests to the API server, by method and by HTTP status code; <error> if there was no answer."
    ]

    private struct Key: Hashable {
        var method: String
        // `nil` for no answer.
        var code: Int?
    }

    private let factory: any MetricsFactory
    // Made at the first request of its kind: which there are, the server decides.
    private let counters = Mutex<[Key: Counter]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    func answered(_ method: String, with code: Int?) {
        counters.withLock { counters in
            let key = Key(method: method, code: code)
            if let counter = counters[key] { return counter.increment() }
            let counter = Counter(
                label: "rest_client_requests_total",
                dimensions: [("code", code.map(String.init) ?? "<error>"), ("method", method)],
                factory: factory
            )
            counters[key] = counter
            counter.increment()
        }
    }
}
