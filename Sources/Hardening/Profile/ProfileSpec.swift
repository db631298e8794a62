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

    /// A mode is less than one that does more.
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
    public enum DeletionPolicy: String, Sendable, Hashable, Codable, CaseIterable {
        /// It stays.
        case retain = "Retain"
        /// It is given back.
        case release = "Release"
    }

    /// What to do where enforcing a control would break something.
    public enum OnDisruption: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is not enforced there until it would break nothing.
        case hold = "Hold"
        /// It is enforced, and what it breaks is reported.
        case proceed = "Proceed"
    }

    /// The controls; one that is absent is off.
    public struct Controls: Sendable, Hashable, Decodable {
        /// Default-deny NetworkPolicies.
        public var networkPolicy: NetworkPolicySpec?
        /// Pod Security labels.
        public var podSecurity: PodSecuritySpec?
        /// Service accounts without mounted tokens.
        public var serviceAccountToken: ServiceAccountTokenSpec?
        /// Default requests and limits.
        public var limitRange: LimitRangeSpec?
        /// What runs, judged.
        public var workloads: WorkloadsSpec?
    }

    /// What the profile is for; for people.
    public var description: String?
    /// What it does; default ``Mode/audit``.
    public var mode: Mode?
    /// Whether it judges, but has stopped writing; default `false`.
    public var suspend: Bool?
    /// 0 to 1000, default 0: the greatest governs a namespace that several profiles select.
    public var priority: Int?
    /// The namespaces it selects by their labels; an empty selector selects all.
    public var namespaceSelector: LabelSelector
    /// Names or globs of namespaces that it does not select all the same.
    public var excludedNamespaces: [String]?
    /// What to do where enforcing would break something; default ``OnDisruption/hold``.
    public var onDisruption: OnDisruption?
    /// What becomes of what was enforced when the profile is deleted; default ``DeletionPolicy/retain``.
    public var deletionPolicy: DeletionPolicy?
    /// What it asks of each namespace.
    public var controls: Controls
    /// What is exempt from that, for a reason and perhaps until a date.
    public var exemptions: [ExemptionSpec]?
}

/// `spec.controls.networkPolicy`.
public struct NetworkPolicySpec: Sendable, Hashable, Decodable {
    /// Whether something is let through.
    public enum Allowance: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is let through.
        case allow = "Allow"
        /// It is not.
        case deny = "Deny"
    }

    /// What is let through all the same.
    public struct Allow: Sendable, Hashable, Decodable {
        /// The cluster's DNS; default ``Allowance/allow``.
        public var dns: Allowance?
        /// Traffic among the namespace's own pods; default ``Allowance/deny``.
        public var sameNamespace: Allowance?
        /// The API server; default ``Allowance/deny``.
        public var apiServer: Allowance?
        /// What allowances are derived from the cluster's objects; default none.
        public var derive: [DerivedAllowance]?
        /// Further rules for traffic to the pods.
        public var ingressFrom: [NetworkPolicy.IngressRule]?
        /// Further rules for traffic from the pods.
        public var egressTo: [NetworkPolicy.EgressRule]?
    }

    /// What it does; default the profile's mode, which is also the ceiling.
    public var mode: Mode?
    /// What is denied by default; default both.
    public var directions: [NetworkPolicy.Direction]?
    /// What is let through all the same.
    public var allow: Allow?
}

/// `spec.controls.podSecurity`.
public struct PodSecuritySpec: Sendable, Hashable, Decodable {
    /// What it does; default the profile's mode, which is also the ceiling.
    public var mode: Mode?
    /// What pods are held to; default ``Level/baseline``.
    public var enforce: Level?
    /// `latest` or `v1.N`; default the server's minor when first applied.
    public var enforceVersion: String?
    /// What the audit log notes; default ``Level/restricted``.
    public var audit: Level?
    /// `latest` or `v1.N`; default `latest`.
    public var auditVersion: String?
    /// What users are warned of; default ``Level/restricted``.
    public var warn: Level?
    /// `latest` or `v1.N`; default `latest`.
    public var warnVersion: String?
    /// When `enforce` is written.
    public var rollout: Rollout?

    /// When `enforce` is written.
    public struct Rollout: Sendable, Hashable, Decodable {
        /// When.
        public enum Strategy: String, Sendable, Hashable, Codable, CaseIterable {
            /// Once nothing has violated the level for ``Rollout/observe``.
            case whenCompliant = "WhenCompliant"
            /// At once.
            case immediate = "Immediate"
        }

        /// When; default ``Strategy/whenCompliant``.
        public var strategy: Strategy?
        /// For how long nothing must have violated it, such as `24h`, which is the default; `0s` for a moment.
        public var observe: String?
    }
}

/// `spec.controls.serviceAccountToken`.
public struct ServiceAccountTokenSpec: Sendable, Hashable, Decodable {
    /// Which accounts.
    public enum Scope: String, Sendable, Hashable, Codable, CaseIterable {
        /// The account named `default` (CIS 5.1.5).
        case `default` = "Default"
        /// Every account (CIS 5.1.6).
        case all = "All"
    }

    /// What becomes of an account that asks for tokens.
    public enum ExplicitTrue: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is left alone and reported.
        case respect = "Respect"
        /// It is overruled.
        case override = "Override"
    }

    /// What becomes of an account that a binding names.
    public enum BoundAccounts: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is left alone.
        case skip = "Skip"
        /// It is treated as any other.
        case include = "Include"
    }

    /// What it does; default the profile's mode, which is also the ceiling.
    public var mode: Mode?
    /// Which accounts; default ``Scope/default``.
    public var scope: Scope?
    /// What becomes of an account that asks for tokens; default ``ExplicitTrue/respect``.
    public var explicitTrue: ExplicitTrue?
    /// What becomes of an account that a binding names; default ``BoundAccounts/skip``.
    public var boundAccounts: BoundAccounts?
    /// Names or globs of accounts that are left alone.
    public var exemptServiceAccounts: [String]?
}

/// `spec.controls.limitRange`.
public struct LimitRangeSpec: Sendable, Hashable, Decodable {
    /// How to get along with LimitRanges of the namespace's own.
    public enum Existing: String, Sendable, Hashable, Codable, CaseIterable {
        /// What they cover is left to them.
        case respect = "Respect"
        /// Ours comes beside them.
        case add = "Add"
    }

    /// What it does; default the profile's mode, which is also the ceiling.
    public var mode: Mode?
    /// How to get along with others; default ``Existing/respect``.
    public var existing: Existing?
    /// What is wanted, at most one item for each type.
    public var limits: [LimitRange.Item]?
}
