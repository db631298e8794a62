import KubernetesAPI

/// Everything that belongs to one workload: what stands at the top of the ownership chain, and its live pods.
///
/// People know the Deployment that they wrote, not the twelve pods that came of it.
public struct WorkloadGroup: Sendable {
    /// What stands at the top.
    public struct Identity: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// Its kind, such as `Deployment`; whatever the owner reference says, also of kinds unknown here.
        public var kind: String
        /// Its name.
        public var name: String
        /// Its API group.
        public var group: String
        /// Its uid; empty where it is not known.
        public var uid: String

        /// By kind, then by name.
        public static func < (left: Identity, right: Identity) -> Bool {
            (left.kind, left.name, left.group, left.uid) < (right.kind, right.name, right.group, right.uid)
        }

        /// Such as `Deployment/web`.
        public var description: String { "\(kind)/\(name)" }
    }

    /// What stands at the top.
    public var identity: Identity
    /// Its own object, if that is one that is observed.
    public var top: ObservedWorkload?
    /// Objects whose templates pods will be made from: the top, or what a controller of a foreign kind has made.
    public var templates: [ObservedWorkload]
    /// Its live pods, by name.
    public var pods: [ObservedWorkload]
    /// What the API server said when it refused its pods, if it did.
    public var refusal: String?

    /// The labels by which exemptions know it.
    public var labels: [String: String] { top?.labels ?? templates.first?.labels ?? pods.first?.labels ?? [:] }

    /// What pods are now, and what they will be made of next.
    public var members: [ObservedWorkload] { templates + pods.filter { $0.uid != top?.uid } }

    /// How much the group weighs, such as `12 pods`; `nil` for a bare pod.
    public var size: String? {
        if identity.kind == "Pod" { return nil }
        return pods.count == 1 ? "1 pod" : "\(pods.count) pods"
    }
}

extension WorkloadGroup: CustomStringConvertible {
    /// Such as `Deployment/web (12 pods)`.
    public var description: String { size.map { "\(identity) (\($0))" } ?? "\(identity)" }
}

extension WorkloadGroup {
    /// The groups of a namespace's workloads, by identity. Finished and mirrored ones are left out, and so are replica
    /// sets that a deployment keeps for going back.
    public static func groups(_ workloads: [ObservedWorkload]) -> [WorkloadGroup] {
        let byUID = Dictionary(workloads.map { ($0.uid, $0) }, uniquingKeysWith: { $1 })
        var groups: [Identity: WorkloadGroup] = [:]
        for workload in workloads {
            let identity = top(of: workload, byUID)
            let isTop = identity.uid == workload.uid
            // A cron job's or deployment's object counts whatever its status says of earlier runs.
            if workload.isOver { continue }
            var group =
                groups[identity]
                ?? WorkloadGroup(identity: identity, top: nil, templates: [], pods: [])
            if isTop { group.top = workload }
            group.refusal = group.refusal ?? workload.refusal
            if workload.kind == "Pod" {
                group.pods.append(workload)
                // A pod by itself is its own template.
                if isTop { group.templates.append(workload) }
            } else if isTop {
                group.templates.append(workload)
            } else if byUID[identity.uid] == nil, workload.replicas != 0 {
                // What made it is of a kind that cannot be looked into.
                group.templates.append(workload)
            }
            groups[identity] = group
        }
        return groups.values.filter { !$0.templates.isEmpty || !$0.pods.isEmpty }.map { group in
            var group = group
            group.pods.sort { $0.name < $1.name }
            group.templates.sort { ($0.kind, $0.name) < ($1.kind, $1.name) }
            return group
        }.sorted { $0.identity < $1.identity }
    }

    // Follows those who manage it as far as they are known, and one step further by reference.
    private static func top(of workload: ObservedWorkload, _ byUID: [String: ObservedWorkload]) -> Identity {
        var current = workload
        // Longer chains do not exist; a circle of references could be made by hand.
        for _ in 0..<8 {
            guard let owner = current.controller else { break }
            guard let next = byUID[owner.uid], next.uid != current.uid else {
                return Identity(kind: owner.kind, name: owner.name, group: owner.group, uid: owner.uid)
            }
            current = next
        }
        return Identity(kind: current.kind, name: current.name, group: current.group, uid: current.uid)
    }
}
