import CoreMetrics
import KubernetesAPI
import Logging

/// Speaks to one API server: the verbs, and nothing of what to do with the answers.
///
/// It retries nothing but a request whose token was refused, once, with the next token: back-off belongs to who knows
/// what a retry is worth. It caches nothing but credentials. Safe to share; ``shutdown()`` when done.
public final class KubernetesClient: Sendable {
    /// Where it speaks to, for log and error lines.
    public let origin: String
    let transport: Transport
    private let writeCondition: (@Sendable () throws -> Void)?

    // The server gives up after a minute itself; an answer that takes half of it is no help to a controller.
    private static let callPatience = Patience(total: .seconds(30), idle: .seconds(30))
    // A large list takes its time, but must keep coming.
    static let listPatience = Patience(total: .seconds(600), idle: .seconds(60))
    // Beyond the time at which the server ends a watch by itself.
    private static let watchMargin = Duration.seconds(15)

    /// A client for the cluster of `configuration`. Nothing is sent until the first request.
    ///
    /// - Parameters:
    ///   - userAgent: `name/version`, by which the server's audit log and metrics know it.
    ///   - logger: gets the server's warnings, each once.
    ///   - metrics: where to count requests; `nil` for nowhere.
    /// - Throws: ``ConfigurationError`` when credentials given as data are not what they should be.
    public init(
        configuration: ClusterConfiguration,
        userAgent: String,
        logger: Logger,
        metrics: (any MetricsFactory)? = nil
    ) throws(ConfigurationError) {
        origin = configuration.origin
        transport = try Transport(
            configuration: configuration,
            userAgent: userAgent,
            logger: logger,
            metrics: metrics.map { RequestMetrics(factory: $0) }
        )
        writeCondition = nil
    }

    private init(_ other: KubernetesClient, writeCondition: @escaping @Sendable () throws -> Void) {
        origin = other.origin
        transport = other.transport
        self.writeCondition = writeCondition
    }

    /// The same client, with the same connections, that asks `condition` before it sends anything that changes the cluster,
    /// and throws what that throws: before it seeks a connection, and again before the body is sent over it, without which
    /// a server carries nothing out. Dry runs change nothing.
    public func writing(if condition: @escaping @Sendable () throws -> Void) -> KubernetesClient {
        KubernetesClient(self, writeCondition: condition)
    }

    /// Closes all connections. Requests under way fail.
    public func shutdown() async {
        await transport.shutdown()
    }

    // MARK: Reading

    /// Reads the object `name`.
    ///
    /// - Throws: ``APIError``, ``TransportError``, ``UnreadableObject``, ``ConfigurationError``, `CancellationError`.
    public func get<Object: KubernetesObject>(
        _ type: Object.Type,
        name: String,
        namespace: String? = nil
    ) async throws -> Object {
        let path = Object.resource.path(namespace: namespace, name: name)
        return try await object(Request(method: .GET, path: path))
    }

    /// Reads any path that answers with JSON, such as `/version`.
    ///
    /// - Throws: as ``get(_:name:namespace:)``.
    public func get<Value: JSONReadable & Sendable>(_ type: Value.Type, path: String) async throws -> Value {
        let request = Request(method: .GET, path: path)
        let bytes = try await collect(request)
        do {
            return try bytes.withUnsafeBytes { try Coding.decode(type, from: $0) }
        } catch {
            throw TransportError(.malformed, "\(request): \(error)")
        }
    }

    /// Reads one page of a list, handing out each item as it arrives; none of them is kept here.
    ///
    /// Items come in the server's order, on the thread on which all lists are read, so `onItem` must be quick. An item that cannot be read is handed out as the error that says which and
    /// why, and does not hide the others.
    ///
    /// - Returns: the page's metadata: its version, and where the next page begins.
    /// - Throws: as ``get(_:name:namespace:)``, and what `onItem` throws; items handed out before count for nothing then.
    public func list<Object: KubernetesObject>(
        _ type: Object.Type,
        from resource: Resource = Object.resource,
        of selection: Selection = .all,
        _ query: ListQuery = .init(),
        onItem: @escaping @Sendable (Result<Object, UnreadableObject>) throws -> Void
    ) async throws -> ListMetadata {
        let request = Request(
            method: .GET,
            path: resource.path(namespace: selection.namespace),
            query: selection.queryItems + query.queryItems,
            prefersProtobuf: ProtobufMessage.of(type, from: resource) != nil
        )
        let consumer = ListConsumer<Object>(resource, onItem: onItem)
        let end = try await transport.send(request, for: .lists, within: Self.listPatience, to: consumer)
        guard end.isComplete else { throw TransportError(.interrupted, "\(request): the list ended before its end") }
        do {
            return try end.metadata
        } catch {
            throw TransportError(.malformed, "\(request): \(error)")
        }
    }

