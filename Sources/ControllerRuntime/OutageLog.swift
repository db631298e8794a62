import KubernetesClient
import Logging
import Synchronization

/// Says once that something is out of order, and once that it is back, however many parts notice however often.
///
/// An API server that is gone is noticed by every watch and every worker, at each try: a person wants to read it once.
public final class OutageLog: Sendable {
    private struct State {
        // Parts that cannot reach the API server at all.
        var unreachable: Set<String> = []
        // Parts that it answers with an error, which, and whether that was said.
        var refused: [String: (code: Int, count: Int)] = [:]
    }

    private let logger: Logger
    private let onRefusalsChanged: @Sendable () -> Void
    private let onReachable: @Sendable () -> Void
    private let state = Mutex(State())

    /// Writes to `logger`.
    ///
    /// - Parameters:
    ///   - onRefusalsChanged: called when ``refusals`` has changed.
    ///   - onReachable: called when the API server can be reached again, which may be another one by now.
    public init(
        logger: Logger,
        onRefusalsChanged: @escaping @Sendable () -> Void = {},
        onReachable: @escaping @Sendable () -> Void = {}
    ) {
        self.onReachable = onReachable
        self.logger = logger
        self.onRefusalsChanged = onRefusalsChanged
    }

    /// `part` has failed with `error`.
    public func failed(_ part: String, _ error: any Error) {
        if error is CancellationError { return }
        if let error = error as? APIError {
            // An expired version is everyday life: the next list cures it.
            if error.isExpired { return }
            // So is one refusal: a server that has just started may not know yet who may do what.
            let isNew = state.withLock { state in
                let before = state.refused[part]
                let count = (before?.count ?? 0) + 1
                state.refused[part] = (error.code, min(count, 2))
                return count == 2 || (count > 2 && before?.code != error.code)
            }
            if isNew {
                logger.warning("the API server refuses, trying on", metadata: ["part": "\(part)", "error": "\(error)"])
                onRefusalsChanged()
            }
        } else {
            let isFirst = state.withLock { state in
                let isFirst = state.unreachable.isEmpty
                state.unreachable.insert(part)
                return isFirst
            }
            if isFirst {
                logger.warning("the API server cannot be reached, trying on", metadata: ["error": "\(error)"])
            }
        }
    }

    /// `part` works.
    public func worked(_ part: String) { clear(part, nowAccepts: true) }

    /// `part` is not tried any more: what became of it is nobody's concern.
    public func ended(_ part: String) { clear(part, nowAccepts: false) }

    private func clear(_ part: String, nowAccepts: Bool) {
        let (isBack, wasRefused) = state.withLock { state in
            let wasOut = state.unreachable.remove(part) != nil
            return (wasOut && state.unreachable.isEmpty, state.refused.removeValue(forKey: part)?.count == 2)
        }
        if isBack {
            logger.notice("the API server can be reached again")
            onReachable()
        }
        if wasRefused {
            if nowAccepts { logger.info("the API server accepts again", metadata: ["part": "\(part)"]) }
            onRefusalsChanged()
        }
    }

    /// The parts that the API server goes on to answer with an error, and its HTTP status code.
    public var refusals: [String: Int] {
        state.withLock { $0.refused.filter { $0.value.count == 2 }.mapValues(\.code) }
    }

    /// Whether the API server cannot be reached, as far as any part has noticed.
    public var isUnreachable: Bool { state.withLock { !$0.unreachable.isEmpty } }

    /// What does not work at the moment, for a readiness probe.
    public var broken: [String] {
        state.withLock { $0.unreachable.union($0.refused.keys).sorted() }
    }
}
