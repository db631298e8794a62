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

    /// `hostPath.path`, if it is a directory or file of the node.
    public var hostPath: String?

    /// A volume from the given sources; from `emptyDir` if there are none, which is the API server's default.
    public init(name: String, sources: [String], hostPath: String? = nil) {
        self.name = name
        self.hostPath = hostPath
        self.sources = sources.isEmpty ? ["emptyDir"] : sources.sorted()
    }
}

extension Volume: Decodable {
    private struct HostPath: Decodable {
        var path: String?
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        let name = AnyCodingKey("name")
        self.init(
            name: try container.value(name, default: ""),
            sources: try container.allKeys.filter { try $0 != name && !container.decodeNil(forKey: $0) }
                .map(\.stringValue),
            hostPath: try container.decodeIfPresent(HostPath.self, forKey: AnyCodingKey("hostPath"))?.path
        )
    }
}
