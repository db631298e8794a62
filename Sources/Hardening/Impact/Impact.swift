/// What enforcing a control would break, or what it broke.
public struct Impact: Sendable, Hashable {
    /// How bad that is: critical where the whole cluster may go down with it.
    public var severity: Severity
    /// One word for machines.
    public var reason: Finding.Reason
    /// What would lose something, such as `Deployment/web` or `Service/web`.
    public var subject: String
    /// What it would lose, and what to do about it.
    public var message: String
    /// The checks of the Pod Security Standards that it comes of, by id: where all are exempt, so is it.
    public var checks: Set<String>
    /// Whether the control is held for it. What is only worth knowing holds nothing.
    public var holds: Bool
    /// Whether the API server says so, and nothing that can be seen here.
    public var isAnswered = false

    /// An impact with the given parts.
    public init(
        _ severity: Severity,
        _ reason: Finding.Reason,
        _ subject: String,
        _ message: String,
        checks: Set<String> = [],
        holds: Bool = true
    ) {
        self.checks = checks
        self.severity = severity
        self.reason = reason
        self.subject = subject
        self.message = message
        self.holds = holds
    }
}
