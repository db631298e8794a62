/// A coding key of any name, for objects whose keys are data.
public struct AnyCodingKey: CodingKey, Hashable, Sendable {
    /// The key.
    public var stringValue: String
    /// Never: keys of objects are names.
    public var intValue: Int? { nil }

    /// The key of this name.
    public init(_ name: String) {
        stringValue = name
    }

    /// The key of this name.
    public init?(stringValue: String) {
        self.init(stringValue)
    }

    /// None: keys of objects are names.
    public init?(intValue: Int) {
        nil
    }
}
