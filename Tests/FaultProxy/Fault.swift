/// One thing that can go wrong between a client and an API server.
///
/// The raw value is the name that tests print and `docs/reliability.md` lists.
public enum Fault: String, CaseIterable, Sendable, CustomStringConvertible {
    /// Nobody listens, and what was connected is cut.
    case connectionsRefused = "connections refused"
    /// Connections are accepted, and nothing is said on them or on those that were there.
    case silence = "accepted and silent"
    /// Each stream and each list ends, with its connection, in the middle of what it was saying.
    case cutMidFrame = "streams cut mid-frame"
    /// Each byte comes in an HTTP chunk of its own.
    case splitEveryByte = "frames split at every byte"
    /// A watch, and a list at a version, is answered with HTTP 410.
    case goneStatus = "410 as a status"
    /// A watch is answered with 200 and an `ERROR` event of code 410.
    case goneEvent = "410 as an event"
    /// Lists come in pages of one, and the second page is answered with 410; lists at a version and watches likewise.
    case gonePage = "410 in the middle of a list"
    /// Everything is answered with 429.
    case tooManyRequests = "429"
    /// Everything is answered with 429 and `Retry-After`.
    case tooManyRequestsRetryAfter = "429 with Retry-After"
    /// Everything is answered with 503.
    case unavailable = "503"
    /// Everything is answered with 503 and `Retry-After`.
    case unavailableRetryAfter = "503 with Retry-After"
    /// Everything is answered with 500.
    case internalError = "500"
    /// Writes are answered with 409.
    case conflict = "409"
    /// Everything is answered with 401.
    case unauthorized = "401"
    /// Each request is held for two seconds before it is passed on.
    case slow = "2 s a request"
    /// Answers end, as if complete, in the middle of their JSON; each watch event is one.
    case truncatedJSON = "truncated JSON"
    /// Answers are an HTML page with status 200; each watch event is a line of it.
    case invalidJSON = "invalid JSON"
    /// Each object of a watch is 1.4 MB larger.
    case largeObject = "objects of 1.4 MB"
    /// Each watch begins with an event of a type that nobody knows, and so does each event.
    case unknownEvent = "unknown event type"
    /// Watches send bookmarks; their events are held back until the fault ends.
    case bookmarksOnly = "bookmarks only"
    /// Lists hold each item twice. Watches are answered as in ``goneEvent``, so that there are lists.
    case duplicatedItems = "duplicated list items"
    /// Lists hold their items in another order each time. Watches are answered as in ``goneEvent``.
    case reorderedItems = "reordered list items"
    /// Lists at a version are answered with what the same resource's first list was. Watches are answered as in
    /// ``goneEvent``.
    case staleLists = "stale lists"

    /// The name.
    public var description: String { rawValue }
}

/// A fault, and what it happens to.
public struct FaultRule: Sendable {
    /// What happens.
    public var fault: Fault
    /// Of the requests that ``applies`` to, how many it happens to: 0 to 1. ``Fault/connectionsRefused`` happens to all.
    public var share: Double
    /// Which requests it may happen to; `nil` for all, and for connections before there is any request.
    public var applies: (@Sendable (ProxiedRequest) -> Bool)?

    /// A rule with the given parts.
    public init(
        _ fault: Fault,
        share: Double = 1,
        applies: (@Sendable (ProxiedRequest) -> Bool)? = nil
    ) {
        self.fault = fault
        self.share = share
        self.applies = applies
    }
}
