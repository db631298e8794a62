import ControllerRuntime
import HeapModule
import Synchronization

/// Lets namespaces be looked at once all of their pods have been listed, and so while those of others have not.
///
/// A look at a namespace needs its own pods and no others', and to list all takes longer than to write all that is to be
/// written. It is open for all once the first list is whole, or cannot be had: then it is known that pods are not seen.
final class NamespaceGate: Sendable {
    private struct Waiting: Comparable {
        var name: String

        static func < (left: Waiting, right: Waiting) -> Bool { ListFrontier.isBefore(left.name, right.name) }
    }

    private struct State {
        var isOpen = false
        var frontier = ListFrontier()
        // The next that the list will have passed is the least. Each once.
        var waiting = Heap<Waiting>()
        var names: Set<String> = []

        mutating func passed() -> [String] {
            var passed: [String] = []
            while let next = waiting.min?.name, isOpen || frontier.hasPassed(next) {
                waiting.removeMin()
                names.remove(next)
                passed.append(next)
            }
            return passed
        }
    }

    private let state = Mutex(State())

    /// Whether it lets all pass.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Those of `candidates` that may be looked at now. The others are given out when they may.
    func admit(_ candidates: [String]) -> [String] {
        state.withLock { state in
            if state.isOpen { return candidates }
            return candidates.filter { name in
                if state.frontier.hasPassed(name) { return true }
                if state.names.insert(name).inserted { state.waiting.insert(Waiting(name: name)) }
                return false
            }
        }
    }

    /// The list of pods has come so far.
    ///
    /// - Returns: those that have waited and may be looked at now.
    func note(_ progress: ListProgress) -> [String] {
        state.withLock { state in
            if state.isOpen { return [] }
            switch progress {
            case .began:
                state.frontier = ListFrontier()
                return []
            case .shown(let namespace):
                state.frontier.show(namespace)
                return []
            case .pageEnded:
                state.frontier.endPage()
                return state.passed()
            case .ended:
                state.isOpen = true
                return state.passed()
            }
        }
    }

    /// The list cannot be had.
    ///
    /// - Returns: those that have waited.
    func open() -> [String] {
        state.withLock { state in
            state.isOpen = true
            return state.passed()
        }
    }
}
