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

extension Volume: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        var sources: [String] = []
        try json.forEachMember { (name, value) throws(JSONError) in
            if name != "name", !value.isNull { sources.append(name) }
        }
        self.init(
            name: try json.value("name") ?? "",
            sources: sources,
            hostPath: try json.member("hostPath")?.value("path")
        )
    }
}
