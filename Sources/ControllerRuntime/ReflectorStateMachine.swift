import KubernetesAPI
import KubernetesClient

/// What to ask the API server next so that a cache becomes and stays true: list, watch, wait, and when to do it over.
///
/// A pure state machine: it is told what happened and answers with what to do; no clock, network or store in it. The ids
/// in comments are those of `docs/runtime.md`.
public struct ReflectorStateMachine: Sendable {
    /// What to do next.
    public enum Action: Sendable, Hashable {
        /// Ask for a page. When it `begins` a list, whatever came of an unfinished one is void.
        case list(ListQuery, begins: Bool)
        /// Watch. When it `completes` a list, what the list did not show is gone.
        case watch(WatchQuery, completes: Bool)
        /// Wait, then call ``waited()``.
        case wait(Duration)
    }

    /// Why a request failed, as far as it matters here.
    public enum Failure: Sendable, Hashable {
        /// The version asked for is no longer kept (410).
        case expired
        /// The version asked for is ahead of this server.
        case tooLargeResourceVersion
        /// The server does not serve the resource, or not in this version of its group.
        case unserved
        /// The answer was not what the protocol says: what it would have shown is unknown.
        case malformed
        /// Anything else, and when to come back if the server said so.
        case other(retryAfter: Duration?)

        /// The failure that `error` is.
        public init(_ error: any Error) {
            switch error {
            case let error as APIError where error.isExpired: self = .expired
            case let error as APIError where error.isTooLargeResourceVersion: self = .tooLargeResourceVersion
            case let error as APIError where error.isUnservedResource: self = .unserved
            case let error as APIError: self = .other(retryAfter: error.retryAfter)
            case let error as TransportError where error.kind == .malformed: self = .malformed
            default: self = .other(retryAfter: nil)
            }
        }
    }

    /// How a watch ended.
    public enum WatchEnd: Sendable, Hashable {
        /// The server closed the stream.
        case closed
        /// With an error, before the stream or within it.
        case failed(Failure)
    }

    private enum Listing: Hashable {
        /// The first list: in pages, so that no server has to hold it all at once.
        case first
        /// A later one: not older than what was seen, which spares etcd. Not in pages: those would go past the watch
        /// cache (L9).
        case again(ResourceVersion)
        /// Without a version, since the one asked for could not be served (L8).
        case afresh
        /// Whole, since the pages ran out under us (L5).
        case whole

        var query: ListQuery {
            switch self {
            case .first, .afresh: ListQuery(freshness: .mostRecent, limit: ReflectorStateMachine.pageSize)
            case .again(let version): ListQuery(freshness: .notOlderThan(version))
            case .whole: ListQuery(freshness: .mostRecent)
            }
        }
    }

    private enum State {
        case listing(Listing, isFirstPage: Bool)
        case watching
        case waitingToList(Listing)
        case waitingToWatch
    }

    /// Items to a page of the first list: client-go's figure, which servers are tuned for.
    public static let pageSize = 500
    /// A watch that ends within this, and says nothing, is suspicious (W6).
    static let shortWatch = Duration.seconds(1)
    /// So many in a row, and the version it resumes from is to blame.
    static let shortWatchesTolerated = 3
    /// So many watches in a row of a resource that is not served, and it is listed anew, which finds out what to make of
    /// that. Not at once: a server that has just started may not know all its resources yet.
    static let unservedWatchesTolerated = 3

    private var state = State.listing(.first, isFirstPage: true)
    private var resourceVersion = ResourceVersion("")
    private var backoff: Backoff
    private var shortWatches = 0
    private var unservedWatches = 0
    private var generator: any RandomNumberGenerator & Sendable

    /// A machine that has not begun.
    /// Shorter at most than client-go's 30 s: until the watch is back, nothing is repaired, and a few watches every ten
    /// seconds are no burden for a server that has just come back.
    public static let usualBackoff = Backoff(cap: .seconds(10))

    /// A machine that has not begun.
    public init(
        backoff: Backoff = usualBackoff,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.backoff = backoff
        self.generator = generator
    }

    /// Begins.
    public mutating func start() -> Action {
        list(.first)
    }

