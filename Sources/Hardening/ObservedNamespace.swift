import KubernetesAPI

/// What is kept of a namespace.
@dynamicMemberLookup
public struct ObservedNamespace: Sendable, Hashable {
    /// What is the same of many.
    public struct Common: Sendable, Hashable {
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
    }

    // First, since a store packs what it keeps beside a value into what the last field leaves of its word.
    private let common: Shared<Common>
    /// Its name.
    public var name: String
    /// All its labels: selectors may ask for any.
    public var labels: [String: String]
    /// To whom ``Common/inForce`` and ``Common/cleanSince`` apply, as the operator wrote it down.
    public var stateOf: String?
    /// Tells it apart from another that bears its name later.
    public var uid: UID
    /// The version that was observed: what a restoring patch is bound to.
    public var resourceVersion: ResourceVersion

    /// A part of what is the same of many.
    public subscript<Part>(dynamicMember part: KeyPath<Common, Part>) -> Part { common.value[keyPath: part] }

    /// What is kept of `namespace`.
    ///
    /// - Parameter sharing: gives back the copy that others have, too.
    public init(_ namespace: Namespace, sharing: (Shared<Common>) -> Shared<Common> = { $0 }) {
        name = namespace.metadata.name
        uid = UID(namespace.metadata.uid)
        resourceVersion = namespace.metadata.resourceVersion
        labels = namespace.metadata.labels
        stateOf = namespace.metadata.annotations[Marks.stateOfAnnotation]
        common = sharing(Shared(Common(namespace)))
    }

    /// The profile that enforces here, by the label.
    public var profile: String? { labels[Marks.profileLabel] }

    /// The operator's annotations.
    var annotations: [String: String] {
        var annotations = NamespaceState(inForce: self.inForce, cleanSince: self.cleanSince).annotations
        annotations[Marks.stateOfAnnotation] = stateOf
        annotations[Marks.previousAnnotation] = self.previous
        return annotations
    }
}

extension ObservedNamespace.Common {
    fileprivate init(_ namespace: Namespace) {
        let applied = namespace.metadata.fieldsApplied(by: Marks.fieldManager)
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
    }
}
