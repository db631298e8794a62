import Synchronization

/// Opens when all of a number of parts have arrived, but for those that need not be there to begin.
final class SyncBarrier: Sendable {
    private struct State {
        var missing: Set<String> = []
        var gradual: Set<String> = []
        var isOpen: Bool { missing.isSubset(of: gradual) }
        var waiting: [CheckedContinuation<Bool, Never>] = []
        var waitingForPart: [String: [CheckedContinuation<Bool, Never>]] = [:]
        var isGivenUp = false
    }

    private let state = Mutex(State())

    /// Counts this part as missing. To be called before anyone waits.
    ///
    /// - Parameter isGradual: whether it need not be there to begin.
    func expect(_ part: String, isGradual: Bool = false) {
        state.withLock { state in
            state.missing.insert(part)
            if isGradual { state.gradual.insert(part) }
        }
    }

    /// Whether it is open.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// The parts that have not arrived.
    var missing: [String] { state.withLock { $0.missing.sorted() } }

    func arrive(_ part: String) {
        let waiting = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            state.missing.remove(part)
            let ofPart = state.waitingForPart.removeValue(forKey: part) ?? []
            guard state.isOpen else { return ofPart }
            defer { state.waiting = [] }
            return state.waiting + ofPart
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    /// Waits for one part; `false` when that was given up or the task is cancelled.
    func arrival(of part: String) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result: Bool? = state.withLock { state in
                    if !state.missing.contains(part) { return true }
                    if state.isGivenUp || Task.isCancelled { return false }
                    state.waitingForPart[part, default: []].append(continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            giveUp()
        }
    }

    /// Lets go of all who wait, in vain.
    func giveUp() {
        let waiting = state.withLock { state in
            state.isGivenUp = true
            defer {
                state.waiting = []
                state.waitingForPart = [:]
            }
            return state.waiting + state.waitingForPart.values.joined()
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// Waits for all parts without which nothing begins; `false` when that was given up or the task is cancelled.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result: Bool? = state.withLock { state in
                    if state.isOpen { return true }
                    if state.isGivenUp || Task.isCancelled { return false }
                    state.waiting.append(continuation)
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            giveUp()
        }
    }
}
