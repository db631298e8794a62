import KubernetesAPI

/// What is kept of a network policy.
@dynamicMemberLookup
public struct ObservedNetworkPolicy: Sendable, Hashable {
    /// What is the same of many.
    public struct Common: Sendable, Hashable {
        /// Its name.
        public var name: String
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
    }

    // First, since a store packs what it keeps beside a value into what the last field leaves of its word.
    private let common: Shared<Common>
    /// Tells it apart from another that bears its name later.
    public var uid: UID

    /// A part of what is the same of many.
    public subscript<Part>(dynamicMember part: KeyPath<Common, Part>) -> Part { common.value[keyPath: part] }

    /// What is kept of `policy`.
    ///
    /// - Parameter sharing: gives back the copy that others have, too.
    public init(_ policy: NetworkPolicy, sharing: (Shared<Common>) -> Shared<Common> = { $0 }) {
        uid = UID(policy.metadata.uid)
        common = sharing(Shared(Common(policy)))
    }

    /// Whether its spec is this one.
    func says(_ spec: NetworkPolicy.Spec) -> Bool { self.fingerprint == Fingerprint(of: spec.normalized) }

    /// Whether its name is that of a derived policy.
    var isDerived: Bool { Marks.derivedPolicyNames.contains(self.name) }
}

extension ObservedNetworkPolicy.Common {
    fileprivate init(_ policy: NetworkPolicy) {
        let spec = policy.spec.normalized
        let all = spec.podSelector.isEmpty
        func rules(_ direction: NetworkPolicy.Direction) -> [Bool] {
            switch direction {
            case .ingress: (spec.ingress ?? []).map { $0.from == nil && $0.ports == nil }
            case .egress: (spec.egress ?? []).map { $0.to == nil && $0.ports == nil }
            }
        }
        name = policy.metadata.name
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
        derivedPorts = isOurs && Marks.derivedPolicyNames.contains(name) ? DerivedPorts(spec) : nil
    }
}
