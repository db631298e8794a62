import YAMLNodes

/// The entries of one kubeconfig file, or of several merged.
///
/// An entry is decoded when a context refers to it, so that a broken one that nobody uses does no harm; kubectl would
/// refuse the whole file. Rule: `kubectl config` documentation and client-go `tools/clientcmd/api/v1`.
struct Kubeconfig {
    /// What `current-context` says; `nil` when it is absent or empty.
    var currentContext: String?
    /// `clusters[].cluster` by name.
    var clusters: [String: YAMLField] = [:]
    /// `users[].user` by name.
    var users: [String: YAMLField] = [:]
    /// `contexts[].context` by name.
    var contexts: [String: YAMLField] = [:]
    /// The files it was read from, in order.
    var files: [String] = []

    /// Larger than any real one, small enough to read at once.
    static let sizeLimit = 8 << 20

    /// Whether nothing stands in it; then other sources of configuration come into question.
    var isEmpty: Bool {
        currentContext == nil && clusters.isEmpty && users.isEmpty && contexts.isEmpty
    }

    /// Reads the file at `path`; `nil` when there is none.
    ///
    /// - Throws: `ConfigurationError` when it cannot be read, is no YAML or JSON, or is not laid out as a kubeconfig.
    static func read(_ path: String) throws(ConfigurationError) -> Kubeconfig? {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.contents(of: path, limit: sizeLimit)
        } catch {
            if error.isMissing { return nil }
            throw ConfigurationError("\(path): cannot be read: \(error)")
        }
        return try Kubeconfig(parsing: bytes, file: path)
    }

    /// A configuration with nothing in it: what merging starts from.
    init() {}

    /// The entries in `bytes`; `file` is for messages and for what relative paths mean.
    init(parsing bytes: [UInt8], file: String) throws(ConfigurationError) {
        files = [file]
        guard let document = try YAMLField.document(bytes, file: file) else { return }
        if let kind = try document.string("kind"), kind != "Config" {
            throw document.error("kind: expected \"Config\", found \"\(kind.prefix(40))\"; this is no kubeconfig")
        }
        currentContext = try document.string("current-context")
        clusters = try Self.entries(document, list: "clusters", member: "cluster")
        users = try Self.entries(document, list: "users", member: "user")
        contexts = try Self.entries(document, list: "contexts", member: "context")
    }

    private static func entries(
        _ document: YAMLField,
        list: String,
        member: String
    ) throws(ConfigurationError) -> [String: YAMLField] {
        var entries: [String: YAMLField] = [:]
        for element in try document.list(list) {
            guard let name = try element.string("name") else {
                throw element.error("expected a name")
            }
            let place = "\(list)[name=\(name)]"
            // An entry without content is one whose every field is absent, as Go's decoder has it.
            let value =
                try element.member(member)
                ?? YAMLField(
                    node: YAMLNode(content: .mapping([]), line: element.node.line),
                    file: element.file,
                    path: ""
                )
            guard entries.updateValue(value.renamed("\(place).\(member)"), forKey: name) == nil else {
                throw document.error("\(place): the name stands there twice; remove one")
            }
        }
        return entries
    }
}
