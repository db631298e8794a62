import KubernetesAPI

/// What the operator must remember of a namespace, written down on the namespace itself so that it outlives restarts.
struct NamespaceState: Hashable {
    /// The controls that are in force, and how far each reaches: see ``Control/extent(_:)``.
    var inForce: [ControlName: String] = [:]
    /// Since when nothing has violated the Pod Security level that is to be enforced.
    var cleanSince: Timestamp?

    /// The annotations that say so.
    var annotations: [String: String] {
        var annotations: [String: String] = [:]
        if !inForce.isEmpty {
            annotations[Marks.inForceAnnotation] =
                inForce.sorted { $0.key < $1.key }.map { "\($0.key.rawValue)=\($0.value)" }.joined(separator: ",")
        }
        annotations[Marks.cleanSinceAnnotation] = cleanSince?.description
        return annotations
    }

    /// Reads the annotation; what is not understood, since somebody broke it, is as good as absent.
    static func controls(_ annotation: String?) -> [ControlName: String] {
        var controls: [ControlName: String] = [:]
        for entry in (annotation ?? "").split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let name = ControlName(rawValue: String(parts[0])) else { continue }
            controls[name] = String(parts[1])
        }
        return controls
    }
}
