import Synchronization

/// Items that several tasks take one by one.
final class Remaining<Item: Sendable>: Sendable {
    private let items: [Item]
    private let index = Atomic(0)

    init(_ items: [Item]) { self.items = items }

    func next() -> Item? {
        let taken = index.wrappingAdd(1, ordering: .relaxed).oldValue
        return taken < items.count ? items[taken] : nil
    }
}
