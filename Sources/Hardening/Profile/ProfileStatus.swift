import KubernetesAPI

/// `metav1.Condition`.
public struct Condition: Sendable, Hashable, Codable {
    /// `True`, `False` or `Unknown`.
    public enum Value: String, Sendable, Hashable, Codable {
        /// It holds.
        case `true` = "True"
        /// It does not hold.
        case `false` = "False"
        /// That cannot be told.
        case unknown = "Unknown"
    }

    /// The most Unicode scalars of ``message``.
    static let messageLimit = 1024

    /// What a profile has conditions for.
    public enum ConditionType: String, Sendable, Hashable, Codable, CaseIterable {
        /// The spec is understood.
        case accepted = "Accepted"
        /// Every selected namespace is reconciled.
        case ready = "Ready"
        /// Every selected namespace is as the profile asks.
        case compliant = "Compliant"
        /// The profile writes; since when, by the time of its last transition.
        case enforcing = "Enforcing"
        /// All that is asked for of what runs, and of what depends on it, can be observed.
        case workloadsObserved = "WorkloadsObserved"
        /// The API server acts on Pod Security labels.
        case podSecurityAdmissionActive = "PodSecurityAdmissionActive"
        /// A network plugin is known that acts on NetworkPolicies.
        case networkPolicyProviderFound = "NetworkPolicyProviderFound"
    }

    /// What it is about.
    public var type: ConditionType
    /// Whether it holds.
    public var status: Value
    /// The generation of the spec that this was judged by.
    public var observedGeneration: Int64
    /// When `status` last changed.
    public var lastTransitionTime: Timestamp
    /// One word for machines.
    public var reason: String
    /// For people; at most ``messageLimit`` Unicode scalars.
    public var message: String
}

/// `status` of a profile.
public struct ProfileStatus: Sendable, Hashable, Codable {
    /// How many namespaces.
    public struct Namespaces: Sendable, Hashable, Codable {
        /// That the profile governs.
        public var selected = 0
        /// Of these, without a violation.
        public var compliant = 0
        /// Of these, with one at least.
        public var nonCompliant = 0
        /// Of these, without one, but with a control of which cannot be told whether it has any effect.
        public var unverified = 0
        /// Of these, exempt from all that the profile asks.
        public var exempt = 0
        /// That it matches, but another profile governs.
        public var shadowed = 0
        /// That it matches, but the operator never writes to.
        public var protected = 0

        /// None.
        public init() {}
    }

    /// How many namespaces, by control.
    public struct Control: Sendable, Hashable, Codable {
        /// The control.
        public var name: ControlName
        /// What it does, the profile's own mode being the ceiling.
        public var mode: Mode
        /// In how many governed namespaces nothing speaks against it.
        public var compliant: Int
        /// In how many governed namespaces something does.
        public var nonCompliant: Int
        /// In how many it is there, but whether it has any effect cannot be told, or it has none.
        public var unverified = 0
        /// In how many nothing is asked.
        public var exempt = 0
        /// In how many it is not enforced, since it would break something.
        public var held = 0
        /// In how many it is not enforced yet.
        public var pending = 0
    }

    /// The most findings that are listed.
    public static let findingsLimit = 50
    /// The most bytes of all their texts: the status of the largest profile stays well under 64 KB.
    static let findingsBudget = 40_000

    /// The generation of the spec that this was judged by.
    public var observedGeneration: Int64
    /// One of each ``Condition/ConditionType``.
    public var conditions: [Condition]
    /// Of namespace-control pairs, rounded down; `nil` when there are none.
    public var compliancePercent: Int?
    /// The control.
    public var namespaces: Namespaces
    /// How each control that is not off stands.
    public var controls: [Control]
    /// The first ``findingsLimit`` of them.
    public var findings: [Finding]
    /// How many there are.
    public var findingsTotal: Int
    /// How many there would be more, were they not exempt.
    public var findingsExempt = 0
    /// How the profile's exemptions fare; `nil` when it has none.
    public var exemptions: ExemptionTally?

    /// This status, with what `newer` says of being ready and compliant: the rest as it was last known.
    public func disclaimed(as newer: ProfileStatus) -> ProfileStatus {
        var status = self
        status.conditions = conditions.map { condition in
            guard [.ready, .compliant].contains(condition.type) else { return condition }
            return newer.condition(condition.type) ?? condition
        }
        return status
    }

    /// The conditions by which this says something else than `older` did: another status or reason. Of a profile that had
    /// no status, what it comes to: ``Condition/ConditionType/ready``.
    public func news(since older: ProfileStatus?) -> [Condition] {
        conditions.filter { condition in
            guard let older else { return condition.type == .ready }
            let before = older.condition(condition.type)
            return before?.status != condition.status || before?.reason != condition.reason
        }
    }

    /// The condition of this type.
    public func condition(_ type: Condition.ConditionType) -> Condition? {
        conditions.first { $0.type == type }
    }
}

extension ProfileStatus {
    private enum CodingKeys: String, CodingKey {
        case observedGeneration, conditions, compliancePercent, namespaces, controls, findings, findingsTotal
        case findingsExempt, exemptions
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        // Empty lists may come back as absent.
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // Lists with keys, to which others may add elements of their own that stay when ours are applied.
        func elements<Element: Decodable>(_ key: CodingKeys) throws -> [Element] {
            (try container.decodeIfPresent([Readable<Element>].self, forKey: key) ?? []).compactMap(\.value)
        }
        observedGeneration = try container.decodeIfPresent(Int64.self, forKey: .observedGeneration) ?? 0
        conditions = try elements(.conditions)
        compliancePercent = try container.decodeIfPresent(Int.self, forKey: .compliancePercent)
        namespaces = try container.decodeIfPresent(Namespaces.self, forKey: .namespaces) ?? .init()
        controls = try elements(.controls)
        findings = try container.decodeIfPresent([Finding].self, forKey: .findings) ?? []
        findingsTotal = try container.decodeIfPresent(Int.self, forKey: .findingsTotal) ?? 0
        findingsExempt = try container.decodeIfPresent(Int.self, forKey: .findingsExempt) ?? 0
        exemptions = try container.decodeIfPresent(ExemptionTally.self, forKey: .exemptions)
    }
}

/// An element of a list, or `nil` for one that is not understood.
private struct Readable<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) {
        value = try? Value(from: decoder)
    }
}

// Counts that are zero may come back as absent, and statuses of older releases lack some.

extension ProfileStatus.Namespaces {
    private enum CodingKeys: String, CodingKey {
        case selected, compliant, nonCompliant, unverified, exempt, shadowed, protected
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        selected = try count(.selected)
        compliant = try count(.compliant)
        nonCompliant = try count(.nonCompliant)
        unverified = try count(.unverified)
        exempt = try count(.exempt)
        shadowed = try count(.shadowed)
        protected = try count(.protected)
    }
}

extension ProfileStatus.Control {
    private enum CodingKeys: String, CodingKey {
        case name, mode, compliant, nonCompliant, unverified, exempt, held, pending
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        self.init(
            name: try container.decode(ControlName.self, forKey: .name),
            mode: try container.decode(Mode.self, forKey: .mode),
            compliant: try count(.compliant),
            nonCompliant: try count(.nonCompliant),
            unverified: try count(.unverified),
            exempt: try count(.exempt),
            held: try count(.held),
            pending: try count(.pending)
        )
    }
}
