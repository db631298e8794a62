/// What Pod Security admission warns of when a namespace is to enforce another policy, told from other warnings.
///
/// Source: `k8s.io/pod-security-admission/admission/admission.go` (`ValidateNamespace`, `EvaluatePodsInNamespace`,
/// `decoratePodWarnings`, `exemptNamespaceWarning`); for how they are cut,
/// `k8s.io/apiserver/pkg/endpoints/filters/warning.go`.
public struct PodSecurityWarnings: Sendable, Hashable {
    /// Pods that the policy would refuse for one reason: `web-6d4b (and 2 other pods): privileged`.
    public struct Refusal: Sendable, Hashable, CustomStringConvertible {
        /// The first of them by name.
        public var pod: String
        /// How many more there are, whom nothing names.
        public var others: Int
        /// What speaks against them, in the server's words.
        public var reason: String

        /// As the server says it.
        public var description: String {
            switch others {
            case 0: "\(pod): \(reason)"
            case 1: "\(pod) (and 1 other pod): \(reason)"
            default: "\(pod) (and \(others) other pods): \(reason)"
            }
        }

        /// Pods that would be refused.
        public init(pod: String, others: Int = 0, reason: String) {
            self.pod = pod
            self.others = others
            self.reason = reason
        }

        /// Reads ``description``; `nil` for anything else.
        public init?(_ text: String) {
            guard let colon = text.firstRange(of: ": ") else { return nil }
            let subject = text[..<colon.lowerBound]
            pod = String(subject.prefix { $0 != " " })
            let rest = subject.dropFirst(pod.count)
            reason = String(text[colon.upperBound...])
            guard LabelSyntax.isDNSSubdomain(pod[...]), !reason.isEmpty else { return nil }
            if rest.isEmpty {
                others = 0
            } else if rest == " (and 1 other pod)" {
                others = 1
            } else if rest.hasPrefix(" (and "), rest.hasSuffix(" other pods)"),
                let count = Int(rest.dropFirst(6).dropLast(12)), count > 1
            {
                others = count
            } else {
                return nil
            }
        }
    }

    /// Whether the server's configuration exempts the namespace, so that no label has any effect.
    public var isExempt = false
    /// Pods that the policy would refuse.
    public var refusals: [Refusal] = []
    /// Why more pods might be refused than are said to, such as that not all were looked at.
    public var gaps: [String] = []
    /// Whether warnings may have been left out since there were too many.
    public var isCutOff = false
    /// What is not of Pod Security admission.
    public var others: [String] = []

    // In Unicode scalars. Once all warnings of an answer come to so many, the server leaves out what follows.
    private static let totalLimit = 4096
    // Before that, it cuts each of them to this.
    private static let itemLimit = 256

    /// Reads the texts of all `Warning` headers of one answer, in their order.
    public init(_ texts: [String]) {
        var isBelowHeadline = false
        for text in texts {
            if text.hasPrefix("namespace \""), text.contains("\" is exempt from Pod Security") {
                isExempt = true
            } else if text.hasPrefix("existing pods in namespace \""), text.contains("new PodSecurity enforce level") {
                isBelowHeadline = true
            } else if text.hasPrefix("new PodSecurity enforce level only checked against the first ")
                || text.hasPrefix("failed to list pods while checking new PodSecurity enforce level")
            {
                gaps.append(text)
            } else if text.hasPrefix("would violate PodSecurity \"") {
                // Of the level `warn`, about one pod or template.
                continue
            } else if isBelowHeadline, let refusal = Refusal(text) {
                refusals.append(refusal)
            } else if isBelowHeadline, text.unicodeScalars.count >= Self.itemLimit {
                gaps.append("cut short: \(text)")
            } else {
                others.append(text)
            }
        }
        if isBelowHeadline, refusals.isEmpty, gaps.isEmpty {
            gaps.append("existing pods violate it, and which is not said")
        }
        isCutOff = texts.reduce(0) { $0 + $1.unicodeScalars.count } >= Self.totalLimit
        if isCutOff {
            gaps.append("the API server has more to say than it sends")
        }
    }
}
