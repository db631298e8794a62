import CoreMetrics

/// What ``Workers`` and their queue say of themselves, under the names of client-go and controller-runtime, so that the
/// dashboards and alerts that people have work here, too.
///
/// Source of names and meanings: client-go `util/workqueue/metrics.go`, controller-runtime `pkg/internal/controller/metrics`.
public struct WorkerMetrics: Sendable {
    /// What is said of each metric, by name.
    public static let help = [
        "workqueue_depth": "How many keys wait to be worked on.",
        "workqueue_adds_total": "How often a key began to wait.",
        "workqueue_retries_total": "How often a key was put off since work on it had failed.",
        "workqueue_queue_duration_seconds": "How long keys waited before work on them began.",
        "workqueue_work_duration_seconds": "How long work on a key took.",
        "workqueue_unfinished_work_seconds": "How long all work under way takes already, added up.",
        "workqueue_longest_running_processor_seconds": "How long the oldest work under way takes already.",
        "controller_runtime_reconcile_total": "Reconciliations, by result.",
        "controller_runtime_reconcile_errors_total": "Reconciliations that failed or were refused.",
        "controller_runtime_reconcile_time_seconds": "How long reconciliations took.",
        "controller_runtime_active_workers": "How many workers are at work.",
        "controller_runtime_max_concurrent_reconciles": "How many workers there are.",
    ]

    private let depth: Meter
    private let adds: Counter
    private let retries: Counter
    private let queueDuration: CoreMetrics.Timer
    private let workDuration: CoreMetrics.Timer
    private let unfinished: Meter
    private let longest: Meter
    private let success: Counter
    private let requeueAfter: Counter
    private let error: Counter
    private let errors: Counter
    private let reconcileTime: CoreMetrics.Timer
    private let activeWorkers: Meter
    private let maximumWorkers: Meter

    /// The metrics of the workers and the queue called `name`, all at zero.
    public init(name: String, factory: any MetricsFactory) {
        let queue = [("name", name)]
        let controller = [("controller", name)]
        func result(_ result: String) -> Counter {
            Counter(
                label: "controller_runtime_reconcile_total",
                dimensions: controller + [("result", result)],
                factory: factory
            )
        }
        depth = Meter(label: "workqueue_depth", dimensions: queue, factory: factory)
        adds = Counter(label: "workqueue_adds_total", dimensions: queue, factory: factory)
        retries = Counter(label: "workqueue_retries_total", dimensions: queue, factory: factory)
        queueDuration = Timer(label: "workqueue_queue_duration_seconds", dimensions: queue, factory: factory)
        workDuration = Timer(label: "workqueue_work_duration_seconds", dimensions: queue, factory: factory)
        unfinished = Meter(label: "workqueue_unfinished_work_seconds", dimensions: queue, factory: factory)
        longest = Meter(label: "workqueue_longest_running_processor_seconds", dimensions: queue, factory: factory)
        success = result("success")
        requeueAfter = result("requeue_after")
        error = result("error")
        // Nothing here is put off without an end or a reason; whoever sums up over results finds all of them.
        _ = result("requeue")
        errors = Counter(
            label: "controller_runtime_reconcile_errors_total",
            dimensions: controller,
            factory: factory
        )
        reconcileTime = Timer(
            label: "controller_runtime_reconcile_time_seconds",
            dimensions: controller,
            factory: factory
        )
        activeWorkers = Meter(label: "controller_runtime_active_workers", dimensions: controller, factory: factory)
        maximumWorkers = Meter(
            label: "controller_runtime_max_concurrent_reconciles",
            dimensions: controller,
            factory: factory
        )
    }

    func queued(_ count: Int) {
        if count > 0 { adds.increment(by: count) }
    }

    func taken(after wait: Duration) { queueDuration.recordNanoseconds(wait.nanoseconds) }

    func finished(_ outcome: WorkOutcome, after duration: Duration) {
        workDuration.recordNanoseconds(duration.nanoseconds)
        reconcileTime.recordNanoseconds(duration.nanoseconds)
        switch outcome {
        case .done: success.increment()
        case .lookAgain: requeueAfter.increment()
        case .retry, .refused:
            error.increment()
            errors.increment()
            retries.increment()
        }
    }

    func began(workers: Int) { maximumWorkers.set(workers) }

    func update(depth: Int, active: Int, underWay: (total: Duration, longest: Duration)) {
        self.depth.set(depth)
        activeWorkers.set(active)
        unfinished.set(Double(underWay.total.nanoseconds) / 1e9)
        longest.set(Double(underWay.longest.nanoseconds) / 1e9)
    }
}

extension Duration {
    /// In whole nanoseconds; at most, as many as fit.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isOver ? .max : whole &+ attoseconds / 1_000_000_000
    }
}
