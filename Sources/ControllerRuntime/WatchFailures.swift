import Logging
import Synchronization

/// Why a watch does not work.
public enum WatchFailure: Sendable, Hashable, CustomStringConvertible {
    /// The API server answers with this HTTP status code.
    case refused(Int)
    /// There is no answer, or none that lasts.
    case unanswered

    /// In short, for people: `403`, `no answer`.
    public var description: String {
        switch self {
        case .refused(let code): "\(code)"
        case .unanswered: "no answer"
        }
    }
}

/// Which watches do not work, so that what is known of their resources may be out of date: those that are refused, at
/// once, and those that are not answered, after ``WatchHealth/tolerated``.
///
/// What is refused and that the server cannot be reached, the ``OutageLog`` says; the rest is said here, once, and once that
/// it is back.
public final class WatchFailures: Sendable {
    private struct State {
        var lost: Set<String> = []
        var said: Set<String> = []
        // When the API server was last seen to be away as a whole.
        var lastUnreachable: ContinuousClock.Instant?
    }

    private let outages: OutageLog
    private let logger: Logger
    private let state = Mutex(State())

    /// None yet.
    public init(outages: OutageLog, logger: Logger) {
        self.outages = outages
        self.logger = logger
    }

    /// The watches that do not work, by name, and why.
    public var current: [String: WatchFailure] {
        let lost = state.withLock(\.lost).map { ($0, WatchFailure.unanswered) }
        return Dictionary(uniqueKeysWithValues: lost)
            .merging(outages.refusals.mapValues(WatchFailure.refused)) { _, refused in refused }
    }

    /// Looks at how the watches are.
    ///
    /// - Returns: whether ``current`` is to be read again.
    public func look(at watches: [any Reflecting], now: ContinuousClock.Instant) -> Bool {
        let lost = Set(watches.filter { $0.isLost(at: now) }.map(\.name))
        let (known, isUnreachable) = (Set(outages.broken), outages.isUnreachable)
        let (hasChanged, news, back) = state.withLock { state in
            if isUnreachable { state.lastUnreachable = now }
            // Not all are back at the moment when the server is.
            let isAftermath = state.lastUnreachable.map { now - $0 < WatchHealth.tolerated } ?? false
            let news = isAftermath ? [] : lost.subtracting(state.said).subtracting(known)
            let back = state.said.subtracting(lost)
            defer {
                state.lost = lost
                state.said = state.said.intersection(lost).union(news)
            }
            return (lost != state.lost, news, back)
        }
        if !news.isEmpty {
            logger.warning(
                "not watched any more, trying on: what is known may be out of date",
                metadata: ["resources": "\(news.sorted().joined(separator: ", "))"]
            )
        }
        if !back.isEmpty {
            logger.info("watched again", metadata: ["resources": "\(back.sorted().joined(separator: ", "))"])
        }
        return hasChanged
    }
}
