import CoreMetrics
import KubernetesAPI
import KubernetesClient
import Logging
import PrintableText
import Synchronization

/// Takes part in electing a leader: the driver of ``LeaderElector``.
///
/// It needs a client of its own, since nothing that others send may stand in its way, and the rights to create, get, watch
/// and patch its lease. A process takes part once: ``run()`` waits until somebody asks for it by ``acquired()``, so that
/// nobody leads who has nothing to lead with yet, and gives the lease back at the end, if it has it.
public final class LeaderElection: Sendable {
    private struct State {
        var elector: LeaderElector
        // It led once.
        var hasLed = false
        var isOver = false
        var lost: LeadershipLost?
        // When the loop last ran.
        var ranAt: LeaderElector.Instant?
        // Who was last said to lead.
        var saidLeader: String?
    }

    /// What is said of the metric, by its name, which is client-go's.
    public static let help = [
        "leader_election_master_status": "Whether this process leads: 1 if it does, 0 if it does not."
    ]

    private let lock: LeaseLock
    private let identity: String
    private let timing: LeaderElector.Timing
    private let logger: Logger
    private let outages: OutageLog
    private let status: Meter?
    private let state: Mutex<State>
    // Somebody wants to lead; whether this process does is known; it does not take part any more.
    private let wanted = Latch()
    private let decided = Latch()
    private let over = Latch()

    /// A candidate by the name `identity`, which no other process may have.
    ///
    /// - Parameters:
    ///   - metrics: where to say whether it leads; `nil` for nowhere.
    ///   - now: the time of day, which is written into the lease for people.
    public init(
        client: KubernetesClient,
        place: Place,
        identity: String,
        timing: LeaderElector.Timing,
        logger: Logger,
        metrics: (any MetricsFactory)? = nil,
        now: @escaping @Sendable () -> MicroTime
    ) {
        var logger = logger
        logger[metadataKey: "lease"] = "\(place)"
        lock = LeaseLock(client: client, place: place, now: now)
        self.identity = identity
        self.timing = timing
        self.logger = logger
        outages = OutageLog(logger: logger)
        status = metrics.map {
            Meter(label: "leader_election_master_status", dimensions: [("name", place.name)], factory: $0)
        }
        state = Mutex(State(elector: LeaderElector(identity: identity, timing: timing)))
    }

    // MARK: For who depends on it

    /// Whether this process leads at this moment: by the clock, so that it holds also for one that was stopped for a while
    /// and does not know yet.
    public var isLeading: Bool { state.withLock { Self.isLeading($0, at: .now) } }

    private static func isLeading(_ state: State, at now: LeaderElector.Instant) -> Bool {
        guard state.hasLed, !state.isOver, let end = state.elector.leadsUntil else { return false }
        return now < end
    }

    /// Sets the metric, which is told when somebody asks: by the clock, like ``isLeading``.
    public func updateMetrics() { status?.set(isLeading ? 1 : 0) }

    /// Who leads, as far as is known.
    public var leader: String? { state.withLock { $0.elector.holder } }

    /// Why nothing may be written although this process led; `nil` while it leads, and for one that never has.
    public var obstacle: String? {
        state.withLock { state in
            if let lost = state.lost { return "\(lost)" }
            guard state.hasLed, !state.isOver, !Self.isLeading(state, at: .now) else { return nil }
            return "\(LeadershipLost.notRenewed(for: timing.renewDeadline))"
        }
    }

    /// Whether it goes on taking part: its loop has run within the last three lease durations, if it has begun and has not
    /// ended.
    public var isAlive: Bool { isAlive(at: .now) }

    func isAlive(at now: LeaderElector.Instant) -> Bool {
        state.withLock { state in
            guard !state.isOver, let ranAt = state.ranAt else { return true }
            return now - ranAt < timing.leaseDuration * 3
        }
    }

