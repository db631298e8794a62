import KubernetesAPI

/// Judges pods by the Pod Security Standards as the API server's PodSecurity admission does.
///
/// A server knows the revisions of its own release and older ones: it takes a version that is newer than itself, and
/// `latest`, for the newest it knows. So the same pod and policy may fare differently on two servers.
///
/// A pod is judged as it stands. What the server makes of a manifest before it judges is ``asCreated(_:)``.
///
/// Source: Kubernetes documentation, *Pod Security Standards* and *Pod Security Admission*;
/// `k8s.io/pod-security-admission/policy/registry.go`.
public struct Evaluator: Sendable {
    private let serverMinor: Int

    /// An evaluator that answers as a server of Kubernetes 1.`serverMinor` does; as the newest known here, if `nil`.
    public init(serverMinor: Int? = nil) {
        self.serverMinor = serverMinor ?? .max
    }

    /// What `policy` says of `pod`.
    public func judge(_ pod: PodTemplateSpec, by policy: Policy) -> Verdict {
        var violations: [Violation] = []
        let checks = checks(of: policy), minor = minor(of: policy.version)
        for check in Check.all where checks.contains(CheckSet(check.id)) {
            if let reason = check.rule(in: minor)?(pod) {
                violations.append(Violation(check: check.id, reason: reason))
            }
        }
        return Verdict(policy: policy, violations: violations)
    }

    /// The checks that `pod` fails in `version`, of every level: with ``checks(of:)``, enough to answer for each level.
    public func failedChecks(of pod: PodTemplateSpec, in version: Version) -> CheckSet {
        var failed: CheckSet = []
        let minor = minor(of: version)
        for check in Check.all {
            if let rule = check.rule(in: minor), rule(pod) != nil { failed.insert(CheckSet(check.id)) }
        }
        return failed
    }

    /// The checks that `policy` consists of. A pod is admitted that fails none of them.
    public func checks(of policy: Policy) -> CheckSet {
        let minor = minor(of: policy.version)
        var checks: CheckSet = [], replaced: CheckSet = []
        for check in Check.all where check.level <= policy.level && check.rule(in: minor) != nil {
            checks.insert(CheckSet(check.id))
            if let baseline = check.replaced { replaced.insert(CheckSet(baseline)) }
        }
        return checks.subtracting(replaced)
    }

    /// Whether what an annotation of this name says can bear on a pod's verdict.
    public static func reads(annotation name: String) -> Bool {
        [AppArmorAnnotation.prefix, SeccompAnnotation.ofContainer, SeccompAnnotation.ofPod].contains {
            name.utf8.starts(with: $0.utf8)
        }
    }

    func minor(of version: Version) -> Int {
        switch version {
        case .minor(let minor): min(minor, serverMinor)
        case .latest: serverMinor
        }
    }
}
