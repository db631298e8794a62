import Synchronization

/// Keeps one copy of what is equal, however many have it: all pods of a workload differ in name and node only.
///
/// It holds no copy by itself. Those that nobody has any more are dropped once there may be as many of them as of others,
/// so that taking one in costs the same, on average, however many there are.
final class SharingPool<Element: AnyObject & Hashable & Sendable>: Sendable {
    private struct Member {
        weak var element: Element?
    }

    private struct State {
        // By hash. Of two that share one without being equal, which hardly ever happens, only the later is shared.
        var members: [Int: Member] = [:]
        var sweepAt: Int
    }

    private let leastSweep: Int
    private let state: Mutex<State>

    /// An empty pool, which is not looked through while it has fewer than `leastSweep` members.
    init(leastSweep: Int = 1024) {
        self.leastSweep = leastSweep
        state = Mutex(State(sweepAt: leastSweep))
    }

    /// The copy that equals `element`.
    func shared(_ element: Element) -> Element { shared(element) { element } }

    /// The copy that equals `element`; where there is none, what `made` gives, which is to be equal, and smaller.
    func shared(_ element: Element, made: () -> Element) -> Element {
        let hash = element.hashValue
        return state.withLock { state in
            if let known = state.members[hash]?.element, known == element { return known }
            let element = made()
            state.members[hash] = Member(element: element)
            // Nobody says when the last user of a copy is gone: now and then, those are dropped.
            if state.members.count >= state.sweepAt {
                state.members = state.members.filter { $0.value.element != nil }
                state.sweepAt = max(leastSweep, 2 * state.members.count)
            }
            return element
        }
    }

    /// How many copies it knows of, those included that are gone and not dropped yet.
    var count: Int { state.withLock { $0.members.count } }
}