    /// Does nothing if this process leads.
    ///
    /// - Throws: ``NotLeading`` if it does not.
    public func requireLeadership() throws(NotLeading) {
        if !isLeading { throw NotLeading() }
    }

    /// Waits until this process leads; `false` if it will not any more, or the task was cancelled.
    public func acquired() async -> Bool {
        wanted.open()
        await decided.wait()
        return !Task.isCancelled && state.withLock { $0.hasLed && !$0.isOver }
    }

    // MARK: Taking part

    /// Takes part until cancelled, ``withdraw()`` or ``resign()``, and gives the lease back then; not when it was cancelled,
    /// since others may still be at work.
    ///
    /// - Throws: ``LeadershipLost`` when this process led and leads no more: it must end.
    public func run() async throws(LeadershipLost) {
        defer { end() }
        await wanted.wait()
        while !Task.isCancelled {
            let action = state.withLock { state -> LeaderElector.Action? in
                if state.isOver { return nil }
                state.ranAt = .now
                return state.elector.next(at: .now)
            }
            guard let action else { break }
            if case .lose(let reason) = action {
                state.withLock { $0.lost = reason }
                throw reason
            }
            await perform(action)
        }
        if !Task.isCancelled { await giveBack() }
    }

    private func perform(_ action: LeaderElector.Action) async {
        switch action {
        case .lose: break
        case .rest(let until):
            await unlessOver { try? await Task.sleep(until: until, clock: .continuous) }
        case .follow(let version, let until):
            await unlessOver { await self.follow(version, until) }
        case .read:
            await attempt(writing: false, within: limit) {
                let lease = try await self.lock.get()
                return { $0.read(lease, at: .now) }
            }
            sayWhoLeads()
        case .create(let claim):
            await write(claim, nil)
        case .change(let claim, let version):
            await write(claim, version)
        }
    }

    /// Does not want to lead any more, if this process does not lead yet: whoever waits for that is told so.
    public func withdraw() {
        let hasLed = state.withLock { state in
            // From here on it does not begin to, either.
            if !state.hasLed { state.isOver = true }
            return state.hasLed
        }
        if !hasLed { end() }
    }

    /// Leads no more; to be called when nothing is done any more that only the leader may do. ``run()`` gives the lease
    /// back, so that another need not wait, and ends.
    public func resign() { end() }

    private func end() {
        state.withLock { $0.isOver = true }
        wanted.open()
        decided.open()
        over.open()
    }

