/// Cuts a stream of bytes into lines: a watch is one JSON document a line, split anywhere between chunks.
///
/// A pure state machine. Lines have no usual length (an event may be several megabytes), but a bound: beyond it the
/// peer is not speaking the protocol, and memory is not given to it.
struct LineFramer {
    /// The most that a line may hold: ten times what etcd stores.
    static let defaultLimit = 16 << 20

    private var pending: [UInt8] = []
    private let limit: Int

    init(limit: Int = LineFramer.defaultLimit) {
        self.limit = limit
    }

    /// Takes a chunk and hands each line that it completes to `body`, without the newline. Empty lines are skipped.
    ///
    /// - Throws: ``TransportError`` when a line exceeds the limit, and whatever `body` throws.
    mutating func consume(_ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var start = 0
        while let newline = chunk[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = UnsafeRawBufferPointer(rebasing: chunk[start..<newline])
            start = newline + 1
            if pending.isEmpty {
                try admit(line.count)
                if !line.isEmpty { try body(line) }
            } else {
                try append(line)
                let whole = pending
                // A huge line does not leave its buffer behind for ever.
                pending.removeAll(keepingCapacity: whole.count < 64 << 10)
                try whole.withUnsafeBytes(body)
            }
        }
        try append(UnsafeRawBufferPointer(rebasing: chunk[start...]))
    }

    /// What is left when the stream has ended: nothing, or a line that was cut off.
    var isAtLineStart: Bool { pending.isEmpty }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        try admit(pending.count + bytes.count)
        pending.append(contentsOf: bytes)
    }

    private func admit(_ count: Int) throws {
        guard count <= limit else {
            throw TransportError(.malformed, "a watch event is larger than \(limit >> 20) MiB")
        }
    }
}
