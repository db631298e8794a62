import Synchronization

/// Keeps one copy of what is equal, however many have it: all pods of a workload differ in name and node only.
///
/// It holds no copy by itself.
final class SharingPool<Element: AnyObject & Hashable & Sendable>: Sendable {
    // By hash. Of two that share one without being equal, which hardly ever happens, only the later is shared.
    private let members: Mutex<WeakTable<Int, Element>>

    /// An empty pool, which is not looked through while it has fewer than `leastSweep` members.
    init(leastSweep: Int = 1024) {
        members = Mutex(WeakTable(leastSweep: leastSweep))
    }

    /// The copy that equals `element`.
    func shared(_ element: Element) -> Element { shared(element) { element } }

    /// The copy that equals `element`; where there is none, what `made` gives, which is to be equal, and smaller.
    func shared(_ element: Element, made: () -> Element) -> Element {
        let hash = element.hashValue
        return members.withLock { members in
            if let known = members[hash], known == element { return known }
            let element = made()
            members.add(element, for: hash)
            return element
        }
    }

    /// How many copies it knows of, those included that are gone and not dropped yet.
    var count: Int { members.withLock { $0.count } }
}
