import KubernetesAPI

/// A check that a pod fails, with the versions of the standards in which it fails it for this reason.
///
/// All of a pod's together are enough to answer for every policy on every server, without the pod.
public struct VersionedViolation: Sendable, Hashable {
    /// The check.
    public var check: CheckID
    /// The minor versions N of `v1.N` in which the pod fails for this reason; up to `Int.max` where that is so in the
    /// newest revision.
    public var versions: Range<Int>
    /// The reason without particulars, such as `host namespaces`.
    public var summary: String
    /// Which containers, fields and values, such as `hostNetwork=true`; may be empty.
    public var detail: String
    /// What would have to be changed for the pod to pass.
    public var remedies: [Remedy]
}

extension VersionedViolation: CustomStringConvertible {
    /// Reason and particulars, such as `host namespaces (hostNetwork=true)`.
    public var description: String { detail.isEmpty ? summary : "\(summary) (\(detail))" }
}

extension Evaluator {
    /// Every check that `pod` fails in any version: in the server's order, and of one check the older versions first.
    ///
    /// Each revision of a check is asked once; adjacent ones that say the same in the same words are one violation.
    public static func history(of pod: PodTemplateSpec) -> [VersionedViolation] {
        var history: [VersionedViolation] = []
        for check in Check.all {
            for (index, revision) in check.revisions.enumerated() {
                guard let reason = revision.rule(pod) else { continue }
                let end = index + 1 < check.revisions.count ? check.revisions[index + 1].since : Int.max
                let violation = VersionedViolation(
                    check: check.id,
                    versions: revision.since..<end,
                    summary: reason.summary,
                    detail: reason.detail(),
                    remedies: Remedy.remedies(for: check.id, in: revision.since, of: pod)
                )
                if let last = history.last, last.continues(in: violation) {
                    history[history.count - 1].versions = last.versions.lowerBound..<end
                } else {
                    history.append(violation)
                }
            }
        }
        return history
    }

    /// What `policy` comes to on this server.
    public func effective(_ policy: Policy) -> EffectivePolicy {
        EffectivePolicy(checks: checks(of: policy), minor: minor(of: policy.version))
    }
}

extension VersionedViolation {
    fileprivate func continues(in next: VersionedViolation) -> Bool {
        check == next.check && versions.upperBound == next.versions.lowerBound && summary == next.summary
            && detail.utf8.elementsEqual(next.detail.utf8) && remedies == next.remedies
    }
}

/// A policy as a server takes it: the checks that it consists of, and the minor version in which they are asked.
public struct EffectivePolicy: Sendable, Hashable {
    /// The checks.
    public let checks: CheckSet
    /// N of the version `v1.N`; `Int.max` for the newest known.
    public let minor: Int

    /// The policy of these checks in version 1.`minor`.
    public init(checks: CheckSet, minor: Int) {
        self.checks = checks
        self.minor = minor
    }

    /// Whether a pod that fails `check` in `versions` violates this policy.
    public func forbids(_ check: CheckID, in versions: Range<Int>) -> Bool {
        checks.contains(CheckSet(check)) && isIn(versions)
    }

    /// Whether its version is one of `versions`.
    public func isIn(_ versions: Range<Int>) -> Bool {
        // No range has Int.max in it, which is the newest version here.
        versions.contains(min(minor, .max - 1))
    }
}
