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

    /// Whether this policy permits no more than `other`: its level is no lower, and its version not older.
    ///
    /// Later versions add checks, also to lower levels: restricted of an old version lets through what baseline of a later
    /// one refuses. The few relaxations (user namespaces from v1.35 on) come with stronger isolation, so the later version
    /// counts as at least as strict. Where nothing is asked for, the version means nothing.
    public func isAtLeastAsStrict(as other: Policy) -> Bool {
        other.level == .privileged || (level >= other.level && version >= other.version)
    }

    /// The policy that permits no more than either: the stricter level in the later version.
    public func joined(with other: Policy) -> Policy {
        Policy(level: max(level, other.level), version: max(version, other.version))
    }
}

extension Policy: CustomStringConvertible {
    /// Such as `restricted:v1.36`.
    public var description: String { "\(level.rawValue):\(version)" }
}
