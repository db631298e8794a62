import KubernetesAPI

/// What is kept of an object that makes pods, or of a pod.
///
/// There are as many as pods: what those of one owner have in common is kept once, see ``Common``, and of each only its
/// uid and what its name has beyond its owner's.
public struct ObservedWorkload: Sendable, Hashable {
    /// What manages an object.
    public struct Controller: Sendable, Hashable {
        /// Its kind; whatever the owner reference says.
        public var kind: String
        /// Its API group, empty for the core group.
        public var group: String
        /// Its name.
        public var name: String
        /// Tells it apart from another that bears its name later.
        public var uid: UID
    }

    /// All that is kept of an object but who it is: the pods of one owner differ in nothing of it, as long as none is
    /// over.
    public struct Common: Sendable, Hashable {
        fileprivate var kind: String
        fileprivate var group: String
        fileprivate var controller: Controller?
        // Whether its name begins with the controller's, and a hyphen.
        fileprivate var isNamedAfterController: Bool
        fileprivate var labels: [String: String]
        // Keys of labels that repeat the object's name, and what its name has beyond its controller's.
        fileprivate var nameLabels: Set<String>
        fileprivate var suffixLabels: Set<String>
        // Of its template; `nil` where they are its own.
        fileprivate var podLabels: [String: String]?
        fileprivate var selector: LabelSelector?
        fileprivate var replicas: Int64?
        fileprivate var isOver: Bool
        fileprivate var facts: PodFacts?
        fileprivate var templatePrefix: String
        fileprivate var refusal: String?
    }

    private let common: Shared<Common>
    // Without the controller's name and the hyphen, where it begins with them.
    private let ownName: String
    // 0 for none, in half the room.
    private let digest: Int
    // Last, since a store packs what it keeps beside a value into what this leaves of its word.
    /// Tells it apart from another that bears its name later.
    public var uid: UID

    /// Of the object that it was made of; no part of what is kept of that.
    public var contentDigest: Int? { digest == 0 ? nil : digest }

    /// The same object, and the same is kept of it.
    public static func == (left: ObservedWorkload, right: ObservedWorkload) -> Bool {
        left.uid == right.uid && left.ownName == right.ownName && left.common == right.common
    }

    /// Hashes what is kept.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(common)
        hasher.combine(ownName)
        hasher.combine(uid)
    }

    /// Its kind.
    public var kind: String { common.value.kind }
    /// Its API group, empty for the core group.
    public var group: String { common.value.group }
    /// Its name.
    public var name: String {
        guard common.value.isNamedAfterController, let controller else { return ownName }
        return "\(controller.name)-\(ownName)"
    }
    /// What manages it.
    public var controller: Controller? { common.value.controller }
    /// Its own labels.
    public var labels: [String: String] {
        let common = common.value
        if common.nameLabels.isEmpty, common.suffixLabels.isEmpty { return common.labels }
        var labels = common.labels
        for key in common.nameLabels { labels[key] = name }
        for key in common.suffixLabels { labels[key] = ownName }
        return labels
    }
    /// The labels of its pods; of a pod, its own.
    public var podLabels: [String: String] { common.value.podLabels ?? labels }
    /// Which pods are its own; `nil` for pods and where the server chooses.
    public var selector: LabelSelector? { common.value.selector }
    /// How many pods are wanted, for kinds that say so.
    public var replicas: Int64? { common.value.replicas }
    /// Whether it does not count any more, or never did: finished, on its way out, or a pod that merely mirrors one of
    /// the kubelet's own.
    public var isOver: Bool { common.value.isOver }
    /// What is kept of its pods' spec; `nil` without a template.
    public var facts: PodFacts? { common.value.facts }
    /// Where the template stands in the object, such as `spec.template.`, for wording; empty for pods.
    public var templatePrefix: String { common.value.templatePrefix }
    /// What the API server said when it refused to admit pods by the Pod Security Standards, as the object's status has
    /// it.
    public var refusal: String? { common.value.refusal }

    /// The kubelet's mark on pods that it shows only.
    static let mirrorAnnotation = "kubernetes.io/config.mirror"

    /// What is kept of `object`, whose template comes to `facts`.
    ///
    /// - Parameter sharing: gives back the copy that others have, too.
    public init<Kind>(
        _ object: Workload<Kind>,
        facts: PodFacts?,
        sharing: (Shared<Common>) -> Shared<Common> = { $0 }
    ) {
        let name = object.metadata.name
        let controller = object.metadata.controller.map {
            Controller(kind: $0.kind, group: $0.group, name: $0.name, uid: UID($0.uid))
        }
        let suffix = controller.flatMap { name.suffix(after: $0.name) }
        ownName = suffix ?? name
        uid = UID(object.metadata.uid)
        digest = object.contentDigest ?? 0
        var common = Common(object, facts: facts, controller: controller)
        if let suffix {
            // StatefulSets label their pods so.
            common.isNamedAfterController = true
            common.nameLabels = Set(common.labels.filter { $0.value == name }.keys)
            common.suffixLabels = Set(common.labels.filter { $0.value == suffix }.keys)
            let repeating = common.nameLabels.union(common.suffixLabels)
            if !repeating.isEmpty { common.labels = common.labels.filter { !repeating.contains($0.key) } }
        }
        self.common = sharing(Shared(common))
    }

    /// By name, then by uid.
    static func isBefore(_ left: ObservedWorkload, _ right: ObservedWorkload) -> Bool {
        // Of one controller: neither name need be put together.
        if left.common === right.common { return (left.ownName, left.uid) < (right.ownName, right.uid) }
        return (left.name, left.uid) < (right.name, right.uid)
    }
}

