/// Whether anything vouches for a cache: a watch that stands or a list; or nothing for so long that what is known must be
/// taken for out of date.
///
/// A pure state machine; time is an argument.
public struct WatchHealth: Sendable {
    /// So long without a watch that stands, and without a list, is as much as a server's restart or a slow minute takes.
    public static let tolerated = Duration.seconds(30)
    /// A stream that has stood for so long works, though it may have said nothing: nothing has changed. One that is cut as
    /// soon as it is open does not.
    static let settled = Duration.seconds(5)

    /// When the API server last said anything: a page of a list, an event or a bookmark; when it began to be asked, if it
    /// has said nothing yet; `nil` while it is not asked.
    public private(set) var lastHeard: ContinuousClock.Instant?
    private var lastTrue: ContinuousClock.Instant?
    private var lastPart: ContinuousClock.Instant?
    private var opened: ContinuousClock.Instant?
    private var wasLost = false

    /// Health of a watch that is not asked for yet.
    public init() {}

    /// Whether the API server has agreed to the present stream.
    var isOpen: Bool { opened != nil }

    /// The API server is asked from now on.
    public mutating func began(at now: ContinuousClock.Instant) {
        lastHeard = now
        lastTrue = now
    }

    /// A page of a list was read, and others may be to come: nothing is true by that yet, but what goes on is not lost.
    public mutating func heardPart(at now: ContinuousClock.Instant) {
        lastHeard = now
        lastPart = now
    }

    /// A list has failed: its pages count for nothing.
    public mutating func listFailed() { lastPart = nil }

    /// The API server has said something of what is watched: an event, a bookmark, or the last page of a list.
    public mutating func heard(at now: ContinuousClock.Instant) {
        lastHeard = now
        lastTrue = now
        lastPart = nil
        wasLost = false
    }

    /// The API server has agreed to a stream.
    public mutating func opened(at now: ContinuousClock.Instant) { opened = now }

    /// The stream has ended, if there was one.
    public mutating func closed(at now: ContinuousClock.Instant) {
        settle(at: now)
        opened = nil
    }

    /// The API server is not asked any more.
    public mutating func ended() { self = WatchHealth() }

    /// Whether what is known must be taken for out of date. What was lost is back only once a stream has settled or said
    /// something, so that one which is cut again and again is not lost and back each time.
    public mutating func isLost(at now: ContinuousClock.Instant) -> Bool {
        settle(at: now)
        if opened == nil, let last = [lastTrue, lastPart].compactMap({ $0 }).max(), now - last >= Self.tolerated {
            wasLost = true
        }
        return wasLost
    }

    private mutating func settle(at now: ContinuousClock.Instant) {
        guard let opened, now - opened >= Self.settled else { return }
        lastTrue = now
        wasLost = false
    }
}
