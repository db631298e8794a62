import Synchronization

/// Gives back the copy of a text that was seen before, if that is not long ago: the keys of labels are the same in all of a
/// cluster, and read anew with each object.
///
/// It holds at most ``capacity`` texts of at most ``longest`` bytes.
final class RecentTexts: Sendable {
    /// The most texts that it holds; a power of two.
    static let capacity = 4096
    /// The longest text that it holds: a label's key.
    static let longest = 317
    // What a string holds in itself.
    private static let smallest = 16

    // Each has one place, by its hash, and gives way to the next that has the same.
    private let texts = Mutex([String](repeating: "", count: capacity))

    /// The copy of `text` that others have, if there is one.
    func shared(_ text: String) -> String {
        guard (Self.smallest...Self.longest).contains(text.utf8.count) else { return text }
        let place = text.hashValue & (Self.capacity - 1)
        return texts.withLock { texts in
            if texts[place] != text { texts[place] = text }
            return texts[place]
        }
    }

    /// The same labels, of texts that others have, too.
    func shared(_ labels: [String: String]) -> [String: String] {
        var shared = [String: String](minimumCapacity: labels.count)
        for (key, value) in labels { shared[self.shared(key)] = self.shared(value) }
        return shared
    }
}
