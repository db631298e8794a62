/// The fields of one protobuf message, one after the other, as they stand on the wire.
///
/// Source: protobuf.dev, *Encoding*.
struct ProtobufFields {
    /// What a field holds.
    enum Value {
        /// Integers and booleans.
        case varint(UInt64)
        /// Text, bytes, a message, or packed numbers.
        case bytes(UnsafeRawBufferPointer)
        /// Numbers of a fixed size, of which Kubernetes' types have few.
        case fixed
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// The fields of the message that `bytes` are.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field; `nil` at the end.
    ///
    /// - Throws: ``ProtobufError`` when it is cut off or is none.
    mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
        guard position < bytes.count else { return nil }
        let (number, type) = try tag()
        switch type {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, try skip(8))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.count - position) else { throw ProtobufError("field \(number) is cut off") }
            defer { position += Int(count) }
            return (number, .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(count)])))
        case 5: return (number, try skip(4))
        default: throw ProtobufError("field \(number) is of the unknown wire type \(type)")
        }
    }

    private mutating func skip(_ count: Int) throws(ProtobufError) -> Value {
        guard count <= bytes.count - position else { throw ProtobufError("a number is cut off") }
        position += count
        return .fixed
    }

    private mutating func tag() throws(ProtobufError) -> (number: Int, type: UInt64) {
        let tag = try varint()
        guard 1..<(1 << 29) ~= tag >> 3 else { throw ProtobufError("\(tag >> 3) is no number of a field") }
        return (Int(tag >> 3), tag & 7)
    }

    private mutating func varint() throws(ProtobufError) -> UInt64 {
        // Most have one byte.
        if position < bytes.count, bytes[position] < 0x80 {
            defer { position += 1 }
            return UInt64(bytes[position])
        }
        guard let (value, end) = try Self.varint(bytes, from: position) else { throw ProtobufError("it is cut off") }
        position = end
        return value
    }

    /// The variable-length integer that begins at `start` of `bytes`, and where it ends; `nil` if that is beyond them.
    ///
    /// - Throws: ``ProtobufError`` when it has more than 64 bits.
    static func varint(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int
    ) throws(ProtobufError) -> (value: UInt64, end: Int)? {
        var value: UInt64 = 0
        var position = start
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw ProtobufError("an integer has more than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return (value, position) }
            shift += 7
        }
        return nil
    }
}

/// What is wrong with bytes that were to be a protobuf message.
struct ProtobufError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
