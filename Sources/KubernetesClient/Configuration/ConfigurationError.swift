import PrintableText

/// Why the client could not be configured, or could not obtain its credentials.
///
/// The message says which file and field, what was expected and what to do. It holds no secret: it never quotes the
/// value of a token, password, key or environment variable.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One printable line of at most 2,000 Unicode scalars.
    public let message: String

    /// An error with this message, made printable and cut: what another program printed ends up here, and must not be
    /// able to forge lines or colour a terminal.
    public init(_ message: String) {
        self.message = message.printable(upTo: 2_000)
    }

    /// The message.
    public var description: String { message }
}

extension ConfigurationError {
    /// The error of a name that is not there: says which names are, at most ten of them.
    static func unknown(_ kind: String, _ name: String, among names: some Sequence<String>, in place: String) -> Self {
        Self("\(place): there is no \(kind) \"\(name)\"; there are: \(listing(names))")
    }

    /// Names in order, quoted; beyond ten only how many more.
    static func listing(_ names: some Sequence<String>) -> String {
        let sorted = names.sorted()
        guard !sorted.isEmpty else { return "none" }
        let shown = sorted.prefix(10).map { "\"\($0)\"" }.joined(separator: ", ")
        return sorted.count > 10 ? "\(shown) and \(sorted.count - 10) more" : shown
    }
}
