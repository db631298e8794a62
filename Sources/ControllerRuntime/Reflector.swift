import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// A reflector, whatever it reflects.
public protocol Reflecting: Sendable {
    /// The resource, for people.
    var name: String { get }
    /// When the API server last said anything of it: a page of a list, an event or a bookmark; when it began to be asked,
    /// if it has said nothing yet; `nil` while it is not asked.
    var lastHeard: ContinuousClock.Instant? { get }
    /// Whether what is known of it must be taken for out of date: ``WatchHealth``.
    func isLost(at now: ContinuousClock.Instant) -> Bool
    /// Whether a whole list is in the store: until then, what is not there may well exist.
    var isSynced: Bool { get }
    /// Lists and watches until cancelled.
    func run() async
    /// Lists once, without watching.
    ///
    /// - Throws: ``APIError``, ``TransportError`` or `CancellationError`; what was read until then is in the store.
    func fill() async throws
    /// Forgets all objects, since their resource is gone.
    func clear()
}

/// How far a list has come.
public enum ListProgress: Sendable {
    /// It is read from its first page on, perhaps again.
    case began
    /// An object of this namespace is in the store.
    case shown(namespace: String)
    /// All of a page is in the store.
    case pageEnded
    /// All of it is in the store.
    case ended
}

/// Keeps a store true to what the API server holds: the driver of ``ReflectorStateMachine``.
///
/// Each object is projected to the value that is kept as soon as it is decoded; the object itself is dropped. One that
/// cannot be projected is treated as one that cannot be decoded. Changes are reported after the store holds them, one
/// object's in order, on the thread that reads.
public final class Reflector<Object: KubernetesObject, Value: Sendable & Equatable>: Reflecting {
    /// The resource, for people.
    public let name: String
    private let client: KubernetesClient
    private let selection: Selection
    private let store: Store<Value>
    private let absentMeansEmpty: Bool
    private let outages: OutageLog
    private let logger: Logger
    private let project: @Sendable (Object) throws(JSONError) -> Value
    private let onChange: @Sendable (Change<Value>) -> Void
    private let onListing: (@Sendable (ListProgress) -> Void)?
    private let onSynced: @Sendable () -> Void

    private struct Progress {
        var machine: ReflectorStateMachine
        var saidAnything = false
        // Which of the versions that the kind can be read in.
        var version = 0
        var hasSynced = false
        // Whether the list before was answered with: not served.
        var wasAbsent = false
        var health = WatchHealth()
    }

    private let progress: Mutex<Progress>

    /// A reflector that has not begun.
    ///
    /// - Parameters:
    ///   - name: what is watched, for people; ``KubernetesClient/Selection/describe(_:)`` makes one.
    ///   - absentMeansEmpty: whether a resource that the server does not serve is one without objects. Only for
    ///     resources whose absence may not be mistaken for permission.
    ///   - backoff: how long to wait after failures of lists and watches.
    ///   - project: what to keep of an object; may read what has not been read yet.
    ///   - onChange: what has changed. Called on the thread that reads all lists and watches, so it must be quick.
    ///   - onListing: how far lists have come; called after each object, so it must be quick; that a list has
    ///     ended, after `onSynced`.
    ///   - onSynced: called when the first list is in the store and all its changes have been reported; again after
    ///     ``clear()``.
    public init(
        name: String,
        client: KubernetesClient,
        selection: Selection = .all,
        store: Store<Value>,
        absentMeansEmpty: Bool = false,
        backoff: Backoff = ReflectorStateMachine.usualBackoff,
        outages: OutageLog,
        logger: Logger,
        project: @escaping @Sendable (Object) throws(JSONError) -> Value,
        onChange: @escaping @Sendable (Change<Value>) -> Void,
        onListing: (@Sendable (ListProgress) -> Void)? = nil,
        onSynced: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.client = client
        self.selection = selection
        self.store = store
        self.absentMeansEmpty = absentMeansEmpty
        self.outages = outages
        self.logger = logger
        self.project = project
        self.onChange = onChange
        self.onListing = onListing
        self.onSynced = onSynced
        progress = Mutex(Progress(machine: ReflectorStateMachine(backoff: backoff)))
    }

