import KubernetesAPI

/// Writes messages of Kubernetes' API as JSON, of their fields those alone that are read: what is skipped costs nothing, and
/// kinds need to know one encoding only.
struct ProtobufTranscoder {
    private(set) var json: [UInt8] = []

    /// Begins anew.
    mutating func reset() { json.removeAll(keepingCapacity: json.capacity < 256 << 10) }

    /// Adds text as it stands.
    mutating func append(_ text: StaticString) {
        json.append(contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Adds a JSON string.
    mutating func append(string: UnsafeRawBufferPointer) {
        json.append(UInt8(ascii: "\""))
        var start = 0
        for position in string.indices {
            let byte = string[position]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            json.append(contentsOf: string[start..<position])
            start = position + 1
            if byte < 0x20 {
                let digits = Array("0123456789abcdef".utf8)
                json += [UInt8(ascii: "\\"), UInt8(ascii: "u"), UInt8(ascii: "0"), UInt8(ascii: "0")]
                json += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            } else {
                json += [UInt8(ascii: "\\"), byte]
            }
        }
        json.append(contentsOf: string[start...])
        json.append(UInt8(ascii: "\""))
    }

    /// Adds the JSON object that `bytes` are.
    ///
    /// - Throws: ``ProtobufError`` when they are no such message; what was added before is left then.
    mutating func append(_ bytes: UnsafeRawBufferPointer, as message: ProtobufMessage) throws(ProtobufError) {
        json.append(UInt8(ascii: "{"))
        var isFirst = true
        try members(of: bytes, as: message, &isFirst)
        json.append(UInt8(ascii: "}"))
    }

    private mutating func members(
        of bytes: UnsafeRawBufferPointer,
        as message: ProtobufMessage,
        _ isFirst: inout Bool
    ) throws(ProtobufError) {
        var fields = ProtobufFields(bytes)
        // The list or map that has been begun. Its elements follow one another, since that is how Go's generated code writes
        // them; others are refused, for a member that comes twice could hide what the first one says.
        var open: (number: Int, end: UInt8)?
        // By number, of which no message has more than 64.
        var seen: UInt64 = 0
        while let (number, value) = try fields.next() {
            guard let field = message.field(number) else {
                if message.showsUnknown {
                    close(&open)
                    begin(Array("\"protobuf field \(number)\":".utf8), &isFirst)
                    append("{}")
                }
                continue
            }
            if open?.number == number {
                json.append(UInt8(ascii: ","))
                try element(value, of: field)
                continue
            }
            close(&open)
            guard seen & 1 << UInt64(number) == 0 else { throw ProtobufError("field \(number) comes twice") }
            if case .inlined(let inner) = field.kind {
                guard case .bytes(let bytes) = value else { throw Self.mismatch(number) }
                try members(of: bytes, as: inner, &isFirst)
            } else if field.isRepeated {
                // An empty packed list is none.
                begin(field.key, &isFirst)
                json.append(UInt8(ascii: "["))
                try element(value, of: field)
                open = (number, UInt8(ascii: "]"))
            } else if Self.valueKind(field.kind) != nil {
                begin(field.key, &isFirst)
                json.append(UInt8(ascii: "{"))
                try element(value, of: field)
                open = (number, UInt8(ascii: "}"))
            } else if !isUnset(value, field) {
                begin(field.key, &isFirst)
                try write(value, field.kind, number)
            }
            seen |= 1 << UInt64(number)
        }
        close(&open)
    }

    private mutating func close(_ open: inout (number: Int, end: UInt8)?) {
        if let end = open?.end { json.append(end) }
        open = nil
    }

    private mutating func begin(_ key: [UInt8], _ isFirst: inout Bool) {
        if !isFirst { json.append(UInt8(ascii: ",")) }
        isFirst = false
        json.append(contentsOf: key)
    }

    // A plain value is written also when it is zero, which in JSON is left out; and a time that was never set is empty.
    private func isUnset(_ value: ProtobufFields.Value, _ field: ProtobufMessage.Field) -> Bool {
        switch (field.kind, value) {
        case (.time, .bytes(let bytes)): bytes.isEmpty
        case (.string, .bytes(let bytes)): !field.isPointer && bytes.isEmpty
        case (.bool, .varint(let number)), (.integer, .varint(let number)): !field.isPointer && number == 0
        default: false
        }
    }

    private mutating func element(
        _ value: ProtobufFields.Value,
        of field: ProtobufMessage.Field
    ) throws(ProtobufError) {
        if let kind = Self.valueKind(field.kind) { return try entry(value, kind) }
        // Numbers may be packed into one field.
        if case .integer = field.kind, case .bytes(let packed) = value {
            var position = 0
            while let (number, end) = try ProtobufFields.varint(packed, from: position) {
                if position > 0 { json.append(UInt8(ascii: ",")) }
                json += "\(Int64(bitPattern: number))".utf8
                position = end
            }
            guard position == packed.count, position > 0 else { throw ProtobufError("packed numbers are cut off") }
            return
        }
        try write(value, field.kind, 0)
    }

    // What the values of a map are.
    private static func valueKind(_ kind: ProtobufMessage.Kind) -> ProtobufMessage.Kind? {
        switch kind {
        case .texts: .string
        case .quantities: .quantity
        default: nil
        }
    }

    private mutating func entry(_ value: ProtobufFields.Value, _ kind: ProtobufMessage.Kind) throws(ProtobufError) {
        guard case .bytes(let entry) = value else { throw ProtobufError("a map's entry is no message") }
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        var content: ProtobufFields.Value = .bytes(key)
        var fields = ProtobufFields(entry)
        while let (number, value) = try fields.next() {
            switch (number, value) {
            case (1, .bytes(let bytes)): key = bytes
            case (2, _): content = value
            default: break
            }
        }
        append(string: key)
        json.append(UInt8(ascii: ":"))
        try write(content, kind, 2)
    }

    private mutating func write(
        _ value: ProtobufFields.Value,
        _ kind: ProtobufMessage.Kind,
        _ number: Int
    ) throws(ProtobufError) {
        switch (kind, value) {
        case (.string, .bytes(let bytes)): append(string: bytes)
        case (.bool, .varint(let number)): json += (number == 0 ? "false" : "true").utf8
        case (.integer, .varint(let number)): json += "\(Int64(bitPattern: number))".utf8
        case (.message(let message), .bytes(let bytes)): try append(bytes, as: message)
        case (.time, .bytes(let bytes)):
            var seconds: Int64 = 0
            if case .varint(let number) = try Self.first(1, in: bytes) { seconds = Int64(bitPattern: number) }
            // What has a year of four digits.
            guard -62_135_596_800...253_402_300_799 ~= seconds else { throw ProtobufError("a time is out of bounds") }
            json += "\"\(Timestamp(secondsSinceEpoch: seconds))\"".utf8
        case (.quantity, .bytes(let bytes)):
            if case .bytes(let text) = try Self.first(1, in: bytes) { append(string: text) } else { append("\"0\"") }
        case (.integerOrText, .bytes(let bytes)): try append(integerOrText: bytes)
        default: throw Self.mismatch(number)
        }
    }

    // Field 1 says which of the others it is.
    private mutating func append(integerOrText bytes: UnsafeRawBufferPointer) throws(ProtobufError) {
        switch (try Self.first(1, in: bytes), try Self.first(2, in: bytes), try Self.first(3, in: bytes)) {
        case (.varint(1), _, .bytes(let text)): append(string: text)
        case (nil, .varint(let number), _), (.varint(0), .varint(let number), _):
            json += "\(Int64(bitPattern: number))".utf8
        default: throw ProtobufError("neither a number nor a text")
        }
    }

    // The field of this number in a message.
    private static func first(
        _ number: Int,
        in bytes: UnsafeRawBufferPointer
    ) throws(ProtobufError) -> ProtobufFields.Value? {
        var fields = ProtobufFields(bytes)
        while let field = try fields.next() {
            if field.number == number { return field.value }
        }
        return nil
    }

    private static func mismatch(_ number: Int) -> ProtobufError {
        ProtobufError("field \(number) is of another type than it should be")
    }
}
