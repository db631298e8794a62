/// What can be read out of JSON, as the API server writes it.
///
/// Kinds are read by initialisers that name their fields, and not through `Decodable`: its containers cost seven times
/// what reading the same fields does.
public protocol JSONReadable {
    /// Reads what stands there.
    ///
    /// - Throws: ``JSONError`` when it is something else.
    init(json: JSONReader) throws(JSONError)
}

/// A value in a JSON text, of which only what is asked for is read.
///
/// Valid while ``read(_:from:)-(_,UnsafeRawBufferPointer)`` runs, and not to be kept.
public struct JSONReader {
    enum Kind { case object, array, string, number, bool, null, other }

    let bytes: UnsafeRawBufferPointer
    private let tokens: UnsafePointer<JSONIndex.Token>
    let token: Int

    /// Reads a `Value` that is all of the text `bytes`.
    ///
    /// - Throws: ``JSONError``.
    public static func read<Value: JSONReadable>(
        _ type: Value.Type,
        from bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> Value {
        let index = try JSONIndex(bytes)
        defer { extendLifetime(index) }
        return try Value(json: JSONReader(bytes: bytes, tokens: index.tokens, token: 0))
    }

    /// Reads a `Value` that is all of the text `bytes`.
    ///
    /// - Throws: ``JSONError``.
    public static func read<Value: JSONReadable>(
        _ type: Value.Type,
        from bytes: some Sequence<UInt8>
    ) throws(JSONError) -> Value {
        let bytes = ContiguousArray(bytes)
        // Its closure throws whatever, or nothing.
        return try bytes.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try read(type, from: bytes) }
        }.get()
    }

    // MARK: Members

    /// The member `name`; `nil` where it is absent or null, which is the same to the API server.
    ///
    /// - Throws: ``JSONError`` when this is no object.
    public func member(_ name: StaticString) throws(JSONError) -> JSONReader? {
        try member(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// The member `name`; `nil` where it is absent or null.
    ///
    /// - Throws: ``JSONError`` when this is no object.
    public func member(named name: String) throws(JSONError) -> JSONReader? {
        var name = name
        return try name.withUTF8 { name in
            Result { () throws(JSONError) in try member(UnsafeRawBufferPointer(name)) }
        }.get()
    }

    private func member(_ name: UnsafeRawBufferPointer) throws(JSONError) -> JSONReader? {
        guard kind == .object else { throw mismatch("an object") }
        guard let value = find(name) else { return nil }
        return value.isNull ? nil : value
    }

    /// What the member `name` says; `nil` where it is absent or null.
    ///
    /// - Throws: ``JSONError`` when this is no object, or that says something else.
    public func value<Value: JSONReadable>(
        _ name: StaticString,
        as type: Value.Type = Value.self
    ) throws(JSONError) -> Value? {
        guard let member = try member(name) else { return nil }
        return try Value(json: member)
    }

    /// What the member `name` says.
    ///
    /// - Throws: ``JSONError`` when this is no object, or the member is absent, null or says something else.
    public func required<Value: JSONReadable>(
        _ name: StaticString,
        as type: Value.Type = Value.self
    ) throws(JSONError) -> Value {
        guard let value = try value(name, as: type) else {
            throw JSONError(path: path.isEmpty ? "\(name)" : "\(path).\(name)", message: "is not set")
        }
        return value
    }

    /// Whether it has a member `name`, be it null; not of anything that is no object.
    public func has(_ name: StaticString) -> Bool {
        kind == .object && find(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) != nil
    }

    /// Calls `body` with each member, in the order of the text; those that are null, too.
    ///
    /// - Throws: ``JSONError`` when this is no object, and what `body` throws.
    public func forEachMember(_ body: (_ name: String, JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        guard kind == .object else { throw mismatch("an object") }
        var current = token + 1
        while current < end {
            guard let name = at(current).string else { throw at(current).mismatch("a name") }
            try body(name, at(current + 1))
            current = after(current + 1)
        }
    }

    /// Calls `body` with each element.
    ///
    /// - Throws: ``JSONError`` when this is no array, and what `body` throws.
    public func forEachElement(_ body: (JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        guard kind == .array else { throw mismatch("a list") }
        var current = token + 1
        while current < end {
            try body(at(current))
            current = after(current)
        }
    }

    // MARK: Places

    private init(bytes: UnsafeRawBufferPointer, tokens: UnsafePointer<JSONIndex.Token>, token: Int) {
        self.bytes = bytes
        self.tokens = tokens
        self.token = token
    }

    /// The value of another token.
    func at(_ token: Int) -> JSONReader { JSONReader(bytes: bytes, tokens: tokens, token: token) }

    /// The token after the last in this container.
    var end: Int { tokens[token].next }

    /// The token after `token` and all that is in it.
    func after(_ token: Int) -> Int { tokens[token].next }

    /// The member `name` of an object, be it null.
    func find(_ name: UnsafeRawBufferPointer) -> JSONReader? {
        var current = token + 1
        let end = end
        while current < end {
            if isCalled(current, name) { return at(current + 1) }
            current = after(current + 1)
        }
        return nil
    }

    private func isCalled(_ token: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        if tokens[token].hasEscapes { return at(token).string.map { $0.utf8.elementsEqual(name) } ?? false }
        let start = tokens[token].start + 1
        guard tokens[token].end - 1 - start == name.count else { return false }
        for offset in 0..<name.count where bytes[start + offset] != name[offset] { return false }
        return true
    }

    // MARK: What stands there

    var kind: Kind {
        switch bytes[tokens[token].start] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): .number
        default: .other
        }
    }

    /// The text of the value, as it stands there.
    public var text: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[tokens[token].start..<tokens[token].end])
    }

    // The same, a string's without its quotation marks.
    private var content: UnsafeRawBufferPointer {
        let token = tokens[token]
        let quote = bytes[token.start] == UInt8(ascii: "\"") ? 1 : 0
        return UnsafeRawBufferPointer(rebasing: bytes[token.start + quote..<token.end - quote])
    }

    /// Whether it is `null`.
    public var isNull: Bool { kind == .null && content.elementsEqual("null".utf8) }

    /// The text of a string; `nil` if it is none, or is not valid.
    var string: String? {
        guard kind == .string else { return nil }
        let content = content
        if tokens[token].hasEscapes { return JSONEscapes.unescape(content) }
        // Most text is ASCII, of which nothing need be validated.
        var (hasControl, bits) = (false, UInt8(0))
        for byte in content {
            hasControl = hasControl || byte < 0x20
            bits |= byte
        }
        if hasControl { return nil }
        return bits < 0x80 ? String(decoding: content, as: UTF8.self) : String(validating: content, as: UTF8.self)
    }

    var bool: Bool? {
        guard kind == .bool else { return nil }
        if content.elementsEqual("true".utf8) { return true }
        return content.elementsEqual("false".utf8) ? false : nil
    }

    /// An integer; `nil` if it is none, or does not fit.
    func integer<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
        guard let text = number else { return nil }
        return Number(text) ?? Double(text).flatMap { Number(exactly: $0) }
    }

    /// A number; `nil` if it is none, or too large.
    var double: Double? { number.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil } }

    // What is a number by RFC 8259, section 6.
    private var number: String? {
        guard kind == .number else { return nil }
        var rest = content[...]
        func digits() -> Int {
            let count = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.count
            rest = rest.dropFirst(count)
            return count
        }
        func take(_ characters: UInt8...) -> Bool {
            guard let first = rest.first, characters.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { guard digits() > 0 else { return nil } }
        if take(UInt8(ascii: ".")) { guard digits() > 0 else { return nil } }
        if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
            guard digits() > 0 else { return nil }
        }
        return rest.isEmpty ? String(decoding: content, as: UTF8.self) : nil
    }

    // MARK: Errors

    /// The error that something else stands here.
    public func mismatch(_ expected: String) -> JSONError {
        JSONError(path: path, message: "expected \(expected), found \(found)")
    }

    /// The error that what stands here is wrong.
    public func invalid(_ message: String) -> JSONError {
        JSONError(path: path, message: message)
    }

    private var found: String {
        switch kind {
        case .object: "an object"
        case .array: "a list"
        case .string: string == nil ? "a string that is not valid" : "a string"
        case .number: number == nil ? "what is no number" : "a number"
        case .bool: bool == nil ? "what is no JSON" : "true or false"
        case .null: isNull ? "null" : "what is no JSON"
        case .other: "what is no JSON"
        }
    }

    /// How one comes here from the whole.
    private var path: String {
        var path = ""
        var container = at(0)
        while container.token < token {
            let isObject = container.kind == .object
            var (current, index) = (container.token + 1, 0)
            while current < container.end {
                let value = isObject ? current + 1 : current
                if token < after(value) {
                    let name = isObject ? at(current).string ?? "" : "\(index)"
                    if !isObject || name.contains(".") || name.contains("/") {
                        path += "[\(name)]"
                    } else {
                        path += path.isEmpty ? name : ".\(name)"
                    }
                    container = at(value)
                    break
                }
                current = after(value)
                index += 1
            }
        }
        return path
    }
}
