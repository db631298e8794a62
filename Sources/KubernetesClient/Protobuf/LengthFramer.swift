/// Cuts a stream of bytes into frames, each with its length before it: so a watch in protobuf comes.
///
/// Source: Kubernetes API concepts, *Kubernetes Protobuf encoding*: four bytes, the most significant first.
///
/// A pure state machine. As ``LineFramer``, it bounds what a frame may hold.
struct LengthFramer {
    private static let headCount = 4

    private var pending: [UInt8] = []
    private let limit: Int

    init(limit: Int = LineFramer.defaultLimit) {
        self.limit = limit
    }

    /// What is left when the stream has ended: nothing, or a frame that was cut off.
    var isAtFrameStart: Bool { pending.isEmpty }

    /// Takes a chunk and hands each frame that it completes to `body`, without its length.
    ///
    /// - Throws: ``TransportError`` when a frame exceeds the limit, and whatever `body` throws.
    mutating func consume(_ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var rest = chunk
        while !pending.isEmpty, !rest.isEmpty {
            let needed = try pending.withUnsafeBytes { try length(of: $0) } ?? Self.headCount
            let count = min(needed - pending.count, rest.count)
            pending.append(contentsOf: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            guard let whole = try pending.withUnsafeBytes({ try length(of: $0) }), pending.count == whole else {
                continue
            }
            let frame = pending
            // A huge frame does not leave its buffer behind for ever.
            pending.removeAll(keepingCapacity: frame.count < 64 << 10)
            try frame.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[Self.headCount...])) }
        }
        while let count = try length(of: rest), count <= rest.count {
            try body(UnsafeRawBufferPointer(rebasing: rest[Self.headCount..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
        pending.append(contentsOf: rest)
    }

    // Of the frame at the beginning, with its head; `nil` when that has not come yet.
    private func length(of bytes: UnsafeRawBufferPointer) throws -> Int? {
        guard bytes.count >= Self.headCount else { return nil }
        let length = bytes[..<Self.headCount].reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else {
            throw TransportError(.malformed, "a watch event is larger than \(limit >> 20) MiB")
        }
        return Self.headCount + length
    }
}
