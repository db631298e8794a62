import PodSecurity

/// What the API server answered when it was asked, without changing anything, to enforce a policy in a namespace.
///
/// It looks at live pods only, at most 3,000 and for at most a second, and after admission has changed them: less than
/// templates show, and more (Kubernetes documentation, *Pod Security Admission*, "Applying a policy to a namespace").
public struct AdmissionAnswer: Sendable, Hashable {
    /// The policy that it was asked about.
    public var policy: Policy
    /// Whether the server's configuration exempts the namespace, so that no label has any effect.
    public var isExempt: Bool
    /// What it warned of: pods that the policy would refuse, such as `web-6d4b (and 2 other pods): privileged`.
    public var warnings: [String]
    /// The state of the namespace's workloads when it was asked.
    public var asOf: Fingerprint

    /// Whether there is no answer, since asking failed; then ``warnings`` says why.
    public var isFailure = false

    /// No answer about `policy`, for this reason.
    public init(policy: Policy, failure: String, asOf: Fingerprint) {
        self.policy = policy
        self.asOf = asOf
        isExempt = false
        isFailure = true
        warnings = ["the API server could not be asked: \(failure)"]
    }

    /// The answer with these warnings, one for each `Warning` header of the response.
    public init(policy: Policy, warnings: [String], asOf: Fingerprint) {
        self.policy = policy
        self.asOf = asOf
        isExempt = warnings.contains { $0.contains("is exempt from Pod Security") }
        // A headline, and after it a line for each kind of violation. What comes before is of other admission plugins.
        let headline = warnings.firstIndex { $0.contains("violate the new PodSecurity enforce level") }
        self.warnings = headline.map { Array(warnings[($0 + 1)...]) } ?? []
    }
}