extension ObservedWorkload.Common {
    fileprivate init<Kind>(_ object: Workload<Kind>, facts: PodFacts?, controller: ObservedWorkload.Controller?) {
        let isPod = Kind.templatePath.isEmpty
        kind = Kind.resource.kind
        group = Kind.resource.group
        self.controller = controller
        isNamedAfterController = false
        labels = object.metadata.labels
        nameLabels = []
        suffixLabels = []
        let ofTemplate = object.template?.labels ?? [:]
        podLabels = isPod || ofTemplate == labels ? nil : ofTemplate
        selector = isPod ? nil : object.spec.selector
        replicas = isPod ? nil : object.spec.replicas
        let isFinished =
            isPod
            ? object.status.phase == "Succeeded" || object.status.phase == "Failed"
            : object.status.holds("Complete") || object.status.holds("Failed")
        isOver =
            isFinished || object.metadata.deletionTimestamp != nil
            || (isPod && object.metadata.annotations[ObservedWorkload.mirrorAnnotation] != nil)
        self.facts = facts
        templatePrefix = Kind.templatePath.map { $0 + "." }.joined()
        refusal =
            (object.status.conditions ?? []).first { condition in
                condition.type == "ReplicaFailure" && condition.status == "True"
                    && condition.message?.contains("violates PodSecurity") == true
            }?.message
    }
}

extension ObservedWorkload.Common {
    /// The same, with `labels` of its labels, which are to be equal: one copy of what it says several times.
    public func mappingLabels(_ labels: ([String: String]) -> [String: String]) -> Self {
        var common = self
        common.labels = labels(self.labels)
        let ofPods = common.podLabels.map(labels) ?? common.labels
        if common.podLabels != nil { common.podLabels = ofPods }
        if let selected = selector?.matchLabels {
            common.selector?.matchLabels = selected == ofPods ? ofPods : labels(selected)
        }
        return common
    }
}

extension String {
    // What it has beyond `name` and a hyphen, if that is little.
    fileprivate func suffix(after name: String) -> String? {
        let start = name.utf8.count + 1
        guard utf8.count > start, utf8.count - start <= 15, hasPrefix(name + "-") else { return nil }
        return String(decoding: utf8.dropFirst(start), as: UTF8.self)
    }
}
