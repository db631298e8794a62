import KubernetesAPI
import PrintableText

/// The controls that a profile may set, by the names of their fields.
public enum ControlName: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Default-deny NetworkPolicies.
    case networkPolicy
    /// Pod Security labels.
    case podSecurity
    /// Service accounts without mounted tokens.
    case serviceAccountToken
    /// Default requests and limits.
    case limitRange
    /// What runs, judged and never written to.
    case workloads

    /// Controls are ordered by name.
    public static func < (left: ControlName, right: ControlName) -> Bool { left.rawValue < right.rawValue }
}

/// How bad a finding is, the worst first.
public enum Severity: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Taken over already, or a step away from it.
    case critical = "Critical"
    /// A protection that the profile asks for is missing.
    case high = "High"
    /// A protection is weaker than the profile asks for.
    case medium = "Medium"
    /// A matter of tidiness.
    case low = "Low"
    /// Worth knowing; does not count against compliance.
    case info = "Info"

    /// The worse comes first.
    public static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    /// 0 for the worst.
    public var rank: Int {
        switch self {
        case .critical: 0
        case .high: 1
        case .medium: 2
        case .low: 3
        case .info: 4
        }
    }
}

/// Something that a person should know of one control in one namespace, or in the cluster as a whole.
public struct Finding: Sendable, Hashable {
    /// What kind of thing is found.
    public enum FindingType: String, Sendable, Hashable, Codable, CaseIterable {
        /// Something is not as the profile asks.
        case violation = "Violation"
        /// A control would break something, or has.
        case impact = "Impact"
    }

    /// What kind of thing it is.
    public var type: FindingType
    /// The namespace; empty for the cluster as a whole.
    public var namespace: String
    /// The control.
    public var control: ControlName
    /// The check of ``ControlName/workloads``, such as `read-only-root-filesystem`; `nil` for other controls.
    public var check: String?
    /// What it is about within the namespace, such as `Deployment/web`; `nil` for the namespace itself. Printable, and at
    /// most ``workloadLimit`` Unicode scalars.
    public var workload: String?
    /// The field of that object that it is about first of all, such as `spec.template.spec.containers[0].image`; not
    /// published, since the message says so too.
    public var path: String?
    /// How bad it is.
    public var severity: Severity
    /// One word for machines.
    public var reason: Reason
    /// What is wrong and what to do. Printable, and at most ``messageLimit`` Unicode scalars.
    public var message: String

    /// The most Unicode scalars of ``message``.
    public static let messageLimit = 512

    /// The most Unicode scalars of ``workload``: a kind of 63, a slash and a name of 253, and some to spare.
    public static let workloadLimit = 340

