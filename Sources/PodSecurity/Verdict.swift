/// Why a pod fails a check.
public struct Violation: Sendable {
    /// The check.
    public let check: CheckID
    let reason: Reason

    /// The reason without particulars, such as `host namespaces`; what the server groups pods by.
    public var summary: String { reason.summary }

    /// Which containers, fields and values, such as `hostNetwork=true`; may be empty.
    public var detail: String { reason.detail() }
}

extension Violation: CustomStringConvertible {
    /// Reason and particulars, such as `host namespaces (hostNetwork=true)`.
    public var description: String {
        let detail = detail
        return detail.isEmpty ? summary : "\(summary) (\(detail))"
    }
}

/// What a policy says of a pod.
public struct Verdict: Sendable {
    /// The policy, in the version that was asked for.
    public let policy: Policy
    /// What the pod fails, in the server's order.
    public let violations: [Violation]

    /// Whether the policy admits the pod.
    public var allowed: Bool { violations.isEmpty }

    /// The checks that it fails.
    public var failedChecks: CheckSet { CheckSet(violations.lazy.map(\.check)) }

    /// What the API server says when it refuses the pod, after the pod's name:
    /// `violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), privileged (…)`. `nil` if it does not.
    ///
    /// Names and values in it are the pod's, as they are.
    public var message: String? {
        guard !allowed else { return nil }
        var text = "violates PodSecurity \"\(policy)\": "
        // Most messages fit, and then the text is copied once.
        text.reserveCapacity(512)
        for (index, violation) in violations.enumerated() {
            if index > 0 { text += ", " }
            text += violation.summary
            let detail = violation.detail
            if !detail.isEmpty {
                text += " ("
                text += detail
                text += ")"
            }
        }
        return text
    }
}
