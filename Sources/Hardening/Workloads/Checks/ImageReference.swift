/// An image's name taken apart, as container runtimes do: `[REGISTRY/]PATH[:TAG][@DIGEST]`.
///
/// Source: `github.com/distribution/reference`; the first part is a registry if it has a dot or a colon, or is
/// `localhost`. Otherwise the registry is `docker.io`, and there a single part is below `library`.
struct ImageReference: Hashable {
    /// The name as it is written, without tag and digest.
    var name: String
    /// Such as `docker.io`.
    var registry: String
    /// Such as `library/nginx`.
    var path: String
    var tag: String?
    var digest: String?

    init(_ text: String) {
        var rest = text[...]
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
        }
        // A colon before the last slash is of the registry's port.
        let last = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
        if let colon = rest[last...].firstIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        name = String(rest)
        if let slash = rest.firstIndex(of: "/"), Self.isRegistry(rest[..<slash]) {
            registry = rest[..<slash].lowercased()
            path = String(rest[rest.index(after: slash)...])
        } else {
            registry = "docker.io"
            path = String(rest)
        }
        // Docker's own older name for it.
        if registry == "index.docker.io" { registry = "docker.io" }
        if registry == "docker.io", !path.contains("/") { path = "library/" + path }
    }

    private static func isRegistry(_ part: Substring) -> Bool {
        part == "localhost" || part.contains(".") || part.contains(":") || part.contains(where: \.isUppercase)
    }
}