    /// What a finding can be about.
    public enum Reason: String, Sendable, Hashable, Codable, CaseIterable {
        /// No policy denies this direction by default.
        case defaultDenyMissing = "DefaultDenyMissing"
        /// What is denied by default lacks its allowances.
        case allowancesMissing = "AllowancesMissing"
        /// A policy allows everything, so that denying by default is void.
        case allowAllPolicy = "AllowAllPolicy"
        /// Our policies let through something else than they should.
        case allowancesDiffer = "AllowancesDiffer"
        /// The cluster's DNS was not found; denying egress would cut it off.
        case dnsNotDiscovered = "DNSNotDiscovered"
        /// The addresses of the API server were not found; denying egress would cut them off.
        case apiServerNotDiscovered = "APIServerNotDiscovered"
        /// A Pod Security label is absent or weaker than asked for.
        case podSecurityLabelWeak = "PodSecurityLabelWeak"
        /// Pods of an account get a token.
        case tokenAutomounted = "TokenAutomounted"
        /// An account asks for tokens explicitly, and that is respected.
        case tokenExplicitlyMounted = "TokenExplicitlyMounted"
        /// An account is left alone since a binding names it.
        case boundAccountSkipped = "BoundAccountSkipped"
        /// A limit is not set.
        case limitMissing = "LimitMissing"
        /// A limit that another LimitRange sets stands in the way of ours.
        case limitConflict = "LimitConflict"
        /// An object of the name that we would use is somebody else's.
        case nameConflict = "NameConflict"
        /// The API server did not let us write.
        case writeForbidden = "WriteForbidden"
        /// The API server refused what we wrote.
        case writeRejected = "WriteRejected"
        /// Writing failed, and is being tried again.
        case writeFailed = "WriteFailed"
        /// What we wrote does not stay as we wrote it.
        case writeIneffective = "WriteIneffective"
        /// Somebody undoes again and again what we write.
        case contestedOwnership = "ContestedOwnership"
        /// The API server calls what runs here before it accepts requests.
        case admissionWebhookBackend = "AdmissionWebhookBackend"
        /// The API server calls what runs here to read objects.
        case conversionWebhookBackend = "ConversionWebhookBackend"
        /// What runs here serves a part of the Kubernetes API.
        case aggregatedAPIBackend = "AggregatedAPIBackend"
        /// A load balancer leads here.
        case loadBalancerService = "LoadBalancerService"
        /// A port of the nodes leads here.
        case nodePortService = "NodePortService"
        /// An Ingress leads here.
        case ingressBackend = "IngressBackend"
        /// A Service with addresses of its own choice would not be reached from outside any more.
        case externalIPService = "ExternalIPService"
        /// A port of the node would not lead to the pod any more.
        case hostPort = "HostPort"
        /// An HTTPRoute leads here.
        case httpRouteBackend = "HTTPRouteBackend"
        /// Prometheus scrapes what runs here.
        case monitoringTarget = "MonitoringTarget"
        /// What runs here talks to the API server.
        case apiServerClient = "APIServerClient"
        /// Pods would be refused.
        case podsRefused = "PodsRefused"
        /// Which of two defaults pods would get is undefined.
        case defaultUndefined = "DefaultUndefined"
        /// Pods would start without the token that they use.
        case tokenLost = "TokenLost"
        /// A control is not enforced while it would break something.
        case enforcementHeld = "EnforcementHeld"
        /// The Pod Security level is not enforced yet.
        case enforcementPending = "EnforcementPending"
        /// What is enforced refuses pods.
        case enforcementDisrupted = "EnforcementDisrupted"
        /// What is there has no effect, or that cannot be told.
        case unverified = "Unverified"
        /// A check fails.
        case checkFailed = "CheckFailed"
        /// What a check asks for cannot be seen from here, so it neither passed nor failed.
        case notObserved = "NotObserved"
    }

    /// A finding with the given parts. Message and workload are made printable, since both may quote what anybody wrote
    /// into the cluster, and cut.
    public init(
        type: FindingType = .violation,
        namespace: String,
        control: ControlName,
        check: String? = nil,
        workload: String? = nil,
        path: String? = nil,
        severity: Severity,
        reason: Reason,
        message: String
    ) {
        self.type = type
        self.namespace = namespace
        self.control = control
        self.check = check
        self.workload = workload?.printable(upTo: Self.workloadLimit)
        self.path = path
        self.severity = severity
        self.reason = reason
        self.message = message.printable(upTo: Self.messageLimit)
    }

    /// Whether it counts against compliance.
    public var isViolation: Bool { type == .violation && severity != .info }
}

extension Finding: Codable {
    private enum CodingKeys: String, CodingKey {
        case type, namespace, control, check, workload, severity, reason, message
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            type: try container.decodeIfPresent(FindingType.self, forKey: .type) ?? .violation,
            namespace: try container.decodeIfPresent(String.self, forKey: .namespace) ?? "",
            control: try container.decode(ControlName.self, forKey: .control),
            check: try container.decodeIfPresent(String.self, forKey: .check),
            workload: try container.decodeIfPresent(String.self, forKey: .workload),
            severity: try container.decode(Severity.self, forKey: .severity),
            reason: try container.decode(Reason.self, forKey: .reason),
            message: try container.decode(String.self, forKey: .message)
        )
    }

    /// Writes the API's form, in which what is empty is left out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type, forKey: .type)
        if !namespace.isEmpty { try container.encode(namespace, forKey: .namespace) }
        try container.encode(control, forKey: .control)
        try container.encodeIfPresent(check, forKey: .check)
        try container.encodeIfPresent(workload, forKey: .workload)
        try container.encode(severity, forKey: .severity)
        try container.encode(reason, forKey: .reason)
        try container.encode(message, forKey: .message)
    }
}

extension Finding: Comparable {
    /// Most severe first, then by name: a total order, so that a list of findings is stable.
    public static func < (left: Finding, right: Finding) -> Bool {
        if left.severity != right.severity { return left.severity < right.severity }
        if left.namespace != right.namespace { return left.namespace < right.namespace }
        if left.control != right.control { return left.control < right.control }
        if left.workload != right.workload { return (left.workload ?? "") < (right.workload ?? "") }
        if left.check != right.check { return (left.check ?? "") < (right.check ?? "") }
        if left.reason != right.reason { return left.reason.rawValue < right.reason.rawValue }
        return left.message < right.message
    }
}
