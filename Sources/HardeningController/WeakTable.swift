/// Objects by key that are there for as long as somebody else has them.
///
/// Nobody says when the last user of one is gone: those are dropped once there may be as many of them as of others, so that
/// adding one costs the same, on average, however many there are.
struct WeakTable<Key: Hashable & Sendable, Element: AnyObject & Sendable>: Sendable {
    private struct Member {
        weak var element: Element?
    }

    private let leastSweep: Int
    private var members: [Key: Member] = [:]
    private var sweepAt: Int

    /// An empty table, which is not looked through while it has fewer than `leastSweep` members.
    init(leastSweep: Int = 1024) {
        self.leastSweep = leastSweep
        sweepAt = leastSweep
    }

    /// How many it knows of, those included that are gone and not dropped yet.
    var count: Int { members.count }

    subscript(key: Key) -> Element? { members[key]?.element }

    mutating func add(_ element: Element, for key: Key) {
        members[key] = Member(element: element)
        if members.count >= sweepAt {
            members = members.filter { $0.value.element != nil }
            sweepAt = max(leastSweep, 2 * members.count)
        }
    }
}
