import Synchronization

/// Hands out the credentials of one `TokenCache` and fetches for it, once however many ask at the same time.
final class SharedRefresh<Value: Sendable & Equatable>: Sendable {
    typealias Entry = TokenCache<Value>.Entry

    /// What a fetch brings: the credentials, and in how long they expire (`nil`: they do not say).
    struct Fetched: Sendable {
        var value: Value
        var validity: Duration?
    }

    private struct State {
        var cache: TokenCache<Value>
        var waiters: [Int: CheckedContinuation<Entry, any Error>] = [:]
        var lastWaiter = 0
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Duration
    private let fetch: @Sendable () async throws -> Fetched

    /// - Parameters:
    ///   - now: the time since some fixed moment, by a clock that never goes back.
    ///   - fetch: brings credentials; must end by itself, since nothing cancels it.
    init(
        _ cache: TokenCache<Value>,
        now: @escaping @Sendable () -> Duration,
        fetch: @escaping @Sendable () async throws -> Fetched
    ) {
        state = Mutex(State(cache: cache))
        self.now = now
        self.fetch = fetch
    }

    /// The credentials to use now; waits when they have to be fetched.
    ///
    /// - Throws: `ConfigurationError` when there are none; `CancellationError` when the waiting task is cancelled,
    ///   which ends its wait at once and leaves the fetch to the others.
    func current() async throws -> Entry {
        let id = state.withLock { state in
            state.lastWaiter &+= 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { join(id, $0) }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// The server answered 401 to a request that used the fetch `serial` and began at `requestStarted`.
    func rejected(serial: Int, requestStarted: Duration) {
        state.withLock { $0.cache.rejected(serial: serial, requestStarted: requestStarted) }
    }

    /// How many callers wait for a fetch at this moment.
    var waiting: Int { state.withLock { $0.waiters.count } }

    // Asking and joining the waiters is one step under the lock, or a fetch that ends in between would be missed. So is
    // looking at the cancellation: either its handler runs later and finds the waiter, or the task is marked by now.
    private func join(_ id: Int, _ continuation: CheckedContinuation<Entry, any Error>) {
        let (action, isCancelled) = state.withLock { state in
            let action = state.cache.request(now: now())
            let isCancelled = Task.isCancelled
            switch action {
            case .refresh, .wait: if !isCancelled { state.waiters[id] = continuation }
            case .use, .fail: break
            }
            return (action, isCancelled)
        }
        switch action {
        case .use(let entry): continuation.resume(returning: entry)
        case .fail(let error): continuation.resume(throwing: error)
        case .refresh, .wait:
            if action == .refresh { startFetch() }
            if isCancelled { continuation.resume(throwing: CancellationError()) }
        }
    }

    // The one unstructured task: a fetch belongs to all who wait, so it may not be the child, hence the victim, of any
    // of them. It ends by itself (see `fetch`) and what it brings serves the next who asks, even if all left.
    private func startFetch() {
        Task {
            let result: Result<Fetched, ConfigurationError>
            do {
                result = .success(try await fetch())
            } catch let error as ConfigurationError {
                result = .failure(error)
            } catch {
                result = .failure(ConfigurationError("fetching credentials failed: \(error)"))
            }
            finish(result)
        }
    }

    private func finish(_ result: Result<Fetched, ConfigurationError>) {
        let (outcome, waiters) = state.withLock { state in
            let outcome =
                switch result {
                case .success(let new): state.cache.fetched(new.value, validity: new.validity, now: now())
                case .failure(let error): state.cache.failed(error, now: now())
                }
            defer { state.waiters = [:] }
            return (outcome, state.waiters)
        }
        for waiter in waiters.values {
            switch outcome {
            case .use(let entry): waiter.resume(returning: entry)
            case .fail(let error): waiter.resume(throwing: error)
            }
        }
    }
}
