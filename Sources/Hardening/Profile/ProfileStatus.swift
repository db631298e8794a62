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
    }

    /// The most findings that are listed.
    public static let findingsLimit = 50

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

    /// The condition of this type.
    public func condition(_ type: Condition.ConditionType) -> Condition? {
        conditions.first { $0.type == type }
    }
}

extension ProfileStatus {
    private enum CodingKeys: String, CodingKey {
        case observedGeneration, conditions, compliancePercent, namespaces, controls, findings, findingsTotal
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
    }
}

/// An element of a list, or `nil` for one that is not understood.
private struct Readable<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) {
        value = try? Value(from: decoder)
    }
}
