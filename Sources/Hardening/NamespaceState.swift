import KubernetesAPI

/// What the operator must remember of a namespace, written down on the namespace itself so that it outlives restarts.
struct NamespaceState: Hashable {
    /// The controls that are in force, and how far each reaches: see ``Control/extent(_:)``.
    var inForce: [ControlName: String] = [:]
    /// Since when nothing has violated the Pod Security policy that is to be enforced.
    var cleanSince: CleanSince?
    /// To whom that applies: see ``CompiledProfile/stamp(of:)``.
    var stamp: String?

    /// The annotations that say so.
    var annotations: [String: String] {
        var annotations: [String: String] = [:]
        if !inForce.isEmpty {
            annotations[Marks.inForceAnnotation] =
                inForce.sorted { $0.key < $1.key }.map { "\($0.key.rawValue)=\($0.value)" }.joined(separator: ",")
        }
        annotations[Marks.cleanSinceAnnotation] = cleanSince?.description
        if !annotations.isEmpty { annotations[Marks.stateOfAnnotation] = stamp }
        return annotations
    }

    /// Reads the annotation of what is in force; what is not understood, since somebody broke it, is as good as absent.
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

/// Since when nothing that runs in a namespace has violated a policy: what was seen of one says nothing of a stricter one.
public struct CleanSince: Sendable, Hashable, CustomStringConvertible {
    /// Since when.
    public var time: Timestamp
    /// What, such as `baseline:v1.34`.
    public var policy: String

    /// Nothing has violated `policy` since `time`.
    public init(_ policy: String, since time: Timestamp) {
        self.policy = policy
        self.time = time
    }

    /// Reads ``description``; `nil` for anything else.
    public init?(_ annotation: String) {
        let parts = annotation.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, let time = Timestamp(parts[0]) else { return nil }
        self.init(String(parts[1]), since: time)
    }

    /// As the annotation has it, such as `2026-11-21T09:30:00Z baseline:v1.34`.
    public var description: String { "\(time) \(policy)" }
}
