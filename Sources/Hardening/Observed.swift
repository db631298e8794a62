import KubernetesAPI

/// What is kept of a namespace.
public struct ObservedNamespace: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Tells it apart from another that bears its name later.
    public var uid: String
    /// The version that was observed: what a restoring patch is bound to.
    public var resourceVersion: ResourceVersion
    /// All its labels: selectors may ask for any.
    public var labels: [String: String]
    /// Whether it is on its way out and takes nothing new.
    public var isTerminating: Bool
    /// Whether the operator has applied anything to it.
    public var isMarked: Bool
    /// Keys of labels that are the operator's by the server's own record.
    public var ownedLabels: Set<String>
    /// Of these, the ones that somebody else set to the same value, and owns as well.
    public var sharedLabels: Set<String>
    /// ``Marks/previousAnnotation``, as it stands there.
    public var previous: String?
    /// The controls that are in force, and how far, as the operator wrote it down.
    public var inForce: [ControlName: String]
    /// Since when nothing has violated the Pod Security policy that is to be enforced, as the operator wrote it down.
    public var cleanSince: CleanSince?

    /// To whom these two apply, as the operator wrote it down.
    public var stateOf: String?

    /// What is kept of `namespace`.
    public init(_ namespace: Namespace) {
        let applied = namespace.metadata.fieldsApplied(by: Marks.fieldManager)
        name = namespace.metadata.name
        uid = namespace.metadata.uid
        resourceVersion = namespace.metadata.resourceVersion
        labels = namespace.metadata.labels
        isTerminating = namespace.isTerminating
        isMarked = applied != nil
        ownedLabels = applied?.labels ?? []
        sharedLabels =
            applied?.labels.intersection(
                namespace.metadata.fieldsOwned(besides: Marks.fieldManager).labels
            ) ?? []
        let annotations = namespace.metadata.annotations
        previous = annotations[Marks.previousAnnotation]
        inForce = NamespaceState.controls(annotations[Marks.inForceAnnotation])
        cleanSince = annotations[Marks.cleanSinceAnnotation].flatMap { CleanSince($0) }
        stateOf = annotations[Marks.stateOfAnnotation]
    }

    /// The profile that enforces here, by the label.
    public var profile: String? { labels[Marks.profileLabel] }

    /// The operator's annotations.
    var annotations: [String: String] {
        var annotations = NamespaceState(inForce: inForce, cleanSince: cleanSince).annotations
        annotations[Marks.stateOfAnnotation] = stateOf
        annotations[Marks.previousAnnotation] = previous
        return annotations
    }
}

/// What is kept of a service account.
public struct ObservedServiceAccount: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Tells it apart from another that bears its name later.
    public var uid: String
    /// The version that was observed: what a restoring patch is bound to.
    public var resourceVersion: ResourceVersion
    /// When it came to be.
    public var created: Timestamp?
    /// `automountServiceAccountToken`.
    public var automount: Bool?
    /// Whether the operator has applied anything to it.
    public var isMarked: Bool
    /// Whether `automount` is the operator's by the server's own record.
    public var ownsAutomount: Bool
    /// Whether somebody else set it to the same value, and owns it as well.
    public var sharesAutomount: Bool
    /// The profile that the operator wrote it for.
    public var profile: String?
    /// ``Marks/previousAnnotation``, as it stands there.
    public var previous: String?

    /// What is kept of `account`.
    public init(_ account: ServiceAccount) {
        let applied = account.metadata.fieldsApplied(by: Marks.fieldManager)
        name = account.metadata.name
        uid = account.metadata.uid
        resourceVersion = account.metadata.resourceVersion
        created = account.metadata.creationTimestamp
        automount = account.automountServiceAccountToken
        isMarked = applied != nil
        let field = "automountServiceAccountToken"
        ownsAutomount = applied?.topLevel.contains(field) ?? false
        sharesAutomount =
            ownsAutomount && account.metadata.fieldsOwned(besides: Marks.fieldManager).topLevel.contains(field)
        profile = account.metadata.labels[Marks.profileLabel]
        previous = account.metadata.annotations[Marks.previousAnnotation]
    }
}

