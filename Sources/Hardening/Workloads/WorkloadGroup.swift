import KubernetesAPI
import PrintableText

/// Everything that belongs to one workload: what stands at the top of the ownership chain, and its live pods.
///
/// People know the Deployment that they wrote, not the twelve pods that came of it.
public struct WorkloadGroup: Sendable, Hashable {
    /// What stands at the top.
    public struct Identity: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// Its kind, such as `Deployment`; whatever the owner reference says, also of kinds unknown here.
        public var kind: String
        /// Its name.
        public var name: String
        /// Its API group.
        public var group: String
        /// Its uid; empty where it is not known.
        public var uid: UID

        /// By kind, then by name.
        public static func < (left: Identity, right: Identity) -> Bool {
            (left.kind, left.name, left.group, left.uid) < (right.kind, right.name, right.group, right.uid)
        }

        /// Such as `Deployment/web`, printable: of the owner that an object names, the API server checks neither kind nor
        /// name.
        public var description: String { "\(kind)/\(name)".printable(upTo: Finding.workloadLimit) }
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
    public var members: Members { Members(templates: templates, pods: pods, top: top?.uid) }

    /// Templates, and then the pods that are not their own. A sequence, since lists are looked through more often than they are
    /// wanted.
    public struct Members: Sequence, IteratorProtocol {
        private var templates: IndexingIterator<[ObservedWorkload]>
        private var pods: IndexingIterator<[ObservedWorkload]>
        private let top: UID?

        fileprivate init(templates: [ObservedWorkload], pods: [ObservedWorkload], top: UID?) {
            self.templates = templates.makeIterator()
            self.pods = pods.makeIterator()
            self.top = top
        }

        /// The next one.
        public mutating func next() -> ObservedWorkload? {
            if let template = templates.next() { return template }
            while let pod = pods.next() {
                if pod.uid != top { return pod }
            }
            return nil
        }
    }

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
    /// The groups of a namespace's workloads, by identity, whatever the order of `workloads`.
    ///
    /// Finished and mirrored ones are left out, and so are templates that a controller has made of its own: the replica
    /// sets of a deployment, the jobs of a cron job. Those that a controller of a foreign kind has made count, since it
    /// cannot be looked into; but of its replica sets only those that are in use.
    public static func groups(_ workloads: [ObservedWorkload]) -> [WorkloadGroup] {
        // What was read from a file has no uid.
        let byUID = Dictionary(
            workloads.lazy.filter { !$0.uid.isEmpty }.map { ($0.uid, $0) },
            uniquingKeysWith: { $1 }
        )
        var groups: [Identity: WorkloadGroup] = [:]
        for workload in workloads where !workload.isOver {
            let (identity, isTop) = top(of: workload, byUID)
            // In place: a copy of a group, with all that is in it, would be made for each workload.
            groups[identity, default: WorkloadGroup(identity: identity, top: nil, templates: [], pods: [])]
                .add(workload, isTop: isTop, isMade: !isTop && isMade(workload, byUID))
        }
        return groups.values.filter { !$0.templates.isEmpty || !$0.pods.isEmpty }.map { group in
            var group = group
            group.pods.sort(by: ObservedWorkload.isBefore)
            group.templates.sort { $0.kind != $1.kind ? $0.kind < $1.kind : ObservedWorkload.isBefore($0, $1) }
            return group
        }.sorted { $0.identity < $1.identity }
    }

    private mutating func add(_ workload: ObservedWorkload, isTop: Bool, isMade: Bool) {
        if isTop { top = workload }
        // Which of several comes first must not depend on their order.
        if let other = workload.refusal { refusal = min(refusal ?? other, other) }
        if workload.kind == "Pod" {
            pods.append(workload)
            // A pod by itself is its own template.
            if isTop { templates.append(workload) }
        } else if !isMade {
            templates.append(workload)
        }
    }

    // Whether a template is not one of its own: its controller's says the same, or will say something else soon. Anyone
    // may write an owner reference, so only what controllers really do counts.
    private static func isMade(_ workload: ObservedWorkload, _ byUID: [UID: ObservedWorkload]) -> Bool {
        guard let owner = workload.controller else { return false }
        let maker = byUID[owner.uid].map { ($0.kind, $0.group) } ?? ("", "")
        switch (workload.kind, maker) {
        case ("ReplicaSet", ("Deployment", "apps")), ("Job", ("CronJob", "batch")): return true
        case ("ReplicaSet", _): return workload.replicas == 0
        default: return false
        }
    }

    // Follows those who manage it as far as they are known, and one step further by reference.
    private static func top(
        of workload: ObservedWorkload,
        _ byUID: [UID: ObservedWorkload]
    ) -> (identity: Identity, isItself: Bool) {
        var current = workload
        // A circle of references can be made by hand.
        var seen: [UID] = []
        while let owner = current.controller {
            guard let next = byUID[owner.uid] else {
                return (Identity(kind: owner.kind, name: owner.name, group: owner.group, uid: owner.uid), false)
            }
            if next.uid == workload.uid || seen.contains(next.uid) { break }
            seen.append(next.uid)
            current = next
        }
        let identity = Identity(kind: current.kind, name: current.name, group: current.group, uid: current.uid)
        return (identity, current.uid == workload.uid)
    }
}
