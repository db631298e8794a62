/// A JSON text, or a value in it, that is not what was expected.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Where, such as `spec.containers[1].image` or `metadata.annotations[a.b/c]`; empty for the whole.
    public var path: String
    /// What is wrong there.
    public var message: String

    /// An error at `path`.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// The place, and what is wrong there.
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}
