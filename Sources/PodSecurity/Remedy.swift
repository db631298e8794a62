import KubernetesAPI

/// A field of a pod to set or to remove, so that the pod passes a check.
public struct Remedy: Sendable, Hashable {
    /// What of the pod the field belongs to: the name of a container or of a volume, or the field itself where it is the
    /// pod's own. It stays the same when others come before it in the list.
    public var subject: String
    /// The field below the pod or its template, such as `spec.containers[1].securityContext.privileged`.
    public var path: String
    /// What to set it to, such as `false`; `nil` to remove it.
    public var value: String?

    /// Setting `path` to `value`, or removing it; see the fields.
    public init(subject: String, path: String, value: String?) {
        self.subject = subject
        self.path = path
        self.value = value
    }

    /// Setting `path` to `value`.
    public static func set(_ path: String, _ value: String, of subject: String? = nil) -> Remedy {
        Remedy(subject: subject ?? path, path: path, value: value)
    }

    /// Removing `path`.
    public static func remove(_ path: String, of subject: String? = nil) -> Remedy {
        Remedy(subject: subject ?? path, path: path, value: nil)
    }
}

extension Remedy: CustomStringConvertible {
    /// Such as `spec.containers[1].securityContext.privileged: false`, or `remove spec.volumes[0].hostPath`.
    public var description: String { value.map { "\(path): \($0)" } ?? "remove \(path)" }
}