/// Tells two specs apart without keeping either: equal specs have equal fingerprints, within this process.
public struct Fingerprint: Sendable, Hashable {
    private let value: Int

    /// The fingerprint of a value. Hashing is keyed at random for each process, so nobody can aim for an equal one.
    public init(of value: some Hashable) {
        var hasher = Hasher()
        hasher.combine(value)
        self.value = hasher.finalize()
    }
}

/// What is kept of a network policy.
public struct ObservedNetworkPolicy: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Tells it apart from another that bears its name later.
    public var uid: String
    /// Whether the operator applied it, by the server's own record: a label alone proves nothing.
    public var isOurs: Bool
    /// Whether it says that the operator manages it.
    public var hasManagedByLabel: Bool
    /// The profile that it says it was written for.
    public var profile: String?
    /// The pods that it is about.
    public var podSelector: LabelSelector
    /// The directions that it isolates.
    public var directions: Set<NetworkPolicy.Direction>
    /// Of these, the ones for which it selects all pods and has no rule.
    public var denied: Set<NetworkPolicy.Direction>
    /// Of these, the ones for which it selects all pods and allows everything.
    public var opened: Set<NetworkPolicy.Direction>
    /// Where clouds serve metadata that its rules let pods through to, as far as it isolates them outwards.
    public var metadataAddresses: MetadataAddresses
    /// Of its whole spec, defaults filled in.
    public var fingerprint: Fingerprint
    /// The objects that it says it is derived from.
    public var derivedFrom: String?
    /// Which ports of its pods a derived policy of ours opens; `nil` for any other policy.
    var derivedPorts: DerivedPorts?

    /// Whether its spec is this one.
    func says(_ spec: NetworkPolicy.Spec) -> Bool { fingerprint == Fingerprint(of: spec.normalized) }

    /// Whether its name is that of a derived policy.
    var isDerived: Bool { Marks.derivedPolicyNames.contains(name) }

    /// What is kept of `policy`.
    public init(_ policy: NetworkPolicy) {
        let spec = policy.spec.normalized
        let all = spec.podSelector.isEmpty
        func rules(_ direction: NetworkPolicy.Direction) -> [Bool] {
            switch direction {
            case .ingress: (spec.ingress ?? []).map { $0.from == nil && $0.ports == nil }
            case .egress: (spec.egress ?? []).map { $0.to == nil && $0.ports == nil }
            }
        }
        name = policy.metadata.name
        uid = policy.metadata.uid
        isOurs = policy.metadata.fieldsApplied(by: Marks.fieldManager) != nil
        hasManagedByLabel = policy.metadata.labels[Marks.managedByLabel] == Marks.managedByValue
        profile = policy.metadata.labels[Marks.profileLabel]
        podSelector = spec.podSelector
        directions = Set(spec.policyTypes ?? [])
        denied = all ? directions.filter { rules($0).isEmpty } : []
        opened = all ? directions.filter { rules($0).contains(true) } : []
        metadataAddresses =
            directions.contains(.egress) ? MetadataAddresses(letThroughBy: spec.egress ?? []) : []
        fingerprint = Fingerprint(of: spec)
        derivedFrom = policy.metadata.annotations[Marks.derivedFromAnnotation]
        derivedPorts = isOurs && isDerived ? DerivedPorts(spec) : nil
    }
}

/// What is kept of a limit range.
public struct ObservedLimitRange: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Tells it apart from another that bears its name later.
    public var uid: String
    /// Whether the operator applied it, by the server's own record.
    public var isOurs: Bool
    /// Whether it says that the operator manages it.
    public var hasManagedByLabel: Bool
    /// The profile that it says it was written for.
    public var profile: String?
    /// What it limits.
    public var limits: LimitTable

    /// What is kept of `range`.
    public init(_ range: LimitRange) {
        name = range.metadata.name
        uid = range.metadata.uid
        isOurs = range.metadata.fieldsApplied(by: Marks.fieldManager) != nil
        hasManagedByLabel = range.metadata.labels[Marks.managedByLabel] == Marks.managedByValue
        profile = range.metadata.labels[Marks.profileLabel]
        limits = LimitTable(range.spec.limits)
    }
}
