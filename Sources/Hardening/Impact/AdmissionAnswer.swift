import KubernetesAPI
import PodSecurity

/// What the API server answered when it was asked, without changing anything, to enforce a policy in a namespace.
///
/// It looks at live pods only, at most 3,000 and for at most a second, and after admission has changed them: less than
/// templates show, and more (Kubernetes documentation, *Pod Security Admission*, "Applying a policy to a namespace"). It
/// looks into a cache of its own, which may be behind.
public struct AdmissionAnswer: Sendable, Hashable {
    /// The policy that it was asked about.
    public var policy: Policy
    /// Whether the server's configuration exempts the namespace; `nil` where silence may mean either, since the server
    /// says nothing of a policy that is none stricter than what its own configuration gives the namespace.
    public var isExempt: Bool?
    /// The pods that the policy would refuse.
    public var refusals: [PodSecurityWarnings.Refusal]
    /// Why that may not be all.
    public var gaps: [String]
    /// The state of the namespace's pods when it was asked.
    public var asOf: Fingerprint
    /// When it was asked; `nil` where time does not matter.
    public var askedAt: Timestamp?
    /// Whether there is no answer, since asking failed; then ``gaps`` says why.
    public var isFailure = false

    /// No answer about `policy`, for this reason.
    public init(policy: Policy, failure: String, asOf: Fingerprint, askedAt: Timestamp?) {
        self.policy = policy
        self.asOf = asOf
        self.askedAt = askedAt
        refusals = []
        gaps = ["the API server could not be asked: \(failure)"]
        isFailure = true
    }

    /// The answer with these warnings, one for each `Warning` header of the response.
    public init(policy: Policy, warnings: [String], asOf: Fingerprint, askedAt: Timestamp?) {
        let warnings = PodSecurityWarnings(warnings)
        self.policy = policy
        self.asOf = asOf
        self.askedAt = askedAt
        isExempt = warnings.isExempt ? true : warnings.refusals.isEmpty ? nil : false
        refusals = warnings.refusals
        gaps = warnings.gaps
    }
}

/// Whether the API server's configuration exempts a namespace from Pod Security admission, by its own word.
///
/// The configuration is read when the server starts, so it is asked for once.
public enum AdmissionExemption: Sendable, Hashable {
    /// It does.
    case exempt
    /// It does not; or the server is older than 1.25, where none says so.
    case notExempt
    /// It was asked, and that failed.
    case notKnown(String, askedAt: Timestamp?)

    /// The answer with these warnings.
    public init(warnings: [String], askedAt: Timestamp?) {
        let warnings = PodSecurityWarnings(warnings)
        self =
            if warnings.isExempt {
                .exempt
            } else if warnings.isCutOff, warnings.refusals.isEmpty {
                .notKnown("there are more warnings than it sends", askedAt: askedAt)
            } else {
                .notExempt
            }
    }
}

/// What the API server has said of its Pod Security admission in one namespace.
public struct AdmissionKnowledge: Sendable, Hashable {
    /// How it would take the policy that is wanted.
    public private(set) var answer: AdmissionAnswer?
    /// Whether it leaves the namespace alone.
    public private(set) var exemption: AdmissionExemption?

    /// It was not asked.
    public init() {}

    /// It has answered about a policy.
    public mutating func take(_ answer: AdmissionAnswer) {
        self.answer = answer
        if let isExempt = answer.isExempt { exemption = isExempt ? .exempt : .notExempt }
    }

    /// It was asked for the exemption. Where that failed, what was known before stands.
    public mutating func take(_ exemption: AdmissionExemption) {
        if case .notKnown = exemption, [.exempt, .notExempt].contains(self.exemption) { return }
        self.exemption = exemption
    }

    /// It may be another server now, with another configuration.
    public mutating func forgetExemption() { exemption = nil }
}
