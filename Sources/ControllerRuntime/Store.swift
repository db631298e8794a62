import KubernetesAPI
import Synchronization

/// Who an object is, within its resource.
public struct ObjectKey: Sendable, Hashable {
    /// Its namespace, empty for cluster-scoped objects.
    public var namespace: String
    /// Its name.
    public var name: String

    /// The key of `name` in `namespace`.
    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// The key of the object with this metadata.
    public init(_ metadata: ObjectMeta) {
        self.init(namespace: metadata.namespace ?? "", name: metadata.name)
    }
}

/// What changed in a store. At least one of the values is there.
public struct Change<Value: Sendable>: Sendable {
    /// Whose change it is.
    public var key: ObjectKey
    /// What was kept before.
    public var old: Value?
    /// What is kept now; `nil` when the object is gone.
    public var new: Value?
}

/// Keeps what is to be known of each object of a resource.
///
/// - A later version is never overwritten by an earlier one, as far as versions can be compared: the answer to a write
///   of our own may arrive after the watch has shown something newer.
/// - A write of our own is seen by readers at once, but still reported when the watch shows it, as a change from what was
///   reported last: it may have come on top of somebody else's write, which is then never shown by itself. Not so where who
///   wrote it takes up what the answer shows.
/// - A relist is mark and sweep: readers see a mix of old and new while it lasts, and no second copy is held.
/// - Values are copies: what a reader has does not change under it.
public final class Store<Value: Sendable & Equatable>: Sendable {
    private typealias Table = ObjectTable<Value>

    private struct Reported {
        var value: Value?
    }

    private struct State {
        let nameOf: Table.NameOf?
        // By namespace.
        var objects: [String: Table] = [:]
        // What was reported last of objects that we have written since, until the watch shows that.
        var reported: [ObjectKey: Reported] = [:]
        var mark: UInt32 = 0
        // The latest version that the watch has shown: what is not newer has been taken in, or has been deleted since.
        var observed = ResourceVersion("")
        // Whether the list that began last shows the state since it began.
        var listsPresent = false

        subscript(key: ObjectKey) -> Table.Entry? { objects[key.namespace]?[key.name] }

        mutating func keep(_ key: ObjectKey, _ value: Value, _ version: ResourceVersion) {
            let entry = Table.Entry(value: value, resourceVersion: version, mark: mark)
            objects[key.namespace, default: Table(nameOf: nameOf)][key.name] = entry
        }

        mutating func set(
            _ key: ObjectKey,
            _ value: Value,
            _ version: ResourceVersion,
            fromList: Bool = false
        ) -> Change<Value>? {
            let old = self[key]
            let isOutdated = fromList && listsPresent && old?.mark != mark
            if let old, old.resourceVersion.isNewer(than: version), !isOutdated {
                showUnchanged(key)
                return nil
            }
            keep(key, value, version)
            return report(key, from: old?.value, to: value)
        }

        mutating func report(_ key: ObjectKey, from old: Value?, to new: Value?) -> Change<Value>? {
            // No key path: in a generic type, one is looked up anew each time.
            let before = reported.isEmpty ? old : reported.removeValue(forKey: key).map { $0.value } ?? old
            return before == new ? nil : Change(key: key, old: before, new: new)
        }

        // The list that began last has shown an object.
        mutating func showUnchanged(_ key: ObjectKey) {
            let mark = mark
            objects[key.namespace]?.update(key.name) { $0.mark = mark }
        }

        mutating func putOffReport(_ key: ObjectKey) {
            if reported[key] == nil { reported[key] = Reported(value: self[key]?.value) }
        }

        mutating func show(_ version: ResourceVersion) {
            if !version.isEmpty { observed = version }
        }

        mutating func remove(_ key: ObjectKey) {
            objects[key.namespace]?[key.name] = nil
            if objects[key.namespace]?.isEmpty == true { objects[key.namespace] = nil }
        }

        // Those objects of which `isWanted` holds, by what is kept of them.
        func entries(where isWanted: (Table.Entry) -> Bool) -> [(key: ObjectKey, entry: Table.Entry)] {
            objects.flatMap { namespace, table in
                table.entries.indices.filter { isWanted(table.entries[$0]) }.map {
                    (ObjectKey(namespace: namespace, name: table.name(at: $0)), table.entries[$0])
                }
            }
        }
    }

    private let state: Mutex<State>
    private let contentDigestOf: (@Sendable (Value) -> Int?)?

    /// An empty store.
    ///
    /// - Parameters:
    ///   - nameOf: how a value says the name of its object, which is not kept beside it then.
    ///   - contentDigestOf: how a value says the ``KubernetesObject/contentDigest`` of what it was made of.
    public init(
        nameOf: (@Sendable (Value) -> String)? = nil,
        contentDigestOf: (@Sendable (Value) -> Int?)? = nil
    ) {
        state = Mutex(State(nameOf: nameOf))
        self.contentDigestOf = contentDigestOf
    }

    // MARK: Reading

    /// What is kept of the object `name`.
    public func value(_ name: String, in namespace: String = "") -> Value? {
        state.withLock { $0.objects[namespace]?[name]?.value }
    }

    /// What is kept of all objects of a namespace, in no order.
    public func values(in namespace: String = "") -> [Value] {
        state.withLock { $0.objects[namespace]?.entries.map { $0.value } ?? [] }
    }

