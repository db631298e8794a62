import HeapModule

/// Keys, each with the time at which it is due, of which the earliest is at hand.
///
/// Its size is bounded by the number of distinct keys.
struct DueQueue<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Comparable {
        var due: ContinuousClock.Instant
        // Of those that are due at the same time, who came first goes first.
        var order: UInt64
        var key: Key

        static func < (left: Entry, right: Entry) -> Bool {
            left.due != right.due ? left.due < right.due : left.order < right.order
        }

        static func == (left: Entry, right: Entry) -> Bool {
            left.due == right.due && left.order == right.order
        }
    }

    // Entries that do not hold any more are passed over; the first always holds.
    private var heap = Heap<Entry>()
    private var current: [Key: Entry] = [:]
    private var order: UInt64 = 0

    /// All entries, those to be passed over included.
    var size: Int { heap.count }

    /// The key that is due first, and when.
    var first: (key: Key, due: ContinuousClock.Instant)? { heap.min.map { ($0.key, $0.due) } }

    /// When `key` is due; `nil` if it is not in the queue.
    func due(of key: Key) -> ContinuousClock.Instant? { current[key]?.due }

    /// From now on, `key` is due then.
    mutating func set(_ key: Key, at due: ContinuousClock.Instant) {
        if current[key]?.due == due { return }
        order &+= 1
        let entry = Entry(due: due, order: order, key: key)
        current[key] = entry
        heap.insert(entry)
        dropStale()
    }

    /// Takes `key` out, if it is in.
    mutating func remove(_ key: Key) {
        guard current.removeValue(forKey: key) != nil else { return }
        dropStale()
    }

    private mutating func dropStale() {
        while let first = heap.min, current[first.key] != first { heap.removeMin() }
        // Nor may the others pile up.
        if heap.count > 2 * current.count + 16 { heap = Heap(current.values) }
    }
}
