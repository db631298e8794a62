import Synchronization

/// Lets as many requests be under way at once as the API server takes gladly: the driver of ``FlowWindow``.
///
/// The others wait, first come, first served. Who waits is somebody's task, so there are no more than there are tasks.
public final class FlowControl: Sendable {
    /// How a request ended, as far as that says something about the load.
    public enum Answer: Sendable {
        /// The server has done what there was to do.
        case done
        /// It has too much to do.
        case overloaded
        /// Something that says nothing about the load, such as a refusal before any work, or the end of the caller's patience.
        case unrelated
    }

    private struct Waiter {
        var id: UInt64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var window = FlowWindow()
        var underWay = 0
        var waiting: [Waiter] = []
        var nextID: UInt64 = 0

        // Those who may go on now.
        mutating func admitted() -> [Waiter] {
            let count = min(waiting.count, max(0, window.size - underWay))
            guard count > 0 else { return [] }
            underWay += count
            defer { waiting.removeFirst(count) }
            return Array(waiting[..<count])
        }
    }

    private let state = Mutex(State())

    /// A control that knows nothing of the server yet.
    public init() {}

    /// How many may be under way at the moment.
    public var window: Int { state.withLock { $0.window.size } }

    /// Does `body` when its turn has come.
    ///
    /// - Parameter judge: what its result, or its error, says about the load.
    /// - Throws: what `body` throws; `CancellationError` when the task is cancelled before.
    public func run<Result: Sendable>(
        judge: (Swift.Result<Result, any Error>) -> Answer,
        _ body: () async throws -> Result
    ) async throws -> Result {
        guard await turn() else { throw CancellationError() }
        let began = ContinuousClock.now
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        finish(judge(result), began)
        return try result.get()
    }

    private func finish(_ answer: Answer, _ began: ContinuousClock.Instant) {
        let admitted = state.withLock { state in
            let now = ContinuousClock.now
            switch answer {
            case .done: state.window.answered(after: now - began, underWay: state.underWay)
            case .overloaded: state.window.refused(at: now)
            case .unrelated: break
            }
            state.underWay -= 1
            return state.admitted()
        }
        for waiter in admitted { waiter.continuation.resume(returning: true) }
    }

    private func turn() async -> Bool {
        let id = state.withLock { state in
            state.nextID &+= 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let admitted = state.withLock { state -> [Waiter]? in
                    if Task.isCancelled { return nil }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return state.admitted()
                }
                guard let admitted else { return continuation.resume(returning: false) }
                for waiter in admitted { waiter.continuation.resume(returning: true) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
