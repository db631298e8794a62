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

    private struct State {
        var counts: [String?: [Element: Int]] = [:]
        // What is said no more, and since when; for as long as somebody wants to know.
        var gone: [String: [Element: ContinuousClock.Instant]] = [:]
    }

    private let memory: Duration
    private let state = Mutex(State())

    /// An index that remembers for `memory` what was said of a namespace by name.
    init(memory: Duration = .zero) {
        self.memory = memory
    }

    /// What is said of `namespace`.
    func elements(in namespace: String) -> Set<Element> {
        state.withLock { Set(($0.counts[namespace] ?? [:]).keys).union(($0.counts[nil] ?? [:]).keys) }
    }

    /// What was said of `namespace` not long ago and is not now, and for how long.
    func gone(from namespace: String) -> [Element: Duration] {
        state.withLock { state in
            (state.gone[namespace] ?? [:]).mapValues { .now - $0 }.filter { $0.value < memory }
        }
    }

    /// An object that said `old` says `new`.
    ///
    /// - Returns: the namespaces for which that may matter; `nil` for all.
    func update(from old: Set<Entry>, to new: Set<Entry>) -> Set<String>? {
        if old == new { return [] }
        let added = new.subtracting(old)
        let removed = old.subtracting(new)
        state.withLock { state in
            for entry in added {
                state.counts[entry.namespace, default: [:]][entry.element, default: 0] += 1
                if let namespace = entry.namespace { state.gone[namespace]?[entry.element] = nil }
            }
            for entry in removed {
                let left = (state.counts[entry.namespace]?[entry.element] ?? 1) - 1
                state.counts[entry.namespace]?[entry.element] = left > 0 ? left : nil
                if state.counts[entry.namespace]?.isEmpty == true { state.counts[entry.namespace] = nil }
                if left <= 0, memory > .zero, let namespace = entry.namespace {
                    state.gone[namespace, default: [:]][entry.element] = .now
                }
            }
            if !removed.isEmpty, memory > .zero {
                state.gone = state.gone.compactMapValues { elements in
                    let kept = elements.filter { .now - $0.value < memory }
                    return kept.isEmpty ? nil : kept
                }
            }
        }
        let namespaces = added.union(removed).map { $0.namespace }
        return namespaces.contains(nil) ? nil : Set(namespaces.compactMap { $0 })
    }
}