    /// Reads a whole list into memory, page by page: for commands that run once.
    ///
    /// - Throws: as ``get(_:name:namespace:)``; ``UnreadableObject`` for the first item that cannot be read, since a list
    ///   that lacks one is not whole.
    public func listAll<Object: KubernetesObject>(
        _ type: Object.Type,
        of selection: Selection = .all
    ) async throws -> [Object] {
        let items = Collected<Object>()
        var query = ListQuery(limit: 500)
        repeat {
            let page = try await list(type, of: selection, query) { item in
                items.append(try item.get())
            }
            query.continueToken = page.continueToken
        } while query.continueToken != nil
        return items.all
    }

    /// Watches a resource until the server ends the stream, handing out each event as it arrives.
    ///
    /// Events of one object come in order; the last of a stream may be ``WatchEvent/error(_:)``. Handing out happens on
    /// the thread on which all watches are read, so `onEvent` must be quick; it ends the stream by throwing. A stream that
    /// outlives its timeout is taken for dead.
    ///
    /// - Parameters:
    ///   - isKnown: asked of an object that has changed, where its encoding has a ``KubernetesObject/contentDigest``, before it
    ///     is read: if that is what is known of the object, it is not handed out. Called on the same thread.
    ///   - onOpen: called once the server has agreed, which may be long before the first event.
    /// - Throws: as ``get(_:name:namespace:)``, and what `onEvent` throws. Returning means that the server closed the stream.
    public func watch<Object: KubernetesObject>(
        _ type: Object.Type,
        from resource: Resource = Object.resource,
        of selection: Selection = .all,
        _ query: WatchQuery,
        isKnown: (@Sendable (ShownObject) -> Bool)? = nil,
        onOpen: @escaping @Sendable () -> Void = {},
        onEvent: @escaping @Sendable (WatchEvent<Object>) throws -> Void
    ) async throws {
        let request = Request(
            method: .GET,
            path: resource.path(namespace: selection.namespace),
            query: selection.queryItems + query.queryItems,
            prefersProtobuf: ProtobufMessage.of(type, from: resource) != nil
        )
        let consumer = WatchConsumer<Object>(resource, isKnown: isKnown, onOpen: onOpen, onEvent: onEvent)
        let end = try await transport.send(
            request,
            for: .watches,
            within: Self.patience(for: query),
            to: consumer
        )
        guard end.isBetweenEvents else {
            throw TransportError(.interrupted, "\(request): the stream ended within an event")
        }
    }

    // Some proxies hold back the head until the first event, so that, too, gets the whole time.
    static func patience(for query: WatchQuery) -> Patience {
        let limit = query.timeout + watchMargin
        return Patience(total: limit, idle: limit)
    }

    // MARK: Writing

    /// Creates the object that `document` is, in `namespace` if its kind has one.
    ///
    /// With `dryRun`, the server does all but store it: defaults, admission and validation, and whoever is to be asked.
    ///
    /// - Returns: the object as it stands now, or would.
    /// - Throws: as ``get(_:name:namespace:)``: 409 if it exists already.
    public func create<Object: KubernetesObject>(
        _ type: Object.Type,
        namespace: String? = nil,
        document: JSONValue,
        fieldManager: String,
        dryRun: Bool = false
    ) async throws -> Object {
        try await object(
            Request(
                method: .POST,
                path: Object.resource.path(namespace: namespace),
                query: [("fieldManager", fieldManager)] + (dryRun ? [("dryRun", "All")] : []),
                contentType: "application/json",
                body: document.json
            )
        )
    }

    /// Applies `document`, the whole intent of `fieldManager` for this object (server-side apply), creating the object
    /// if it is absent. With `force`, fields of other managers are taken.
    ///
    /// - Returns: the object as it stands now.
    /// - Throws: as ``get(_:name:namespace:)``.
    public func apply<Object: KubernetesObject>(
        _ type: Object.Type,
        name: String,
        namespace: String? = nil,
        subresource: String? = nil,
        document: JSONValue,
        fieldManager: String,
        force: Bool
    ) async throws -> Object {
        try await object(
            Request(
                method: .PATCH,
                path: Object.resource.path(namespace: namespace, name: name, subresource: subresource),
                query: [("fieldManager", fieldManager), ("force", String(force))],
                contentType: "application/apply-patch+yaml",
                body: document.json
            )
        )
    }

