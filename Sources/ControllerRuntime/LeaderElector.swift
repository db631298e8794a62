import KubernetesAPI

/// Who of several processes leads, agreed upon by a `Lease` that all of them may write: the decisions, without clock or
/// network. ``LeaderElection`` carries them out.
///
/// The rules are those of client-go (`tools/leaderelection`): a lease is free once it has not changed for the time that it
/// says, by the clock of whoever looks, counted from when the change was *seen*; times in the lease are for people. So
/// clocks may differ, as long as they run alike. Every write carries the version that it was decided by.
///
/// A leader that could not renew its lease for ``Timing/renewDeadline``, counted from the beginning of the last attempt
/// that succeeded, has lost; that is shorter than the lease, so that it ends before anybody else can begin. There is no
/// fence: a write that was sent before may arrive later. Who deletes a lease that is held may make two lead, until the
/// first looks: whoever has seen it held waits its time out, whoever has not cannot know.
public struct LeaderElector: Sendable {
    /// An instant of a clock that also runs while the machine sleeps.
    public typealias Instant = ContinuousClock.Instant

    /// How long everything takes.
    public struct Timing: Sendable, Hashable {
        /// How long a lease is held without being renewed. Whole seconds, since the lease says so in seconds.
        public var leaseDuration: Duration
        /// How long the leader tries to renew it before it gives up.
        public var renewDeadline: Duration
        /// How long to wait between two attempts.
        public var retryPeriod: Duration

        /// The defaults of Kubernetes' own components.
        public static let standard = Timing(unchecked: .seconds(15), .seconds(10), .seconds(2))

        /// How long one attempt may take: so long that a slow server is no reason to give up, and so short that another
        /// attempt fits in before the deadline.
        var attemptLimit: Duration { max(.seconds(1), renewDeadline / 2) }

        private init(unchecked leaseDuration: Duration, _ renewDeadline: Duration, _ retryPeriod: Duration) {
            self.leaseDuration = leaseDuration
            self.renewDeadline = renewDeadline
            self.retryPeriod = retryPeriod
        }

        /// - Throws: ``InvalidTiming`` unless the lease lasts longer than the deadline, that longer than 1.2 retry
        ///   periods, and the lease whole seconds.
        public init(
            leaseDuration: Duration,
            renewDeadline: Duration,
            retryPeriod: Duration
        ) throws(InvalidTiming) {
            self.init(unchecked: leaseDuration, renewDeadline, retryPeriod)
            guard leaseDuration.components.attoseconds == 0, leaseDuration > renewDeadline,
                renewDeadline > retryPeriod * 1.2, retryPeriod > .zero
            else { throw InvalidTiming(timing: self) }
        }
    }

    /// Durations that would let two lead at a time, or nobody.
    public struct InvalidTiming: Error, Sendable, CustomStringConvertible {
        /// What was asked for.
        public var timing: Timing

        /// What is wrong with it.
        public var description: String {
            "the lease duration (\(timing.leaseDuration), whole seconds) must be longer than the renew deadline "
                + "(\(timing.renewDeadline)), and that longer than 1.2 retry periods (\(timing.retryPeriod))"
        }
    }

    /// What is to stand in the lease.
    public struct Claim: Sendable, Hashable {
        /// Who holds it; empty for nobody.
        public var holder: String
        /// For how many seconds.
        public var leaseDurationSeconds: Int
        /// How often it has changed hands.
        public var transitions: Int
        /// Whether it changes hands by this.
        public var isNew: Bool
    }

    /// What to do next.
    public enum Action: Sendable, Hashable {
        /// Read the lease: ``read(_:at:)``.
        case read
        /// Create it: ``wrote(_:at:since:)``, or ``conflicted(at:)`` if there is one.
        case create(Claim)
        /// Change it if it still has that version: likewise, also if it is gone.
        case change(Claim, ResourceVersion)
        /// Watch it from that version on, at the longest until then: ``saw(_:at:)`` for each event; and ask again.
        case follow(ResourceVersion, until: Instant)
        /// Do nothing until then.
        case rest(until: Instant)
        /// Stop everything that only the leader may do, at once. There is nothing after this.
        case lose(LeadershipLost)
    }

    private struct Observation {
        var holder: String
        var duration: Duration
        var transitions: Int
        var version: ResourceVersion
        // When it was first seen like this.
        var since: Instant
        // When it was last known to be like this.
        var confirmed: Instant

        var end: Instant { since + duration }

        // The API has 32 bits for it, and refuses what needs more.
        var transitionsOnceTaken: Int { min(transitions, Int(Int32.max) - 1) + 1 }
    }

    private let identity: String
    private let timing: Timing
    private var observation: Observation?
    // Nothing is decided by what may be out of date.
    private var isStale = true
    // Whether a claim was sent of which nobody knows what became.
    private var isUncertain = false
    private var restUntil: Instant?
    // Until when whoever held the lease, before it was deleted, may still lead.
    private var heldUntil: Instant?
    // The beginning of the last attempt that succeeded, while leading.
    private var renewed: Instant?

    /// A candidate by a name that no other process has.
    public init(identity: String, timing: Timing = .standard) {
        self.identity = identity
        self.timing = timing
    }

    /// Until when it leads for certain, whatever happens; `nil` if it does not lead.
    public var leadsUntil: Instant? { observation?.holder == identity ? deadline : nil }