    /// What is kept of all objects, in no order.
    public func all() -> [(key: ObjectKey, value: Value)] {
        state.withLock { state in state.entries { _ in true }.map { ($0.key, $0.entry.value) } }
    }

    /// The names of all objects of a namespace, in no order.
    public func names(in namespace: String = "") -> [String] {
        state.withLock { state in
            state.objects[namespace].map { table in table.entries.indices.map { table.name(at: $0) } } ?? []
        }
    }

    // MARK: Taking in what the API server says

    /// A list begins: what it will not show is gone once it ends.
    ///
    /// - Parameter ofPresent: whether it shows the state since this moment. Then it is right about all that was kept
    ///   before, also where it shows an earlier version: the cluster's state was restored from a backup. Any other
    ///   list may come from a server that lags behind.
    func beginReplace(ofPresent: Bool) {
        state.withLock { state in
            state.mark &+= 1
            state.listsPresent = ofPresent
        }
    }

    /// A list has ended at `version`.
    ///
    /// - Returns: what went away unseen.
    func endReplace(at version: ResourceVersion) -> [Change<Value>] {
        state.withLock { state in
            state.observed = version
            var gone: [Change<Value>] = []
            let unseen = state.entries { entry in
                entry.mark != state.mark && (state.listsPresent || !entry.resourceVersion.isNewer(than: version))
            }
            for (key, entry) in unseen {
                state.remove(key)
                if let change = state.report(key, from: entry.value, to: nil) { gone.append(change) }
            }
            // Deleted by ourselves, and so not shown.
            for key in state.reported.keys where state[key] == nil {
                if let change = state.report(key, from: nil, to: nil) { gone.append(change) }
            }
            return gone
        }
    }

    /// The watch or a list has shown an object.
    ///
    /// - Returns: what that changes, if anything.
    func observe(_ key: ObjectKey, _ value: Value, _ version: ResourceVersion, fromWatch: Bool) -> Change<Value>? {
        state.withLock { state in
            if fromWatch { state.show(version) }
            return state.set(key, value, version, fromList: !fromWatch)
        }
    }

    /// The watch has shown an object of this digest.
    ///
    /// - Returns: whether that is what is kept of it, so that nothing is left to observe.
    func observeUnchanged(_ key: ObjectKey, _ contentDigest: Int, _ version: ResourceVersion) -> Bool {
        guard let contentDigestOf else { return false }
        return state.withLock { state in
            guard state.reported.isEmpty || state.reported[key] == nil else { return false }
            let mark = state.mark
            let isUnchanged = state.objects[key.namespace]?.update(key.name) { entry in
                guard contentDigestOf(entry.value) == contentDigest, !entry.resourceVersion.isNewer(than: version)
                else { return false }
                entry.mark = mark
                entry.resourceVersion = version
                return true
            }
            guard isUnchanged == true else { return false }
            state.show(version)
            return true
        }
    }

    /// The watch has shown that an object is gone.
    func observeDeletion(_ key: ObjectKey, _ version: ResourceVersion) -> Change<Value>? {
        state.withLock { state in
            state.show(version)
            let entry = state[key]
            // Created anew by ourselves, and that answer was faster.
            if let entry, entry.resourceVersion.isNewer(than: version) { return nil }
            state.remove(key)
            return state.report(key, from: entry?.value, to: nil)
        }
    }

    /// Nothing has happened up to `version`.
    func observeBookmark(_ version: ResourceVersion) {
        state.withLock { $0.show(version) }
    }

    /// A list has shown that an object is there, but not what it is: what was known of it stays.
    func observeUnreadable(_ key: ObjectKey) {
        state.withLock { $0.showUnchanged(key) }
    }

    /// The resource is not served any more.
    func clear() -> [Change<Value>] {
        state.withLock { state in
            var gone: [Change<Value>] = []
            for (key, entry) in state.entries(where: { _ in true }) {
                if let change = state.report(key, from: entry.value, to: nil) { gone.append(change) }
            }
            state.objects = [:]
            state.reported = [:]
            state.observed = ResourceVersion("")
            return gone
        }
    }

    // MARK: Taking in what we wrote

    /// A write of our own was answered with this object, which readers are to see from now on, also before the watch
    /// shows it.
    ///
    /// - Parameter isTakenUp: whether who calls sees to all that follows from what the object is now, so that nothing is
    ///   left to report.
    public func written(_ key: ObjectKey, _ value: Value, _ version: ResourceVersion, isTakenUp: Bool = false) {
        state.withLock { state in
            // Shown already, and perhaps overtaken: what the watch said holds.
            if state.observed == version || state.observed.isNewer(than: version) { return }
            if let old = state[key], old.resourceVersion.isNewer(than: version) { return }
            if !isTakenUp { state.putOffReport(key) }
            state.keep(key, value, version)
        }
    }

    /// A deletion of our own succeeded. Another object of the same name may have been created since, and shown by the
    /// watch already: it stays.
    ///
    /// - Parameters:
    ///   - isTakenUp: as in ``written(_:_:_:isTakenUp:)``.
    ///   - isIt: whether what is kept is the object that was deleted.
    public func deleted(_ key: ObjectKey, isTakenUp: Bool = false, if isIt: (Value) -> Bool) {
        state.withLock { state in
            guard let entry = state[key], isIt(entry.value) else { return }
            if !isTakenUp { state.putOffReport(key) }
            state.remove(key)
        }
    }
}