    /// Merges `patch` into an object that exists (RFC 7396: `null` removes). With `metadata.resourceVersion` in it,
    /// fails with 409 if the object has changed since.
    ///
    /// - Returns: the object as it stands now.
    /// - Throws: as ``get(_:name:namespace:)``.
    public func merge<Object: KubernetesObject>(
        _ type: Object.Type,
        name: String,
        namespace: String? = nil,
        subresource: String? = nil,
        patch: JSONValue,
        fieldManager: String
    ) async throws -> Object {
        try await object(
            Request(
                method: .PATCH,
                path: Object.resource.path(namespace: namespace, name: name, subresource: subresource),
                query: [("fieldManager", fieldManager)],
                contentType: "application/merge-patch+json",
                body: patch.json
            )
        )
    }

    /// Has the API server do all that a merge does but keep the result (`dryRun=All`): admission included.
    ///
    /// - Returns: what it warns of, in its words (API concepts, "Dry-run"; KEP-1693).
    /// - Throws: as ``get(_:name:namespace:)``.
    public func tryMerge<Object: KubernetesObject>(
        _ type: Object.Type,
        name: String,
        namespace: String? = nil,
        patch: JSONValue,
        fieldManager: String
    ) async throws -> [String] {
        let request = Request(
            method: .PATCH,
            path: Object.resource.path(namespace: namespace, name: name),
            query: [("fieldManager", fieldManager), ("dryRun", "All")],
            contentType: "application/merge-patch+json",
            body: patch.json
        )
        let answer = try await transport.send(request, for: .calls, within: Self.callPatience, to: Collector())
        return answer.warnings.map(WarningHeader.text)
    }

    /// Replaces an object that exists with `document`, which must carry `metadata.resourceVersion`.
    ///
    /// - Returns: the object as it stands now.
    /// - Throws: as ``get(_:name:namespace:)``.
    public func replace<Object: KubernetesObject>(
        _ type: Object.Type,
        name: String,
        namespace: String? = nil,
        document: JSONValue,
        fieldManager: String
    ) async throws -> Object {
        try await object(
            Request(
                method: .PUT,
                path: Object.resource.path(namespace: namespace, name: name),
                query: [("fieldManager", fieldManager)],
                contentType: "application/json",
                body: document.json
            )
        )
    }

    /// Deletes the object `name`, provided it still is the one with `uid`, and in that version if one is given.
    ///
    /// - Throws: as ``get(_:name:namespace:)``: 404 if it is gone, 409 if it is another.
    public func delete<Object: KubernetesObject>(
        _ type: Object.Type,
        name: String,
        namespace: String? = nil,
        uid: String,
        resourceVersion: ResourceVersion? = nil
    ) async throws {
        var preconditions: JSONValue = ["uid": .string(uid)]
        preconditions["resourceVersion"] = resourceVersion.map { .string($0.rawValue) }
        let options: JSONValue = [
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": preconditions,
            "propagationPolicy": "Background",
        ]
        _ = try await collect(
            Request(
                method: .DELETE,
                path: Object.resource.path(namespace: namespace, name: name),
                contentType: "application/json",
                body: options.json
            )
        )
    }

    private func object<Object: KubernetesObject>(_ request: Request) async throws -> Object {
        let bytes = try await collect(request)
        return try bytes.withUnsafeBytes { try Coding.object(Object.self, from: $0) }
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
        var request = request
        if request.method != .GET, !request.isDryRun { request.condition = writeCondition }
        return try await transport.send(request, for: .calls, within: Self.callPatience, to: Collector()).bytes
    }
}

/// Keeps a body of bounded size: one object.
private struct Collector: BodyConsumer {
    var bytes: [UInt8] = []
    var warnings: [String] = []

    mutating func begin(_ answer: Answer) { warnings = answer.warnings }

    mutating func consume(_ chunk: UnsafeRawBufferPointer) throws {
        guard bytes.count + chunk.count <= 16 << 20 else {
            throw TransportError(.malformed, "an answer is larger than 16 MiB")
        }
        bytes.append(contentsOf: chunk)
    }
}
