import Synchronization

/// Which of a number of things are there, and who waits for one to come or go.
final class Presence: Sendable {
    private struct Waiter {
        var id: UInt64
        var name: String
        var isAwaited: Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var present: Set<String> = []
        var waiting: [Waiter] = []
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Whether `name` is there.
    func contains(_ name: String) -> Bool { state.withLock { $0.present.contains(name) } }

    /// `name` has come or gone.
    func set(_ name: String, _ isThere: Bool) {
        let done = state.withLock { state -> [Waiter] in
            if isThere { state.present.insert(name) } else { state.present.remove(name) }
            let done = state.waiting.filter { $0.name == name && $0.isAwaited == isThere }
            state.waiting.removeAll { $0.name == name && $0.isAwaited == isThere }
            return done
        }
        for waiter in done { waiter.continuation.resume() }
    }

    /// Waits until `name` is there, or with `false` until it is not; returns at cancellation, too.
    func wait(for name: String, toBeThere isAwaited: Bool = true) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || state.present.contains(name) == isAwaited { return true }
                    state.waiting.append(
                        Waiter(id: id, name: name, isAwaited: isAwaited, continuation: continuation)
                    )
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume()
        }
    }
}
