import CoreMetrics
import KubernetesAPI
import KubernetesClient
import Logging
import PrintableText
import Synchronization

/// Writes Events, as well as can be: the driver of ``EventCorrelator``.
///
/// Whoever has something to say never waits for it, and never learns whether it was written. What could not be written, or
/// was not yet when ``run()`` ends, is lost; how much was dropped is counted.
public final class EventRecorder: Sendable {
    /// Who writes them.
    public struct Source: Sendable {
        /// A qualified name, such as `example.com/operator` (`reportingController`).
        public var controller: String
        /// Which of its replicas, such as the pod's name; at most 128 bytes (`reportingInstance`).
        public var instance: String
        /// The field manager of the Events.
        public var fieldManager: String
        /// Where Events of cluster-scoped objects are: `default`, as client-go has it, or `kube-system` on servers that
        /// allow nothing else (before 1.23; kubernetes/kubernetes#100125).
        public var clusterScopedNamespace: String

        /// A source with the given parts, on an API server of version 1.`serverMinor`.
        public init(controller: String, instance: String, fieldManager: String, serverMinor: Int) {
            self.controller = controller
            self.instance = instance.shortened(toUTF8: 128)
            self.fieldManager = fieldManager
            clusterScopedNamespace = serverMinor >= 23 ? "default" : "kube-system"
        }
    }

    /// What is said of each metric, by name.
    public static let help = [
        "event_recorder_dropped_total":
            "Events that were not written: too many at a time (full), refused, or the server was away for too long "
            + "(unreachable)."
    ]

    private struct State {
        var correlator = EventCorrelator()
        var generator = SystemRandomNumberGenerator()
        var isRefused = false
    }

    private let client: KubernetesClient
    private let source: Source
    private let logger: Logger
    private let drops: [EventCorrelator.Drop: Counter]
    private let now: @Sendable () -> MicroTime
    private let state = Mutex(State())
    private let bell = Bell()

    /// A recorder that writes nothing before ``run()``.
    ///
    /// - Parameter now: the time of day.
    public init(
        client: KubernetesClient,
        source: Source,
        logger: Logger,
        metrics: any MetricsFactory,
        now: @escaping @Sendable () -> MicroTime
    ) {
        self.client = client
        self.source = source
        self.logger = logger
        self.now = now
        drops = Dictionary(
            uniqueKeysWithValues: EventCorrelator.Drop.allCases.map { reason in
                let counter = Counter(
                    label: "event_recorder_dropped_total",
                    dimensions: [("reason", reason.rawValue)],
                    factory: metrics
                )
                return (reason, counter)
            }
        )
    }

    /// Has this written sooner or later, if it can be.
    public func record(_ content: EventContent) {
        switch state.withLock({ $0.correlator.say(content, at: .now, now()) }) {
        case .news: bell.ring()
        case .counted: break
        case .dropped: drops[.full]?.increment()
        }
    }

    /// Writes what there is to write, until cancelled.
    public func run() async {
        while !Task.isCancelled {
            switch state.withLock({ $0.correlator.next(at: .now) }) {
            case .write(let write):
                let outcome = await send(write)
                let drop = state.withLock { state in
                    state.correlator.finished(write, outcome, at: .now, using: &state.generator)
                }
                if let drop { drops[drop]?.increment() }
            case .wait(let end): await bell.wait(until: end)
            case .rest: await bell.wait()
            }
        }
    }

    private func send(_ write: EventCorrelator.Write) async -> EventCorrelator.Outcome {
        let namespace = write.content.regarding.namespace ?? source.clusterScopedNamespace
        do {
            if write.isCreated {
                _ = try await client.merge(
                    Event.self,
                    name: write.name,
                    namespace: namespace,
                    patch: ["series": Self.series(write)],
                    fieldManager: source.fieldManager
                )
            } else {
                _ = try await client.create(
                    Event.self,
                    namespace: namespace,
                    document: document(write, namespace),
                    fieldManager: source.fieldManager
                )
            }
            if state.withLock({ state in
                defer { state.isRefused = false }
                return state.isRefused
            }) {
                logger.info("the API server accepts Events again")
            }
            return .done
        } catch let error as APIError {
            return outcome(of: error, isCreated: write.isCreated)
        } catch {
            // That the server cannot be reached, the watches notice, too.
            logger.debug("an Event was not written", metadata: ["error": "\(error)"])
            return .failed(retryAfter: nil)
        }
    }

    private func outcome(of error: APIError, isCreated: Bool) -> EventCorrelator.Outcome {
        // What is there already, an attempt made whose answer was lost.
        if error.isConflict, !isCreated { return .done }
        if error.isNotFound, isCreated { return .gone }
        guard error.isTerminal || error.isNotFound || error.isNamespaceTerminating else {
            logger.debug("an Event was not written", metadata: ["error": "\(error)"])
            return .failed(retryAfter: error.retryAfter)
        }
        let isNew = state.withLock { state in
            defer { state.isRefused = true }
            return !state.isRefused
        }
        if isNew { logger.warning("the API server refuses Events", metadata: ["error": "\(error)"]) }
        return .refused
    }

    private func document(_ write: EventCorrelator.Write, _ namespace: String) -> JSONValue {
        let content = write.content
        var document: JSONValue = [
            "apiVersion": .string(Event.resource.apiVersion),
            "kind": .string(Event.resource.kind),
            "metadata": ["name": .string(write.name), "namespace": .string(namespace)],
            "eventTime": .string("\(write.first)"),
            "reportingController": .string(source.controller),
            "reportingInstance": .string(source.instance),
            "type": .string(content.kind.rawValue),
            "reason": .string(content.reason),
            "action": .string(content.action),
            "regarding": content.regarding.document,
            "note": .string(content.note),
        ]
        document["related"] = content.related?.document
        if write.count > 1 { document["series"] = Self.series(write) }
        return document
    }

    private static func series(_ write: EventCorrelator.Write) -> JSONValue {
        ["count": .integer(Int64(write.count)), "lastObservedTime": .string("\(write.last)")]
    }
}
