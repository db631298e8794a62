import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// Takes part in electing a leader: the driver of ``LeaderElector``.
///
/// It needs a client of its own, since nothing that others send may stand in its way, and the rights to create, get, watch
/// and patch its lease.
public final class LeaderElection: Sendable {
    private enum Phase { case candidate, leading, over }

    private struct State {
        var elector: LeaderElector
        var phase = Phase.candidate
        var waiting: [CheckedContinuation<Bool, Never>] = []
        var complaint: String?

        // Whoever waits to lead learns how it went.
        mutating func enter(_ phase: Phase) -> [CheckedContinuation<Bool, Never>] {
            self.phase = phase
            defer { waiting = [] }
            return waiting
        }
    }

    /// Where the lease is.
    public struct Place: Sendable, Hashable {
        /// The lease's name.
        public var name: String
        /// Its namespace.
        public var namespace: String

        /// The lease `name` in `namespace`.
        public init(name: String, namespace: String) {
            self.name = name
            self.namespace = namespace
        }
    }

    private static let fieldManager = "leader-election"

    private let client: KubernetesClient
    private let place: Place
    private let identity: String
    private let timing: LeaderElector.Timing
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<State>

    /// A candidate by the name `identity`, which no other process may have.
    ///
    /// - Parameter now: the time of day, which is written into the lease for people.
    public init(
        client: KubernetesClient,
        place: Place,
        identity: String,
        timing: LeaderElector.Timing,
        logger: Logger,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.client = client
        self.place = place
        self.identity = identity
        self.timing = timing
        self.logger = logger
        self.now = now
        state = Mutex(State(elector: LeaderElector(identity: identity, timing: timing)))
    }

    // MARK: For who depends on it

    /// Whether this process leads at this moment: by the clock, so that it holds also for one that was stopped for a while
    /// and does not know yet.
    public var isLeading: Bool {
        state.withLock { state in
            guard state.phase == .leading, let end = state.elector.leadsUntil else { return false }
            return .now < end
        }
    }

    /// Who leads, as far as is known.
    public var leader: String? { state.withLock { $0.elector.holder } }

    /// Does nothing if this process leads.
    ///
    /// - Throws: ``NotLeading`` if it does not.
    public func requireLeadership() throws(NotLeading) {
        if !isLeading { throw NotLeading() }
    }

