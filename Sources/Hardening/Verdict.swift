/// How one control stands in one namespace.
public struct Verdict: Sendable, Hashable {
    /// What can be said of it.
    public enum Standing: Sendable, Hashable {
        /// Nothing speaks against it.
        case compliant
        /// Something does.
        case nonCompliant
        /// It is there, but whether it has any effect cannot be told, or it has none.
        case unverified
        /// The profile asks nothing of it here, or not all that it asks elsewhere, for a reason and perhaps until a date.
        case exempt
    }

    /// What stands between the profile's wish to enforce and its being enforced.
    public enum Obstacle: Sendable, Hashable {
        /// It would break something.
        case held
        /// It has to be clean for longer.
        case pending
    }

    /// The control.
    public var control: ControlName
    /// What the control does.
    public var mode: Mode
    /// What is to be known of it, sorted.
    public var findings: [Finding]
    /// Why it may have no effect, if it may not.
    public var doubt: String?
    /// The exemption by which nothing is asked of it here.
    public var exemption: String?
    /// How many findings there would be more, were they not exempt.
    public var exemptFindings: Int
    /// The exemptions that made a difference.
    public var exemptions: Set<String>
    /// Why it is not enforced though the profile asks for it.
    public var obstacle: Obstacle?
    /// Whether that is something that somebody has to do something about, and not only a matter of time.
    public var isBlocked: Bool

    /// A verdict with the given parts.
    public init(
        control: ControlName,
        mode: Mode,
        findings: [Finding],
        doubt: String? = nil,
        exemption: String? = nil,
        exemptFindings: Int = 0,
        exemptions: Set<String> = [],
        obstacle: Obstacle? = nil,
        isBlocked: Bool = false
    ) {
        self.exemptions = exemptions.union([exemption].compactMap { $0 })
        self.control = control
        self.mode = mode
        self.findings = findings.sorted()
        self.doubt = doubt
        self.exemption = exemption
        self.exemptFindings = exemptFindings
        self.obstacle = obstacle
        self.isBlocked = isBlocked
    }

    /// What stands in the way of enforcing it, for people, if anybody has to do something about that.
    public var blocker: String? {
        guard isBlocked else { return nil }
        return findings.first { $0.reason == .enforcementHeld || $0.reason == .enforcementPending }?.message
    }

    /// More is known of it.
    public mutating func add(_ findings: [Finding]) {
        self.findings = (self.findings + findings).sorted()
    }

    /// What can be said of it.
    public var standing: Standing {
        if exemption != nil { return .exempt }
        if findings.contains(where: \.isViolation) { return .nonCompliant }
        if doubt != nil { return .unverified }
        return exemptFindings == 0 ? .compliant : .exempt
    }

    /// Whether it is known to be as asked for.
    public var isCompliant: Bool { standing == .compliant }
}
