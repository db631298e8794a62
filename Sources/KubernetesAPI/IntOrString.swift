/// `intstr.IntOrString`: a port by number or by name.
public enum IntOrString: Sendable, Hashable {
    /// A number.
    case int(Int64)
    /// A name.
    case string(String)
}

extension IntOrString: Codable {
    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    /// Writes the API's form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .int(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        }
    }
}

extension IntOrString: CustomStringConvertible {
    /// The number in decimal digits, or the name.
    public var description: String {
        switch self {
        case .int(let value): String(value)
        case .string(let value): value
        }
    }
}

extension IntOrString: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        if let value = try? Int64(json: json) {
            self = .int(value)
        } else {
            self = .string(try String(json: json))
        }
    }
}