    private var deadline: Instant? { renewed.map { $0 + timing.renewDeadline } }

    /// Who holds the lease, as far as is known; `nil` for nobody.
    public var holder: String? { observation.flatMap { $0.holder.isEmpty ? nil : $0.holder } }

    /// What to do at `now`.
    public func next(at now: Instant) -> Action {
        if let deadline, now >= deadline { return .lose(.notRenewed(for: timing.renewDeadline)) }
        if let restUntil, now < restUntil { return .rest(until: min(restUntil, deadline ?? restUntil)) }
        if isStale { return .read }
        guard let observation else { return .create(claim(transitions: 0, isNew: true)) }
        if renewed != nil {
            guard observation.holder == identity else { return .lose(.taken(by: observation.holder)) }
            return .change(claim(transitions: observation.transitions, isNew: false), observation.version)
        }
        // An answer was lost: it had been acquired after all.
        if observation.holder == identity {
            return .change(claim(transitions: observation.transitions, isNew: true), observation.version)
        }
        if !observation.holder.isEmpty {
            if now < observation.end { return .follow(observation.version, until: observation.end) }
            // A watch that has gone silent tells nothing: look before taking.
            if observation.confirmed < observation.end { return .read }
        }
        return .change(claim(transitions: observation.transitionsOnceTaken, isNew: true), observation.version)
    }

    /// What gives the lease back: a change, or a read that shows whether there is anything to change; `nil` when there is
    /// not.
    public func release() -> Action? {
        if isStale { return renewed != nil || isUncertain ? .read : nil }
        guard let observation, observation.holder == identity else { return nil }
        // Not zero, which the API does not allow.
        let claim = Claim(holder: "", leaseDurationSeconds: 1, transitions: observation.transitions, isNew: false)
        return .change(claim, observation.version)
    }

    /// The lease was read; `nil` when there is none.
    public mutating func read(_ lease: Lease?, at now: Instant) {
        isStale = false
        isUncertain = false
        note(lease, at: now)
    }

    /// An event of the lease; `nil` when it was deleted.
    public mutating func saw(_ lease: Lease?, at now: Instant) {
        note(lease, at: now)
    }

    /// The watch that was begun at `start` has ended, or could not begin.
    public mutating func lostSight(at now: Instant, since start: Instant, failed: Bool) {
        isStale = true
        // A server that ends every stream at once must not be asked for them without a pause.
        restUntil = (failed ? now : start) + timing.retryPeriod
    }

    /// The claim was written, by an attempt that began at `start`.
    public mutating func wrote(_ lease: Lease, at now: Instant, since start: Instant) {
        // A write that changes nothing succeeds, and gets no new version: nobody else has seen anything.
        if lease.metadata.resourceVersion == observation?.version { return conflicted(at: now) }
        isStale = false
        isUncertain = false
        note(lease, at: now)
        renewed = start
        restUntil = start + timing.retryPeriod
    }

    /// Somebody else has written in between.
    public mutating func conflicted(at now: Instant) {
        isStale = true
        restUntil = now + timing.retryPeriod / 4
    }

    /// An attempt that began at `start` has failed; if it was to write, whether it has is not known.
    public mutating func failed(at now: Instant, since start: Instant, writing: Bool) {
        isStale = true
        if writing { isUncertain = true }
        // One that took long needs no rest.
        restUntil = max(start + timing.retryPeriod, now + timing.retryPeriod / 4)
    }

    private func claim(transitions: Int, isNew: Bool) -> Claim {
        Claim(
            holder: identity,
            leaseDurationSeconds: Int(timing.leaseDuration.components.seconds),
            transitions: transitions,
            isNew: isNew
        )
    }

    private mutating func note(_ lease: Lease?, at now: Instant) {
        guard let lease else {
            if renewed == nil, let gone = observation, !gone.holder.isEmpty, gone.holder != identity {
                heldUntil = gone.end
            }
            observation = nil
            // Whoever leads creates it anew, most likely.
            if renewed == nil, let heldUntil, now < heldUntil {
                isStale = true
                restUntil = min(heldUntil, now + timing.retryPeriod)
            }
            return
        }
        heldUntil = nil
        let version = lease.metadata.resourceVersion
        if observation?.version == version {
            observation?.confirmed = now
            return
        }
        let seconds = lease.leaseDurationSeconds ?? 0
        observation = Observation(
            holder: lease.holderIdentity ?? "",
            duration: seconds > 0 ? .seconds(seconds) : timing.leaseDuration,
            transitions: lease.leaseTransitions ?? 0,
            version: version,
            since: now,
            confirmed: now
        )
    }
}

/// Why a process leads no more.
public enum LeadershipLost: Error, Sendable, Hashable, CustomStringConvertible {
    /// Its lease could not be renewed in time.
    case notRenewed(for: Duration)
    /// Another has it.
    case taken(by: String)

    /// Why, in words.
    public var description: String {
        switch self {
        case .notRenewed(let duration):
            "leadership lost: the lease could not be renewed for \(duration). Another replica takes over; this one ends, to "
                + "begin anew"
        case .taken(let holder):
            "leadership lost: the lease is held by \(holder.isEmpty ? "nobody" : holder). This replica ends, to begin anew"
        }
    }
}
