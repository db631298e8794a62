/// What the API server would say against a pod because of the namespace's LimitRanges, or might.
public struct LimitRefusal: Sendable, Hashable {
    /// How sure it is; the surer is the greater.
    public enum Kind: Int, Sendable, Hashable, Comparable, CaseIterable {
        /// Two LimitRanges set different defaults, and which one a container gets is undefined. The pod is admitted with
        /// either.
        case undefinedDefault
        /// The same, but with one of them the pod is refused.
        case possible
        /// The pod is refused.
        case certain

        /// By how sure it is.
        public static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    /// How sure it is.
    public var kind: Kind
    /// The resource that it is about, such as `memory`.
    public var resource: String
    /// Where the container stands below the template, such as `spec.containers[0]`; `spec` for the pod as a whole.
    public var path: String
    /// The container's name; `nil` for the pod as a whole.
    public var container: String?
    /// What is wrong, such as `container "app": its memory request 2Gi is above the default limit 1Gi of LimitRange x`.
    public var message: String
    /// What to set in the template so that the pod is admitted, each such as
    /// `spec.containers[0].resources.limits.memory: 2Gi`, below the template. Without an amount where any within the
    /// bounds would do; empty where none would, since the LimitRanges contradict each other.
    public var remedies: [String]
}
