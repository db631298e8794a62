import Synchronization

/// What objects anywhere in the cluster say about namespaces, found by namespace.
///
/// Several objects may say the same: it holds until the last of them is gone.
final class NamespaceIndex<Element: Hashable & Sendable>: Sendable {
    /// What one object says: of namespaces by name, or of all.
    struct Entry: Hashable, Sendable {
        /// `nil` for all.
        var namespace: String?
        var element: Element
    }

    private let counts = Mutex<[String?: [Element: Int]]>([:])

    /// What is said of `namespace`.
    func elements(in namespace: String) -> Set<Element> {
        counts.withLock { Set(($0[namespace] ?? [:]).keys).union(($0[nil] ?? [:]).keys) }
    }

    /// An object that said `old` says `new`.
    ///
    /// - Returns: the namespaces for which that may matter; `nil` for all.
    func update(from old: Set<Entry>, to new: Set<Entry>) -> Set<String>? {
        let added = new.subtracting(old)
        let removed = old.subtracting(new)
        counts.withLock { counts in
            for entry in added { counts[entry.namespace, default: [:]][entry.element, default: 0] += 1 }
            for entry in removed {
                let left = (counts[entry.namespace]?[entry.element] ?? 1) - 1
                counts[entry.namespace]?[entry.element] = left > 0 ? left : nil
                if counts[entry.namespace]?.isEmpty == true { counts[entry.namespace] = nil }
            }
        }
        let namespaces = added.union(removed).map(\.namespace)
        return namespaces.contains(nil) ? nil : Set(namespaces.compactMap { $0 })
    }
}
