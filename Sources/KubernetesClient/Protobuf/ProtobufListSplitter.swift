import KubernetesAPI

/// Takes the items out of a list in protobuf as the bytes arrive, so that no more than one item is ever held.
///
/// A pure state machine over an object (``ProtobufObject``) whose message has `metadata` as field 1 and the items as field
/// 2, as all lists of Kubernetes' API have. The items are decoded, and so checked, by whoever takes them.
struct ProtobufListSplitter {
    private enum Place {
        case magic
        /// Between fields of the object.
        case object
        /// Between fields of the list, of which so many bytes are left.
        case list(left: Int)
    }

    private let kind: String
    private let limit: Int
    private var place = Place.magic
    private var hasKind = false
    private var hasList = false
    // What has come of something whose end has not, and how much of it is needed to go on.
    private var pending: [UInt8] = []
    private var needed = 0

    /// The message `metadata`.
    private(set) var metadata: [UInt8] = []

    /// - Parameter kind: of the items; the list's own has `List` behind it.
    init(kind: String, limit: Int = ListSplitter.defaultLimit) {
        self.kind = kind
        self.limit = limit
    }

    /// Whether all of the list has been seen.
    var isComplete: Bool {
        if case .object = place { return hasList && pending.isEmpty }
        return false
    }

    /// Takes a chunk and hands each item that it completes to `body`.
    ///
    /// - Throws: ``TransportError`` when an item exceeds the limit or this is no list of such items, and whatever `body`
    ///   throws.
    mutating func consume(_ chunk: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var rest = chunk
        while !pending.isEmpty {
            let count = min(needed - pending.count, rest.count)
            pending.append(contentsOf: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if pending.count < needed { return }
            let whole = pending
            pending = []
            let used = try whole.withUnsafeBytes { try take($0, body) }
            // What was enough to see how long something is may be less than that.
            pending = used == 0 ? whole : Array(whole[used...])
        }
        let used = try take(rest, body)
        pending.append(contentsOf: rest[used...])
    }

    // How many bytes were taken. More than those left are `needed`.
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int {
        var position = 0
        while position < bytes.count {
            if case .magic = place {
                needed = ProtobufObject.magic.count
                guard bytes.count >= needed else { return position }
                guard ProtobufObject.isOne(bytes) else { throw malformed("it does not begin as an object does") }
                position += needed
                place = .object
                continue
            }
            guard let field = try header(bytes, from: position) else {
                needed = bytes.count - position + 1
                return position
            }
            if case .object = place, field.number == 2, !hasList {
                guard hasKind else { throw malformed("no kind stands before its content") }
                hasList = true
                position = field.start
                place = field.count > 0 ? .list(left: field.count) : .object
                continue
            }
            guard field.count <= limit else {
                throw TransportError(.malformed, "an item of a list is larger than \(limit >> 20) MiB")
            }
            let end = field.start + field.count
            if case .list(let left) = place, end - position > left {
                throw malformed("a field is longer than the list")
            }
            guard end <= bytes.count else {
                needed = end - position
                return position
            }
            try take(field.number, UnsafeRawBufferPointer(rebasing: bytes[field.start..<end]), body)
            if case .list(let left) = place {
                let rest = left - (end - position)
                place = rest > 0 ? .list(left: rest) : .object
            }
            position = end
        }
        return position
    }

    private mutating func take(
        _ number: Int,
        _ content: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        switch (place, number) {
        case (.object, 1):
            let found = (try? ProtobufObject.kind(content)) ?? ""
            guard found == kind + "List" else { throw malformed("it is a \(found.prefix(64))") }
            hasKind = true
        case (.list, 1): metadata = Array(content)
        case (.list, 2): try body(content)
        default: break
        }
    }

    // Where a field begins that is text, bytes or a message, and how long it is; `nil` when that has not come yet.
    private func header(
        _ bytes: UnsafeRawBufferPointer,
        from position: Int
    ) throws -> (number: Int, start: Int, count: Int)? {
        do throws(ProtobufError) {
            guard let (tag, afterTag) = try ProtobufFields.varint(bytes, from: position) else { return nil }
            guard tag & 7 == 2, 1..<(1 << 29) ~= tag >> 3 else { throw ProtobufError("a field is no message") }
            guard let (count, start) = try ProtobufFields.varint(bytes, from: afterTag) else { return nil }
            guard count <= UInt64(Int32.max) * 64 else { throw ProtobufError("a field is too long") }
            return (Int(tag >> 3), start, Int(count))
        } catch {
            throw malformed("\(error)")
        }
    }

    private func malformed(_ problem: String) -> TransportError {
        TransportError(.malformed, "a list in protobuf of kind \(kind)List was expected: \(problem)")
    }
}
