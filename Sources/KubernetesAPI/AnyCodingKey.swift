/// A coding key of any name, for objects whose keys are data.
public struct AnyCodingKey: CodingKey, Hashable, Sendable {
    public var stringValue: String
    public var intValue: Int? { nil }

    /// The key of this name.
    public init(_ name: String) {
        stringValue = name
    }

    public init?(stringValue: String) {
        self.init(stringValue)
    }

    public init?(intValue: Int) {
        nil
    }
}
