import NIOCore

/// A body that is sent on a condition, which is asked for when the connection is there and the head was sent. A server
/// does nothing upon a head alone.
struct ConditionalBody: AsyncSequence, Sendable {
    var bytes: [UInt8]
    var condition: @Sendable () throws -> Void

    func checked() throws -> ByteBuffer {
        do { try condition() } catch { throw ConsumerError(underlying: error) }
        return ByteBuffer(bytes: bytes)
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: ConditionalBody?

        mutating func next() async throws -> ByteBuffer? {
            defer { body = nil }
            return try body?.checked()
        }
    }
}
