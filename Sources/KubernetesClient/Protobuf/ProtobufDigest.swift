/// Tells messages apart by what is read of them, without reading it.
struct ProtobufDigest {
    private var hasher = Hasher()

    /// The digest of all that was added.
    var value: Int { hasher.finalize() }

    /// Adds the fields of a message that are read.
    ///
    /// - Throws: ``ProtobufError`` when it is none as far as has to be seen.
    mutating func combine(
        _ bytes: UnsafeRawBufferPointer,
        as message: ProtobufMessage
    ) throws(ProtobufError) {
        var fields = ProtobufFields(bytes)
        while let (number, value) = try fields.next() {
            guard let field = message.field(number) else {
                if message.showsUnknown { combine(number, value) }
                continue
            }
            switch (field.kind, value) {
            case (.message(let inner), .bytes(let bytes)), (.inlined(let inner), .bytes(let bytes)):
                begin(number)
                try combine(bytes, as: inner)
                end()
            default: combine(number, value)
            }
        }
    }

    // MARK: What is added is told apart by how it begins: no two sequences of fields are the same to the hasher.

    /// Adds one field as it stands.
    mutating func combine(_ number: Int, _ value: ProtobufFields.Value) {
        switch value {
        case .varint(let value):
            hasher.combine(number << 2)
            hasher.combine(value)
        case .bytes(let bytes):
            hasher.combine(number << 2 | 1)
            hasher.combine(bytes.count)
            hasher.combine(bytes: bytes)
        case .fixed:
            hasher.combine(number << 2 | 2)
        }
    }

    /// Begins a message in the field of this number.
    mutating func begin(_ number: Int) { hasher.combine(number << 2 | 3) }

    /// Ends the message that was begun last: no field has the number 0.
    mutating func end() { hasher.combine(0) }
}
