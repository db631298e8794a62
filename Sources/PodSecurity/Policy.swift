/// A level in a version: what one of a namespace's three modes asks of its pods.
public struct Policy: Sendable, Hashable {
    /// How strict.
    public var level: Level
    /// By which version of the standards.
    public var version: Version

    /// The policy of `level` as of `version`.
    public init(level: Level, version: Version) {
        self.level = level
        self.version = version
    }

    /// Whether this policy permits no more than `other`: a greater level, or the same in a version that is not older.
    ///
    /// Later versions of a level add checks; the few relaxations (user namespaces from v1.35 on) come with stronger
    /// isolation, so the later version counts as at least as strict.
    public func isAtLeastAsStrict(as other: Policy) -> Bool {
        level > other.level || (level == other.level && version >= other.version)
    }
}

extension Policy: CustomStringConvertible {
    /// Such as `restricted:v1.36`.
    public var description: String { "\(level.rawValue):\(version)" }
}