    // What is waited for when nothing is under way is not waited for any more then.
    private func unlessOver(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { await self.over.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Attempts

    private func write(_ claim: LeaderElector.Claim, _ version: ResourceVersion?) async {
        let start = ContinuousClock.now
        await attempt(writing: true, within: limit) {
            let lease = try await self.lock.write(claim, over: version)
            return { $0.wrote(lease, at: .now, since: start) }
        }
        let isNew = state.withLock { state in
            guard !state.hasLed, !state.isOver, state.elector.leadsUntil != nil else { return false }
            state.hasLed = true
            return true
        }
        guard isNew else { return }
        logger.notice("leading", metadata: ["identity": "\(identity)"])
        decided.open()
    }

    private func giveBack() async {
        // A renewal of our own may have come in between, or somebody's label.
        for _ in 0..<5 {
            guard let action = state.withLock({ $0.elector.release() }) else { return }
            do {
                guard case .change(let claim, let version) = action else {
                    let lease = try await limited(timing.attemptLimit) { try await self.lock.get() }
                    state.withLock { $0.elector.read(lease, at: .now) }
                    continue
                }
                _ = try await limited(timing.attemptLimit) { try await self.lock.write(claim, over: version) }
                return logger.notice("gave the lease back")
            } catch let error as APIError where error.isConflict {
                state.withLock { $0.elector.conflicted(at: .now) }
            } catch {
                // Another takes it when it has run out.
                return logger.warning("could not give the lease back", metadata: ["error": "\(error)"])
            }
        }
        logger.warning("could not give the lease back", metadata: ["error": "others write it all the time"])
    }

    private typealias Note = @Sendable (inout LeaderElector) -> Void

    private func attempt(
        writing: Bool,
        within limit: Duration,
        _ body: @escaping @Sendable () async throws -> Note
    ) async {
        let start = ContinuousClock.now
        // What is read well before each write that is refused must not hide that.
        let part = writing ? "write of the lease" : "read of the lease"
        do {
            let note = try await limited(limit, body)
            state.withLock { note(&$0.elector) }
            outages.worked(part)
        } catch let error as APIError where error.isConflict || (writing && error.isNotFound) {
            state.withLock { $0.elector.conflicted(at: .now) }
        } catch {
            if !Task.isCancelled { outages.failed(part, error) }
            state.withLock { $0.elector.failed(at: .now, since: start, writing: writing) }
        }
    }

    // One request that hangs must not use up the time in which others could succeed, nor outlast the leadership.
    private var limit: Duration {
        let usual = timing.attemptLimit
        return state.withLock { $0.elector.leadsUntil.map { min(usual, $0 - .now) } ?? usual }
    }

    private func limited<Value: Sendable>(
        _ limit: Duration,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw TransportError(.interrupted, "the lease: no answer in \(limit)")
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    // Once for each who is seen to lead.
    private func sayWhoLeads() {
        let leader = state.withLock { state -> String? in
            guard !state.hasLed, !state.isOver, let leader = state.elector.holder, leader != identity,
                leader != state.saidLeader
            else { return nil }
            state.saidLeader = leader
            return leader
        }
        if let leader { logger.info("another replica leads", metadata: ["leader": "\(leader.printable(upTo: 253))"]) }
    }

    // MARK: Following

    private struct EnoughSeen: Error {}
    private struct WatchEnded: Error {}

    // Until it is given back, or its end is reached, which each renewal puts off.
    private func follow(_ version: ResourceVersion, _ until: LeaderElector.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watch(from: version) }
            group.addTask {
                var end = until
                while ContinuousClock.now < end {
                    // However long another may hold it, the loop shows that it runs.
                    let wake = min(end, .now + self.timing.leaseDuration)
                    guard (try? await Task.sleep(until: wake, clock: .continuous)) != nil else { return }
                    let next = self.state.withLock { state in
                        state.ranAt = .now
                        return state.elector.next(at: .now)
                    }
                    if case .follow(_, let later) = next { end = later }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func watch(from version: ResourceVersion) async {
        let part = "watch of the lease"
        let start = ContinuousClock.now
        do {
            try await lock.watch(
                from: version,
                onOpen: { self.outages.worked(part) },
                onEvent: { try self.take($0) }
            )
            state.withLock { $0.elector.lostSight(at: .now, since: start, failed: false) }
        } catch is EnoughSeen {
            // What was seen says what to do.
        } catch is CancellationError {
            // The end was reached.
        } catch {
            // If the server has said why, the next read will show whether it matters.
            if !(error is WatchEnded) { outages.failed(part, error) }
            state.withLock { $0.elector.lostSight(at: .now, since: start, failed: true) }
        }
    }

    private func take(_ event: WatchEvent<Lease>) throws {
        let isOver = try state.withLock { state in
            let now = ContinuousClock.now
            switch event {
            case .added(let lease), .modified(let lease): state.elector.saw(lease, at: now)
            case .deleted: state.elector.saw(nil, at: now)
            case .bookmark: break
            case .error, .unreadable: throw WatchEnded()
            }
            if case .follow = state.elector.next(at: now) { return false }
            return true
        }
        sayWhoLeads()
        if isOver { throw EnoughSeen() }
    }
}

/// A write was not sent, since this process does not lead.
public struct NotLeading: Error, Sendable, CustomStringConvertible {
    /// That.
    public var description: String { "not written: another replica leads, or may lead by now" }
}
