/// A level of the Pod Security Standards; a greater one permits less.
///
/// Source: Kubernetes documentation, *Pod Security Standards*, "Profile Details".
public enum Level: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Unrestricted.
    case privileged
    /// Prevents known privilege escalations.
    case baseline
    /// Current best practice for hardening pods.
    case restricted

    /// A level is less than one that permits less.
    public static func < (left: Level, right: Level) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .privileged: 0
        case .baseline: 1
        case .restricted: 2
        }
    }
}
