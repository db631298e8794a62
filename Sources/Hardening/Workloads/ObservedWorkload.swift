import KubernetesAPI

/// What is kept of an object that makes pods, or of a pod.
public struct ObservedWorkload: Sendable, Hashable {
    /// Its kind.
    public var kind: String
    /// Its API group, empty for the core group.
    public var group: String
    /// Its name.
    public var name: String
    /// Tells it apart from another that bears its name later.
    public var uid: String
    /// What manages it.
    public var controller: OwnerReference?
    /// Its own labels.
    public var labels: [String: String]
    /// The labels of its pods; of a pod, its own.
    public var podLabels: [String: String]
    /// Which pods are its own; `nil` for pods and where the server chooses.
    public var selector: LabelSelector?
    /// How many pods are wanted, for kinds that say so.
    public var replicas: Int64?
    /// Whether it does not count any more, or never did: finished, on its way out, or a pod that merely mirrors one of
    /// the kubelet's own.
    public var isOver: Bool
    /// What is kept of its pods' spec; `nil` without a template.
    public var facts: PodFacts?
    /// Where the template stands in the object, such as `spec.template.`, for wording; empty for pods.
    public var templatePrefix: String
    /// What the API server said when it refused to admit pods by the Pod Security Standards, as the object's status has
    /// it.
    public var refusal: String?

    /// The kubelet's mark on pods that it shows only.
    static let mirrorAnnotation = "kubernetes.io/config.mirror"

    /// What is kept of `object`, whose template comes to `facts`.
    public init<Kind>(_ object: Workload<Kind>, facts: PodFacts?) {
        let isPod = Kind.templatePath.isEmpty
        kind = Kind.resource.kind
        group = Kind.resource.group
        name = object.metadata.name
        uid = object.metadata.uid
        controller = object.metadata.controller
        labels = object.metadata.labels
        podLabels = isPod ? object.metadata.labels : object.template?.labels ?? [:]
        selector = isPod ? nil : object.spec.selector
        replicas = isPod ? nil : object.spec.replicas
        let isFinished =
            isPod
            ? object.status.phase == "Succeeded" || object.status.phase == "Failed"
            : object.status.holds("Complete") || object.status.holds("Failed")
        isOver =
            isFinished || object.metadata.deletionTimestamp != nil
            || (isPod && object.metadata.annotations[Self.mirrorAnnotation] != nil)
        self.facts = facts
        templatePrefix = Kind.templatePath.map { $0 + "." }.joined()
        refusal =
            (object.status.conditions ?? []).first { condition in
                condition.type == "ReplicaFailure" && condition.status == "True"
                    && condition.message?.contains("violates PodSecurity") == true
            }?.message
    }
}