    /// A page has arrived, with all its items.
    public mutating func pageReceived(_ metadata: ListMetadata) -> Action {
        guard case .listing(let listing, _) = state else { return watch(completes: false) }
        if let token = metadata.continueToken {
            state = .listing(listing, isFirstPage: false)
            var query = listing.query
            query.continueToken = token
            return .list(query, begins: false)
        }
        // The list's own version, not an item's (L7).
        resourceVersion = metadata.resourceVersion
        return watch(completes: true)
    }

    /// A page could not be had.
    public mutating func listFailed(_ failure: Failure, at now: ContinuousClock.Instant) -> Action {
        guard case .listing(let listing, let isFirstPage) = state else { return watch(completes: false) }
        switch (failure, listing) {
        case (.expired, .first) where !isFirstPage, (.expired, .afresh) where !isFirstPage:
            return list(.whole)
        case (.expired, .again), (.tooLargeResourceVersion, .again):
            return list(.afresh)
        case (.other(let retryAfter), _):
            return wait(thenList: listing, at: now, retryAfter)
        default:
            return wait(thenList: listing, at: now, nil)
        }
    }

    /// An event or a bookmark of this version has been taken in.
    public mutating func eventReceived(_ version: ResourceVersion) {
        if !version.isEmpty { resourceVersion = version }
    }

    /// The watch has ended after `duration`, in which it said anything or not.
    public mutating func watchEnded(
        _ end: WatchEnd,
        saidAnything: Bool,
        after duration: Duration,
        at now: ContinuousClock.Instant
    ) -> Action {
        let isShort = duration < Self.shortWatch
        shortWatches = isShort && !saidAnything ? shortWatches + 1 : 0
        unservedWatches = end == .failed(.unserved) ? unservedWatches + 1 : 0
        switch end {
        case .failed(.malformed):
            // The same version would show the same again (W14).
            return wait(thenList: .again(resourceVersion), at: now, nil)
        case .failed(.expired):
            // Told apart from all other errors, which keep the version: HTTP 410 and the event say the same (W3, W4).
            return wait(thenList: .again(resourceVersion), at: now, nil)
        case .failed(.tooLargeResourceVersion):
            return wait(thenList: .afresh, at: now, nil)
        case .failed(.unserved) where unservedWatches >= Self.unservedWatchesTolerated:
            unservedWatches = 0
            return wait(thenList: .afresh, at: now, nil)
        case .failed(.unserved):
            shortWatches = 0
            state = .waitingToWatch
            return .wait(backoff.delay(at: now, using: &generator))
        case .failed(.other(let retryAfter)):
            shortWatches = 0
            state = .waitingToWatch
            return .wait(backoff.delay(at: now, retryAfter: retryAfter, using: &generator))
        case .closed where shortWatches >= Self.shortWatchesTolerated:
            // Some servers close at once, without a word, when the version is too old (W6).
            shortWatches = 0
            return wait(thenList: .afresh, at: now, nil)
        case .closed where isShort:
            state = .waitingToWatch
            return .wait(backoff.delay(at: now, using: &generator))
        case .closed:
            return watch(completes: false)
        }
    }

    /// The wait is over.
    public mutating func waited() -> Action {
        switch state {
        case .waitingToList(let listing): list(listing)
        case .waitingToWatch, .watching, .listing: watch(completes: false)
        }
    }

    private mutating func list(_ listing: Listing) -> Action {
        state = .listing(listing, isFirstPage: true)
        return .list(listing.query, begins: true)
    }

    private mutating func wait(
        thenList listing: Listing,
        at now: ContinuousClock.Instant,
        _ retryAfter: Duration?
    ) -> Action {
        state = .waitingToList(listing)
        return .wait(backoff.delay(at: now, retryAfter: retryAfter, using: &generator))
    }

    private mutating func watch(completes: Bool) -> Action {
        state = .watching
        // At random between five and ten minutes, so that reconnects spread out (W1).
        let seconds = Int64.random(in: 300...600, using: &generator)
        return .watch(
            WatchQuery(resourceVersion: resourceVersion, timeout: .seconds(seconds)),
            completes: completes
        )
    }
}
