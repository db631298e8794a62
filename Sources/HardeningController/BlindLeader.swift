/// A replica that leads, and cannot begin: it ends, since another may see what it does not.
public struct BlindLeader: Error, Sendable, CustomStringConvertible {
    /// What could not be listed.
    public let missing: [String]

    /// What could not be listed, and what follows.
    public var description: String {
        "cannot list \(missing.joined(separator: ", ")): ending, so that another replica may lead"
    }
}