    /// Waits until this process leads; `false` if it will not any more, or the task was cancelled.
    public func acquired() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    switch state.phase {
                    case .leading: return true
                    case .over: return false
                    case .candidate:
                        if Task.isCancelled { return false }
                        state.waiting.append(continuation)
                        return nil
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: false) }
        }
    }

    // MARK: Taking part

    /// Takes part until cancelled, or until ``resign()``.
    ///
    /// - Throws: ``LeadershipLost`` when this process led and leads no more: it must end.
    public func run() async throws(LeadershipLost) {
        defer { enter(.over) }
        while !Task.isCancelled, state.withLock({ $0.phase }) != .over {
            let now = ContinuousClock.now
            switch state.withLock({ $0.elector.next(at: now) }) {
            case .lose(let reason):
                throw reason
            case .rest(let until):
                try? await Task.sleep(until: until, clock: .continuous)
            case .follow(let version, let until):
                await follow(version, until)
            case .read:
                await attempt {
                    let lease = try await self.lease()
                    return { $0.read(lease, at: .now) }
                }
            case .create(let claim):
                await write(claim, nil)
            case .change(let claim, let version):
                await write(claim, version)
            }
        }
    }

    /// Does not want to lead any more, if this process does not lead yet: whoever waits for that is told so.
    public func withdraw() {
        let waiting = state.withLock { $0.phase == .candidate ? $0.enter(.over) : [] }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// Gives the lease back, if this process has it, so that another need not wait; to be called when nothing is done any
    /// more that only the leader may do. ``run()`` ends.
    public func resign() async {
        let release = state.withLock { $0.phase == .leading ? $0.elector.release() : nil }
        enter(.over)
        guard case .change(let claim, let version) = release else { return }
        do {
            _ = try await limited { try await self.send(claim, version) }
            logger.notice("gave the lease back")
        } catch {
            // Another takes it when it has run out.
            logger.warning("could not give the lease back", metadata: ["error": "\(error)"])
        }
    }

    private func enter(_ phase: Phase) {
        let waiting = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.phase == .over ? [] : state.enter(phase)
        }
        for continuation in waiting { continuation.resume(returning: phase == .leading) }
    }

    // MARK: Attempts

    private func write(_ claim: LeaderElector.Claim, _ version: ResourceVersion?) async {
        let start = ContinuousClock.now
        let isWritten = await attempt {
            let lease = try await self.send(claim, version)
            return { $0.wrote(lease, at: .now, since: start) }
        }
        guard isWritten, claim.isNew else { return }
        logger.notice("leading", metadata: ["identity": "\(identity)", "lease": "\(place.namespace)/\(place.name)"])
        enter(.leading)
    }

    private typealias Note = @Sendable (inout LeaderElector) -> Void

    // Notes what came of it; whether it went well is told.
    @discardableResult
    private func attempt(_ body: @escaping @Sendable () async throws -> Note) async -> Bool {
        do {
            let note = try await limited(body)
            state.withLock { state in
                note(&state.elector)
                state.complaint = nil
            }
            return true
        } catch let error as APIError where error.isConflict {
            state.withLock { $0.elector.conflicted(at: .now) }
        } catch {
            if Task.isCancelled { return false }
            complain(error)
            state.withLock { $0.elector.failed(at: .now) }
        }
        return false
    }

    // Once for each thing that goes wrong, and not for every attempt.
    private func complain(_ error: any Error) {
        let text = "\(error)"
        let isNew = state.withLock { state in
            defer { state.complaint = text }
            return state.complaint != text
        }
        if isNew { logger.warning("leader election fails, trying on", metadata: ["error": "\(text)"]) }
    }

    // One request that hangs must not use up the time in which others could succeed, nor outlast the leadership.
    private func limited<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let usual = max(.seconds(1), timing.renewDeadline / 2)
        let limit = state.withLock { $0.elector.leadsUntil.map { min(usual, $0 - .now) } ?? usual }
        return try await withThrowingTaskGroup(of: Value.self) { group in
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

    private func lease() async throws -> Lease? {
        do {
            return try await client.get(Lease.self, name: place.name, namespace: place.namespace)
        } catch let error as APIError where error.isNotFound {
            return nil
        }
    }

    // A merge, so that what others keep in the lease stays (KEP-4355, coordinated leader election).
    private func send(_ claim: LeaderElector.Claim, _ version: ResourceVersion?) async throws -> Lease {
        let time = JSONValue.string("\("\(now())".dropLast()).000000Z")
        var spec: JSONValue = [
            "holderIdentity": .string(claim.holder),
            "leaseDurationSeconds": .integer(Int64(claim.leaseDurationSeconds)),
            "leaseTransitions": .integer(Int64(claim.transitions)),
            "renewTime": time,
        ]
        if claim.isNew { spec["acquireTime"] = time }
        guard let version else {
            let document: JSONValue = [
                "apiVersion": .string(Lease.resource.apiVersion), "kind": .string(Lease.resource.kind),
                "metadata": ["name": .string(place.name), "namespace": .string(place.namespace)],
                "spec": spec,
            ]
            return try await client.create(
                Lease.self,
                namespace: place.namespace,
                document: document,
                fieldManager: Self.fieldManager
            )
        }
        return try await client.merge(
            Lease.self,
            name: place.name,
            namespace: place.namespace,
            patch: ["metadata": ["resourceVersion": .string(version.rawValue)], "spec": spec],
            fieldManager: Self.fieldManager
        )
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
                    guard (try? await Task.sleep(until: end, clock: .continuous)) != nil else { return }
                    if case .follow(_, let later) = self.state.withLock({ $0.elector.next(at: .now) }) { end = later }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func watch(from version: ResourceVersion) async {
        let selection = Selection(namespace: place.namespace, fields: "metadata.name=\(place.name)")
        do {
            try await client.watch(
                Lease.self,
                of: selection,
                .init(resourceVersion: version, timeout: .seconds(300))
            ) { event in
                let now = ContinuousClock.now
                let isOver = try self.state.withLock { state in
                    switch event {
                    case .added(let lease), .modified(let lease): state.elector.saw(lease, at: now)
                    case .deleted: state.elector.saw(nil, at: now)
                    case .bookmark: break
                    case .error, .unreadable: throw WatchEnded()
                    }
                    if case .follow = state.elector.next(at: now) { return false }
                    return true
                }
                if isOver { throw EnoughSeen() }
            }
            state.withLock { $0.elector.lostSight(at: .now, failed: false) }
        } catch is EnoughSeen {
            // What was seen says what to do.
        } catch is CancellationError {
            // The end was reached.
        } catch {
            // The server has said why; the next read will show whether it matters.
            if !(error is WatchEnded) { complain(error) }
            state.withLock { $0.elector.lostSight(at: .now, failed: true) }
        }
    }
}

/// A write was not sent, since this process does not lead.
public struct NotLeading: Error, Sendable, CustomStringConvertible {
    /// That.
    public var description: String { "not written: another replica leads, or may lead by now" }
}
