/// The part of `v1.Volume` that says where its files come from.
///
/// Source: Kubernetes API reference, *Volume*.
public struct Volume: Sendable, Hashable {
    /// What containers mount it by.
    public var name: String
    /// The fields of `v1.VolumeSource` that are set, such as `hostPath`, in alphabetical order. A valid volume has one.
    ///
    /// Also fields that no release known here has: whoever judges must see them.
    public var sources: [String]

    /// A volume from the given sources; from `emptyDir` if there are none, which is the API server's default.
    public init(name: String, sources: [String]) {
        self.name = name
        self.sources = sources.isEmpty ? ["emptyDir"] : sources.sorted()
    }
}

extension Volume: Decodable {
    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        let name = AnyCodingKey("name")
        self.init(
            name: try container.value(name, default: ""),
            sources: try container.allKeys.filter { try $0 != name && !container.decodeNil(forKey: $0) }
                .map(\.stringValue)
        )
    }
}