    /// When the API server last said anything of it.
    public var lastHeard: ContinuousClock.Instant? { progress.withLock { $0.health.lastHeard } }

    /// Whether what is known must be taken for out of date.
    public func isLost(at now: ContinuousClock.Instant) -> Bool { progress.withLock { $0.health.isLost(at: now) } }

    /// Whether a whole list is in the store.
    public var isSynced: Bool { progress.withLock { $0.hasSynced } }

    /// Lists and watches until cancelled.
    public func run() async {
        var action = progress.withLock { progress in
            progress.health.began(at: .now)
            return progress.machine.start()
        }
        while !Task.isCancelled {
            switch action {
            case .list(let query, let begins):
                action = await list(query, begins: begins)
            case .watch(let query, let completes):
                if completes { completeList(at: query.resourceVersion) }
                action = await watch(query)
            case .wait(let duration):
                do { try await Task.sleep(for: duration) } catch { return }
                action = progress.withLock { $0.machine.waited() }
            }
        }
    }

    /// Lists once, without watching: for those who only look.
    public func fill() async throws {
        store.beginReplace(ofPresent: true)
        var query = ListQuery(limit: ReflectorStateMachine.pageSize)
        while true {
            do {
                let page = try await client.list(Object.self, from: resource, of: selection, query) { item in
                    try self.take(try item.get(), fromWatch: false)
                }
                query.continueToken = page.continueToken
                guard page.continueToken == nil else { continue }
                store.endReplace(at: page.resourceVersion).forEach(onChange)
                return
            } catch let error as APIError where error.isUnservedResource && query.continueToken == nil {
                guard tryOlderVersion() else { throw error }
            }
        }
    }

    /// Forgets all objects, since their resource is gone.
    public func clear() {
        progress.withLock { progress in
            progress.health.ended()
            progress.hasSynced = false
        }
        store.clear().forEach(onChange)
    }

    private func list(_ query: ListQuery, begins: Bool) async -> ReflectorStateMachine.Action {
        if begins {
            store.beginReplace(ofPresent: query.freshness == .mostRecent)
            onListing?(.began)
        }
        do {
            let page = try await client.list(Object.self, from: resource, of: selection, query) { item in
                do throws(UnreadableObject) {
                    let object = try item.get()
                    try self.take(object, fromWatch: false)
                    self.onListing?(.shown(namespace: object.metadata.namespace ?? ""))
                } catch {
                    self.skip(error)
                    if let metadata = error.metadata { self.store.observeUnreadable(ObjectKey(metadata)) }
                }
            }
            onListing?(.pageEnded)
            return progress.withLock {
                $0.wasAbsent = false
                $0.health.heardPart(at: .now)
                return $0.machine.pageReceived(page)
            }
        } catch {
            if let error = error as? APIError, error.isUnservedResource {
                if tryOlderVersion() { return .list(query, begins: begins) }
                // Asked twice, since a server that has just started may not know it yet.
                let isAgain = progress.withLock { progress in
                    defer { progress.wasAbsent = true }
                    return progress.wasAbsent
                }
                if absentMeansEmpty, isAgain {
                    store.clear().forEach(onChange)
                    reportSynced()
                }
            }
            outages.failed(name, error)
            return progress.withLock {
                $0.health.listFailed()
                return $0.machine.listFailed(.init(error), at: .now)
            }
        }
    }

    private func completeList(at version: ResourceVersion) {
        store.endReplace(at: version).forEach(onChange)
        progress.withLock { $0.health.heard(at: .now) }
        reportSynced()
        // Last: who is told that the resource can be read must find all of it.
        outages.worked(name)
        onListing?(.ended)
    }

