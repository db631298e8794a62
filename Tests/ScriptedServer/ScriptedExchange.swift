import NIOCore

/// One request, and the means to answer it.
public struct ScriptedExchange: Sendable {
    /// What was asked.
    public let request: ReceivedRequest
    private let channel: any Channel

    init(_ request: ReceivedRequest, on channel: any Channel) {
        self.request = request
        self.channel = channel
    }

    /// Answers at once, with a body of declared length.
    public func respond(_ status: Int, headers: [(String, String)] = [], body: String = "") async throws {
        let length = [("Content-Length", String(body.utf8.count))]
        try await send(head(status, headers + length) + body)
    }

    /// Sends a head that announces a body in chunks: ``send(chunk:)`` and ``end()`` go on.
    public func begin(_ status: Int = 200, headers: [(String, String)] = []) async throws {
        try await send(head(status, headers + [("Transfer-Encoding", "chunked")]))
    }

    /// Sends a piece of a body in chunks.
    public func send(chunk: String) async throws {
        guard !chunk.isEmpty else { return }
        try await send("\(String(chunk.utf8.count, radix: 16))\r\n\(chunk)\r\n")
    }

    /// Ends a body in chunks as it should.
    public func end() async throws {
        try await send("0\r\n\r\n")
    }

    /// Sends bytes as they are.
    public func send(_ bytes: String) async throws {
        try await closingWhenCancelled { try await channel.writeAndFlush(ByteBuffer(string: bytes)) }
    }

    /// Closes the connection, whatever is under way.
    public func close() async throws {
        try await channel.close()
    }

    /// Waits until the connection is closed, by whichever side.
    public func closed() async throws {
        try await closingWhenCancelled { try await channel.closeFuture.get() }
    }

    // A test that fails ends by its time limit, and must not wait on for a client that does not do as it should.
    private func closingWhenCancelled(_ body: () async throws -> Void) async throws {
        try await withTaskCancellationHandler {
            try await body()
        } onCancel: {
            channel.close(promise: nil)
        }
        try Task.checkCancellation()
    }

    private func head(_ status: Int, _ headers: [(String, String)]) -> String {
        "HTTP/1.1 \(status) Scripted\r\n" + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
    }
}

/// A request as it came.
public struct ReceivedRequest: Sendable {
    /// Such as `GET`.
    public var method: String
    /// The path and query, as sent.
    public var uri: String
    /// Names and values, in the order sent.
    public var headers: [(name: String, value: String)]
    /// The whole body.
    public var body: String

    /// The first value of the header `name`, in whatever case it was sent.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The URI up to its query.
    public var path: String { String(uri.prefix { $0 != "?" }) }

    /// The items of the query as they were sent, undecoded; of two with one name the first.
    public var query: [String: String] {
        let items = uri.drop { $0 != "?" }.dropFirst().split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
        }
        return Dictionary(items, uniquingKeysWith: { first, _ in first })
    }
}
