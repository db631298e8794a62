import AsyncHTTPClient
import NIOCore

/// A body cut into its lines, each with its newline; the last may be without.
struct Lines: AsyncSequence {
    private let body: HTTPClientResponse.Body

    init(_ body: HTTPClientResponse.Body) { self.body = body }

    func makeAsyncIterator() -> Iterator { Iterator(chunks: body.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        var chunks: HTTPClientResponse.Body.AsyncIterator
        private var pending = ByteBuffer()

        init(chunks: HTTPClientResponse.Body.AsyncIterator) { self.chunks = chunks }

        mutating func next() async throws -> ByteBuffer? {
            while true {
                if let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = pending.readSlice(length: end - pending.readerIndex + 1)
                    return line.map { ByteBuffer(bytes: $0.readableBytesView) }
                }
                guard var chunk = try await chunks.next() else {
                    guard pending.readableBytes > 0 else { return nil }
                    defer { pending.clear() }
                    return pending
                }
                pending.discardReadBytes()
                pending.writeBuffer(&chunk)
            }
        }
    }
}

extension ByteBuffer {
    /// What is left when the connection breaks in the middle.
    var firstHalf: ByteBuffer { ByteBuffer(bytes: readableBytesView.prefix(readableBytes / 2)) }

    /// A watch event whose object has another field of 1.4 MB, about what etcd keeps at most.
    func padded() -> ByteBuffer {
        let text = String(buffer: self)
        guard let object = text.firstRange(of: #""object":{"#) else { return self }
        let padding = #""padding":"\#(String(repeating: "x", count: 1_400_000))","#
        return ByteBuffer(string: text[..<object.upperBound] + padding + text[object.upperBound...])
    }
}