    private func watch(_ query: WatchQuery) async -> ReflectorStateMachine.Action {
        let started = ContinuousClock.now
        progress.withLock { $0.saidAnything = false }
        var end = ReflectorStateMachine.WatchEnd.closed
        do {
            try await client.watch(Object.self, from: resource, of: selection, query) { object in
                self.isKnown(object)
            } onOpen: {
                self.outages.worked(self.name)
                self.progress.withLock { $0.health.opened(at: .now) }
            } onEvent: { event in
                try self.take(event)
            }
        } catch {
            // That a stream breaks off is everyday life. That the next one does not come about is an outage, and that each
            // breaks off is noticed by the watch's health.
            let wasUp = progress.withLock { $0.health.isOpen } || .now - started > .seconds(1)
            if wasUp, let error = error as? TransportError, error.kind != .connect {
                logger.debug("a watch broke off", metadata: ["resource": "\(name)", "error": "\(error)"])
            } else {
                outages.failed(name, error)
            }
            end = .failed(.init(error))
        }
        return progress.withLock {
            $0.health.closed(at: .now)
            return $0.machine.watchEnded(
                end,
                saidAnything: $0.saidAnything,
                after: .now - started,
                at: .now
            )
        }
    }

    private func isKnown(_ object: ShownObject) -> Bool {
        let key = ObjectKey(namespace: object.namespace, name: object.name)
        let version = object.resourceVersion
        guard store.observeUnchanged(key, object.contentDigest, version) else { return false }
        progress.withLock { progress in
            progress.saidAnything = true
            progress.health.heard(at: .now)
            progress.machine.eventReceived(version)
        }
        return true
    }

    // Throws what the server says that it ends the stream for, rather than wait until it does.
    private func take(_ event: WatchEvent<Object>) throws {
        let isError = if case .error = event { true } else { false }
        progress.withLock { progress in
            progress.saidAnything = true
            // A watch that is refused over and over says nothing of its objects.
            if !isError { progress.health.heard(at: .now) }
        }
        switch event {
        case .added(let object), .modified(let object):
            do throws(UnreadableObject) {
                try take(object, fromWatch: true)
            } catch {
                skip(error)
            }
            noteVersion(object.metadata.resourceVersion)
        case .deleted(let object):
            let version = object.metadata.resourceVersion
            store.observeDeletion(ObjectKey(object.metadata), version).map(onChange)
            noteVersion(version)
        case .bookmark(let version):
            store.observeBookmark(version)
            noteVersion(version)
        case .error(let status):
            throw APIError(request: "watch \(name)", code: status.code ?? 500, status: status)
        case .unreadable(let object):
            // Something has changed, and it does not say what: only a list can show.
            guard let metadata = object.metadata, !metadata.name.isEmpty else {
                logger.error(
                    "an event cannot be read: listing anew",
                    metadata: ["resource": "\(name)", "error": "\(object)"]
                )
                throw TransportError(.malformed, "watch \(name): \(object)")
            }
            skip(object)
            if object.isDeleted {
                store.observeDeletion(ObjectKey(metadata), metadata.resourceVersion).map(onChange)
            }
            noteVersion(metadata.resourceVersion)
        }
    }

    private func take(_ object: Object, fromWatch: Bool) throws(UnreadableObject) {
        let metadata = object.metadata
        let value: Value
        do throws(JSONError) {
            value = try project(object)
        } catch {
            throw UnreadableObject(metadata: metadata, message: "\(error)")
        }
        store.observe(ObjectKey(metadata), value, metadata.resourceVersion, fromWatch: fromWatch).map(onChange)
    }

    private func noteVersion(_ version: ResourceVersion) {
        progress.withLock { $0.machine.eventReceived(version) }
    }

    private func skip(_ object: UnreadableObject) {
        logger.error(
            "an object cannot be read and is left out",
            metadata: ["resource": "\(name)", "error": "\(object)"]
        )
    }

    private func reportSynced() {
        let isFirst = progress.withLock { progress in
            defer { progress.hasSynced = true }
            return !progress.hasSynced
        }
        if isFirst { onSynced() }
    }

    private var resource: Resource {
        var resource = Object.resource
        let version = progress.withLock { $0.version }
        if version > 0 { resource.version = Object.olderVersions[version - 1] }
        return resource
    }

    // The next older version, or the preferred one again when all were tried.
    private func tryOlderVersion() -> Bool {
        progress.withLock { progress in
            let hasNext = progress.version < Object.olderVersions.count
            progress.version = hasNext ? progress.version + 1 : 0
            return hasNext
        }
    }
}
