import KubernetesAPI

/// What is kept of a service account.
@dynamicMemberLookup
public struct ObservedServiceAccount: Sendable, Hashable {
    /// What is the same of many.
    public struct Common: Sendable, Hashable {
        /// Its name.
        public var name: String
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
    }

    // First, since a store packs what it keeps beside a value into what the last field leaves of its word.
    private let common: Shared<Common>
    /// Tells it apart from another that bears its name later.
    public var uid: UID
    /// The version that was observed: what a restoring patch is bound to.
    public var resourceVersion: ResourceVersion
    /// When it came to be.
    public var created: Timestamp?

    /// A part of what is the same of many.
    public subscript<Part>(dynamicMember part: KeyPath<Common, Part>) -> Part { common.value[keyPath: part] }

    /// What is kept of `account`.
    ///
    /// - Parameter sharing: gives back the copy that others have, too.
    public init(_ account: ServiceAccount, sharing: (Shared<Common>) -> Shared<Common> = { $0 }) {
        uid = UID(account.metadata.uid)
        resourceVersion = account.metadata.resourceVersion
        created = account.metadata.creationTimestamp
        common = sharing(Shared(Common(account)))
    }
}

extension ObservedServiceAccount.Common {
    fileprivate init(_ account: ServiceAccount) {
        let applied = account.metadata.fieldsApplied(by: Marks.fieldManager)
        name = account.metadata.name
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
