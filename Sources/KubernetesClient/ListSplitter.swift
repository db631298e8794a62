import KubernetesAPI

/// Takes the items out of a list's body as the bytes arrive, so that no more than one item is ever held.
///
/// A pure state machine over `{"kind": …, "metadata": {…}, "items": [{…}, {…}]}`, the members in any order. It looks
/// only at brackets, strings and commas; the items are decoded, and so checked, by whoever takes them. What stands
/// around them is kept with an empty `items`, for the list's own metadata.
struct ListSplitter {
    /// The most that one item may hold: ten times what etcd stores.
    static let defaultLimit = 16 << 20

    private enum Place {
        /// Outside `items`; copied to the envelope.
        case envelope
        /// Inside `items`, between elements.
        case betweenItems
        /// Inside an element.
        case item
    }

    private var place = Place.envelope
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    // The member name at depth 1 that was read last, to know `items` when its bracket opens.
    private var member: [UInt8] = []
    private var isReadingMember = false
    private var isAfterColon = false
    private var item: [UInt8] = []
    private let limit: Int

    /// The list without its items, whole once ``isComplete``.
    private(set) var envelope: [UInt8] = []

    init(limit: Int = ListSplitter.defaultLimit) {
        self.limit = limit
    }

    /// Whether the list's closing brace has been seen.
    var isComplete: Bool { depth == 0 && !envelope.isEmpty && !isInString }

    /// Takes a chunk and hands each item that it completes to `body`.
    ///
    /// - Throws: ``TransportError`` when an item or the envelope exceeds the limit or brackets do not match, and whatever
    ///   `body` throws.
    mutating func consume(_ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var position = 0
        while position < chunk.count {
            switch place {
            case .envelope:
                try takeEnvelope(chunk[position])
                position += 1
            case .betweenItems:
                let byte = chunk[position]
                if byte == UInt8(ascii: "]") {
                    place = .envelope
                    envelope.append(byte)
                    depth -= 1
                    position += 1
                } else if byte == UInt8(ascii: ",") || isWhitespace(byte) {
                    position += 1
                } else if byte == UInt8(ascii: "}") {
                    throw TransportError(.malformed, "a list's items end with a brace instead of a bracket")
                } else {
                    place = .item
                }
            case .item:
                position = try takeItem(chunk, from: position, body)
            }
        }
    }

    private mutating func takeEnvelope(_ byte: UInt8) throws {
        guard envelope.count < limit else {
            throw TransportError(.malformed, "a list's metadata is larger than \(limit >> 20) MiB")
        }
        if depth == 0, !envelope.isEmpty {
            guard isWhitespace(byte) else { throw TransportError(.malformed, "a list is followed by something else") }
            return
        }
        envelope.append(byte)
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                isReadingMember = false
                return
            }
            if isReadingMember { member.append(byte) }
            return
        }
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            isReadingMember = depth == 1 && !isAfterColon
            if isReadingMember { member.removeAll(keepingCapacity: true) }
        case UInt8(ascii: ":"):
            if depth == 1 { isAfterColon = true }
        case UInt8(ascii: ","):
            if depth == 1 { isAfterColon = false }
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            if byte == UInt8(ascii: "["), depth == 1, isAfterColon, member.elementsEqual("items".utf8) {
                place = .betweenItems
            }
            depth += 1
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            depth -= 1
            if depth < 0 { throw TransportError(.malformed, "a list closes more brackets than it opens") }
        default:
            if depth == 0, !isWhitespace(byte) {
                throw TransportError(.malformed, "a list does not begin with a brace")
            }
            if depth == 0 { envelope.removeLast() }
        }
    }

    private mutating func takeItem(
        _ chunk: UnsafeRawBufferPointer,
        from start: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        var position = start
        while position < chunk.count {
            if isInString {
                position = skipString(chunk, from: position)
            } else {
                switch chunk[position] {
                case UInt8(ascii: "\""):
                    isInString = true
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    if depth == 2 {
                        // The bracket of `items` itself: it ended a bare value.
                        try finish(UnsafeRawBufferPointer(rebasing: chunk[start..<position]), body)
                        return position
                    }
                    depth -= 1
                    if depth == 2 {
                        try finish(UnsafeRawBufferPointer(rebasing: chunk[start...position]), body)
                        return position + 1
                    }
                case UInt8(ascii: ",") where depth == 2:
                    try finish(UnsafeRawBufferPointer(rebasing: chunk[start..<position]), body)
                    return position
                default:
                    break
                }
                position += 1
            }
        }
        try append(UnsafeRawBufferPointer(rebasing: chunk[start...]))
        return position
    }

    // To the byte after the string's end, or the end of the chunk.
    private mutating func skipString(_ chunk: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        if isEscaped {
            isEscaped = false
            position += 1
        }
        while true {
            position = chunk.firstQuoteOrBackslash(from: position)
            guard position < chunk.count else { return position }
            if chunk[position] == UInt8(ascii: "\"") {
                isInString = false
                return position + 1
            }
            guard position + 1 < chunk.count else {
                isEscaped = true
                return chunk.count
            }
            position += 2
        }
    }

    private mutating func finish(_ rest: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws
    {
        place = .betweenItems
        if item.isEmpty {
            try admit(rest.count)
            try body(rest)
            return
        }
        try append(rest)
        let whole = item
        item.removeAll(keepingCapacity: whole.count < 64 << 10)
        try whole.withUnsafeBytes(body)
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        try admit(item.count + bytes.count)
        item.append(contentsOf: bytes)
    }

    private func admit(_ count: Int) throws {
        guard count <= limit else {
            throw TransportError(.malformed, "an item of a list is larger than \(limit >> 20) MiB")
        }
    }

    private func isWhitespace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || 9...13 ~= byte
    }
}
