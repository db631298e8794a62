extension String: JSONReadable {
    /// Reads a string.
    public init(json: JSONReader) throws(JSONError) {
        guard let value = json.string else { throw json.mismatch("a string") }
        self = value
    }
}

extension Bool: JSONReadable {
    /// Reads `true` or `false`.
    public init(json: JSONReader) throws(JSONError) {
        guard let value = json.bool else { throw json.mismatch("true or false") }
        self = value
    }
}

extension Int: JSONReadable {
    /// Reads an integer that fits.
    public init(json: JSONReader) throws(JSONError) {
        guard let value: Int = json.integer() else { throw json.mismatch("an integer") }
        self = value
    }
}

extension Int64: JSONReadable {
    /// Reads an integer that fits.
    public init(json: JSONReader) throws(JSONError) {
        guard let value: Int64 = json.integer() else { throw json.mismatch("an integer") }
        self = value
    }
}

extension Array: JSONReadable where Element: JSONReadable {
    /// Reads an array, all of it.
    public init(json: JSONReader) throws(JSONError) {
        self = []
        try json.forEachElement { (element) throws(JSONError) in append(try Element(json: element)) }
    }
}

extension Dictionary: JSONReadable where Key == String, Value: JSONReadable {
    /// Reads an object, all of it. Of a name that stands twice, the first holds.
    public init(json: JSONReader) throws(JSONError) {
        self = [:]
        try json.forEachMember { (name, value) throws(JSONError) in
            if self[name] == nil { self[name] = try Value(json: value) }
        }
    }
}

extension Optional: JSONReadable where Wrapped: JSONReadable {
    /// Reads a value, or null.
    public init(json: JSONReader) throws(JSONError) {
        self = json.isNull ? nil : try Wrapped(json: json)
    }
}

extension JSONReadable where Self: RawRepresentable<String> {
    /// Reads one of the values that there are.
    public init(json: JSONReader) throws(JSONError) {
        let text = try String(json: json)
        guard let value = Self(rawValue: text) else { throw json.invalid("unknown value: \(text.prefix(80))") }
        self = value
    }
}

extension JSONValue: JSONReadable {
    /// Reads any value.
    public init(json: JSONReader) throws(JSONError) {
        switch json.kind {
        case .null where json.isNull: self = .null
        case .bool: self = .bool(try Bool(json: json))
        case .string: self = .string(try String(json: json))
        case .array: self = .array(try [JSONValue](json: json))
        case .object: self = .object(try [String: JSONValue](json: json))
        case .number:
            if let integer: Int64 = json.integer() {
                self = .integer(integer)
            } else if let number = json.double {
                self = .number(number)
            } else {
                throw json.mismatch("a number that fits")
            }
        case .null, .other: throw json.mismatch("a value")
        }
    }
}
