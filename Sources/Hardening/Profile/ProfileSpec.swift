import KubernetesAPI
import PodSecurity

/// What a profile, or a control of it, does.
public enum Mode: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Judges, writes and repairs.
    case enforce = "Enforce"
    /// Judges, and writes nothing.
    case audit = "Audit"
    /// Does nothing; what was enforced is given back.
    case disabled = "Disabled"

    // The greater does more.
    public static func < (left: Mode, right: Mode) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .disabled: 0
        case .audit: 1
        case .enforce: 2
        }
    }
}

/// `spec` of a profile as it is written; ``CompiledProfile`` is what it means.
///
/// Defaults are those of the CRD, repeated here for servers and files that do not apply them.
public struct ProfileSpec: Sendable, Hashable, Decodable {
    /// What becomes of what was enforced when the profile is deleted.
    public enum DeletionPolicy: String, Sendable, Hashable, Codable {
        /// It stays.
        case retain = "Retain"
        /// It is given back.
        case release = "Release"
    }

    /// The controls; one that is absent is off.
    public struct Controls: Sendable, Hashable, Decodable {
        public var networkPolicy: NetworkPolicySpec?
        public var podSecurity: PodSecuritySpec?
        public var serviceAccountToken: ServiceAccountTokenSpec?
        public var limitRange: LimitRangeSpec?
    }

    public var description: String?
    public var mode: Mode?
    public var suspend: Bool?
    public var priority: Int?
    public var namespaceSelector: LabelSelector
    public var excludedNamespaces: [String]?
    public var deletionPolicy: DeletionPolicy?
    public var controls: Controls
}

/// `spec.controls.networkPolicy`.
public struct NetworkPolicySpec: Sendable, Hashable, Decodable {
    /// Whether something is let through.
    public enum Allowance: String, Sendable, Hashable, Codable {
        case allow = "Allow"
        case deny = "Deny"
    }

    /// What is let through all the same.
    public struct Allow: Sendable, Hashable, Decodable {
        public var dns: Allowance?
        public var sameNamespace: Allowance?
        public var apiServer: Allowance?
        public var ingressFrom: [NetworkPolicy.IngressRule]?
        public var egressTo: [NetworkPolicy.EgressRule]?
    }

    public var mode: Mode?
    public var directions: [NetworkPolicy.Direction]?
    public var allow: Allow?
}

/// `spec.controls.podSecurity`.
public struct PodSecuritySpec: Sendable, Hashable, Decodable {
    public var mode: Mode?
    public var enforce: Level?
    public var enforceVersion: String?
    public var audit: Level?
    public var auditVersion: String?
    public var warn: Level?
    public var warnVersion: String?
}

/// `spec.controls.serviceAccountToken`.
public struct ServiceAccountTokenSpec: Sendable, Hashable, Decodable {
    /// Which accounts.
    public enum Scope: String, Sendable, Hashable, Codable {
        /// The account named `default` (CIS 5.1.5).
        case `default` = "Default"
        /// Every account (CIS 5.1.6).
        case all = "All"
    }

    /// What becomes of an account that asks for tokens.
    public enum ExplicitTrue: String, Sendable, Hashable, Codable {
        /// It is left alone and reported.
        case respect = "Respect"
        /// It is overruled.
        case override = "Override"
    }

    /// What becomes of an account that a binding names.
    public enum BoundAccounts: String, Sendable, Hashable, Codable {
        /// It is left alone.
        case skip = "Skip"
        /// It is treated as any other.
        case include = "Include"
    }

    public var mode: Mode?
    public var scope: Scope?
    public var explicitTrue: ExplicitTrue?
    public var boundAccounts: BoundAccounts?
    public var exemptServiceAccounts: [String]?
}

/// `spec.controls.limitRange`.
public struct LimitRangeSpec: Sendable, Hashable, Decodable {
    /// How to get along with LimitRanges of the namespace's own.
    public enum Existing: String, Sendable, Hashable, Codable {
        /// What they cover is left to them.
        case respect = "Respect"
        /// Ours comes beside them.
        case add = "Add"
    }

    public var mode: Mode?
    public var existing: Existing?
    public var limits: [LimitRange.Item]?
}
