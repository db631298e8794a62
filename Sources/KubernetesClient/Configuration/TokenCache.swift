/// Decides when credentials that expire are used, fetched anew or given up. A state machine: it fetches nothing and
/// reads no clock.
///
/// It serves token files (A1), exec plugins (A6) and client certificates in files (A4), which differ only in
/// their `Policy`. `now` is always the time since some fixed moment, by a clock that never goes back.
struct TokenCache<Value: Sendable & Equatable>: Sendable {
    /// How long fetched credentials are good.
    struct Policy: Sendable, Equatable {
        /// How long after a fetch the next is due when the credentials do not say it themselves; `nil` for never.
        var lifetime: Duration?
        /// How long before that moment, or before they expire, they are fetched anew.
        var leeway: Duration
        /// The least time from one fetch to the next, failed or not; only a rejection brings the next at once.
        var retryInterval: Duration
        /// Whether those who ask before a failed fetch may be repeated are told of the failure again. Not for files:
        /// one may be written any moment, and looking costs nothing, whereas a program would fail once more.
        var remembersFailure: Bool

        /// Read at most every minute, with 10 s to spare: client-go `transport/token_source.go`.
        static var tokenFile: Policy {
            Policy(lifetime: .seconds(60), leeway: .seconds(10), retryInterval: .seconds(1), remembersFailure: false)
        }
        /// Until they expire, or else until they are refused; a plugin that fails is not run more often than this.
        static var execPlugin: Policy {
            Policy(lifetime: nil, leeway: .seconds(10), retryInterval: .seconds(5), remembersFailure: true)
        }
        /// Every five minutes: client-go `transport/cert_rotation.go`.
        static var certificateFile: Policy {
            Policy(lifetime: .seconds(300), leeway: .zero, retryInterval: .seconds(10), remembersFailure: false)
        }
    }

    /// Fetched credentials.
    struct Entry: Sendable, Equatable {
        /// What was fetched.
        var value: Value
        /// Which fetch it was; every fetch has its own, even if it brought the same.
        var serial: Int
        /// When it was fetched.
        var fetchedAt: Duration
        /// When to fetch anew; `nil` for never.
        var refreshAt: Duration?
        /// When it stops being of use should fetching anew fail; `nil` for never.
        var expiresAt: Duration?
    }

    /// What whoever wants credentials has to do.
    enum Action: Sendable, Equatable {
        /// Use these.
        case use(Entry)
        /// Fetch, then call `fetched` or `failed`. Given to one caller; others wait meanwhile.
        case refresh
        /// Another caller fetches: wait for its outcome.
        case wait
        /// Fetching failed a moment ago, for this reason; it is too early to try again.
        case fail(ConfigurationError)
    }

    /// How a fetch ended, for everyone who waited.
    enum Outcome: Sendable, Equatable {
        /// Use these: fetched now, or before and still good.
        case use(Entry)
        /// There are none to use.
        case fail(ConfigurationError)
    }

    private let policy: Policy
    private var entry: Entry?
    private var isRefreshing = false
    private var lastFailure: (error: ConfigurationError, at: Duration)?
    private var lastSerial = 0

    /// A cache with nothing in it, or with `initial`, which is used when the first fetch fails.
    init(_ policy: Policy, initial: Value? = nil) {
        self.policy = policy
        if let initial {
            entry = Entry(value: initial, serial: 0, fetchedAt: .zero, refreshAt: .zero)
        }
    }

    /// Somebody needs credentials.
    mutating func request(now: Duration) -> Action {
        if let entry, !Self.isPast(entry.refreshAt, now: now) { return .use(entry) }
        if isRefreshing { return .wait }
        if let lastFailure, now < lastFailure.at + policy.retryInterval {
            if let usable = usableEntry(now: now) { return .use(usable) }
            if policy.remembersFailure { return .fail(lastFailure.error) }
        }
        isRefreshing = true
        return .refresh
    }

    /// The fetch brought `value`, which expires in `validity` from now (`nil`: it does not say).
    ///
    /// Credentials that are at their end when they arrive are used all the same for one retry interval: most likely it
    /// is the local clock that is wrong, and the server is the one to judge.
    mutating func fetched(_ value: Value, validity: Duration? = nil, now: Duration) -> Outcome {
        isRefreshing = false
        lastFailure = nil
        lastSerial += 1
        let soonest = now + policy.retryInterval
        let fetched = Entry(
            value: value,
            serial: lastSerial,
            fetchedAt: now,
            refreshAt: (validity ?? policy.lifetime).map { max(now + $0 - policy.leeway, soonest) },
            expiresAt: validity.map { max(now + $0, soonest) }
        )
        entry = fetched
        return .use(fetched)
    }

    /// The fetch failed: earlier credentials go on being used until they expire.
    mutating func failed(_ error: ConfigurationError, now: Duration) -> Outcome {
        isRefreshing = false
        lastFailure = (error, now)
        return usableEntry(now: now).map { .use($0) } ?? .fail(error)
    }

    /// The server answered 401 to a request that used the fetch `serial` and began at `requestStarted`.
    ///
    /// They are dropped, so that the next request fetches, unless others took their place since or they were fetched
    /// after the request began: then the answer says nothing about them.
    mutating func rejected(serial: Int, requestStarted: Duration) {
        guard let entry, entry.serial == serial, entry.fetchedAt <= requestStarted else { return }
        self.entry = nil
    }

    private func usableEntry(now: Duration) -> Entry? {
        entry.flatMap { Self.isPast($0.expiresAt, now: now) ? nil : $0 }
    }

    private static func isPast(_ moment: Duration?, now: Duration) -> Bool {
        moment.map { now >= $0 } ?? false
    }
}
