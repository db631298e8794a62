import KubernetesAPI

/// Lists and watches of which nothing is looked at: what reading takes by itself, for the benchmark to put beside the
/// operator.
extension KubernetesClient {
    /// Reads one page of the list at `path`, asked for with `query`, and keeps nothing of its items.
    ///
    /// - Parameter type: of the items, which says in which encoding they are read; `nil` for JSON.
    /// - Returns: the page's metadata, and how many items there were.
    /// - Throws: as ``list(_:from:of:_:onItem:)``.
    package func skim(
        _ path: String,
        _ query: [(String, String)],
        of type: (any KubernetesObject.Type)?
    ) async throws -> (metadata: ListMetadata, count: Int) {
        let request = Request(method: .GET, path: path, query: query, prefersProtobuf: isInProtobuf(type))
        let end = try await transport.send(
            request,
            for: .lists,
            within: Self.listPatience,
            to: ListSkimmer(kind: type?.resource.kind ?? "")
        )
        guard end.isComplete else { throw TransportError(.interrupted, "\(request): the list ended before its end") }
        return (try end.metadata, end.count)
    }

    /// Watches what `path` lists, from the version in `query` on, until the server ends the stream, and keeps nothing of the events.
    ///
    /// - Parameter type: of the objects, as above.
    /// - Throws: as ``watch(_:from:of:_:onOpen:onEvent:)``.
    package func skim(
        _ path: String,
        _ query: [(String, String)],
        watching watch: WatchQuery,
        of type: (any KubernetesObject.Type)?
    ) async throws {
        let request = Request(
            method: .GET,
            path: path,
            query: query + watch.queryItems,
            prefersProtobuf: isInProtobuf(type)
        )
        _ = try await transport.send(request, for: .watches, within: Self.patience(for: watch), to: WatchSkimmer())
    }

    private func isInProtobuf(_ type: (any KubernetesObject.Type)?) -> Bool {
        type.map { ProtobufMessage.of($0, from: $0.resource) != nil } ?? false
    }
}

private struct ListSkimmer: BodyConsumer {
    private var items: ItemSplitter
    private(set) var count = 0

    init(kind: String) { items = ItemSplitter(kind: kind) }

    mutating func begin(_ answer: Answer) { items.begin(isProtobuf: answer.isProtobuf) }

    mutating func consume(_ chunk: UnsafeRawBufferPointer) throws {
        var count = 0
        try items.consume(chunk) { _ in count += 1 }
        self.count += count
    }

    var isComplete: Bool { items.isComplete }

    var metadata: ListMetadata { get throws { try items.metadata } }
}

private struct WatchSkimmer: BodyConsumer {
    mutating func consume(_ chunk: UnsafeRawBufferPointer) {}
}
