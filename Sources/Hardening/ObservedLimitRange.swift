import KubernetesAPI

/// What is kept of a limit range.
@dynamicMemberLookup
public struct ObservedLimitRange: Sendable, Hashable {
    /// What is the same of many.
    public struct Common: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Whether the operator applied it, by the server's own record.
        public var isOurs: Bool
        /// Whether it says that the operator manages it.
        public var hasManagedByLabel: Bool
        /// The profile that it says it was written for.
        public var profile: String?
        /// What it limits.
        public var limits: LimitTable
    }

    // First, since a store packs what it keeps beside a value into what the last field leaves of its word.
    private let common: Shared<Common>
    /// Tells it apart from another that bears its name later.
    public var uid: UID

    /// A part of what is the same of many.
    public subscript<Part>(dynamicMember part: KeyPath<Common, Part>) -> Part { common.value[keyPath: part] }

    /// What is kept of `range`.
    ///
    /// - Parameter sharing: gives back the copy that others have, too.
    public init(_ range: LimitRange, sharing: (Shared<Common>) -> Shared<Common> = { $0 }) {
        uid = UID(range.metadata.uid)
        common = sharing(Shared(Common(range)))
    }
}

extension ObservedLimitRange.Common {
    /// Whether they say the same in the same words: what is equal may stand for the other where either is quoted.
    public static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.isOurs == right.isOurs && left.hasManagedByLabel == right.hasManagedByLabel
            && left.profile == right.profile && left.limits.isWritten(like: right.limits)
    }

    fileprivate init(_ range: LimitRange) {
        name = range.metadata.name
        isOurs = range.metadata.fieldsApplied(by: Marks.fieldManager) != nil
        hasManagedByLabel = range.metadata.labels[Marks.managedByLabel] == Marks.managedByValue
        profile = range.metadata.labels[Marks.profileLabel]
        limits = LimitTable(range.spec.limits)
    }
}
