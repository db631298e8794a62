import KubernetesAPI
import PodSecurity

// What enforcing a level would refuse. Nothing happens when the label is written: what runs goes on running, and the next
// drain, rollout or scale-up is refused. So templates count, also of what has no pods at the moment, which the API
// server's own warning does not look at.

extension PodSecurityControl {
    /// What would be refused at its next start.
    public func impact(_ view: NamespaceView) -> [Impact] {
        let policy = target(view)
        let impacts: [Impact] = view.workloads.compactMap { group in
            var seen: Set<String> = []
            let violations = group.members.flatMap { member in
                (member.facts?.violations(of: policy, serverMinor: view.cluster.serverMinor) ?? [])
            }.filter { seen.insert($0.message).inserted }
            guard !violations.isEmpty else { return nil }
            let remedies = violations.flatMap(\.remedies).prefix(3)
                .map { $0.inWords(below: group.templates.first?.templatePrefix ?? "") }
            return Impact(
                .high,
                .podsRefused,
                "\(group.identity)",
                "\(group) would be refused at its next start by \(policy): "
                    + violations.map(\.message).joined(separator: ", ")
                    + (remedies.isEmpty ? "" : ". To be admitted: \(remedies.joined(separator: "; "))"),
                checks: Set(violations.map(\.check))
            )
        }
        return impacts + answered(policy, view, besides: impacts)
    }

    // What the API server says beyond what was found here: of pods that are not known yet, or that are judged by other
    // rules there. It counts pods that are over, too, which nothing will start again.
    private func answered(_ policy: Policy, _ view: NamespaceView, besides found: [Impact]) -> [Impact] {
        guard let answer = view.admission.answer, answer.policy == policy, answer.isExempt != true else { return [] }
        let subjects = Set(found.map(\.subject))
        let accounted =
            view.podsThatAreOver + view.workloads.filter { subjects.contains("\($0.identity)") }.flatMap(\.pods)
        let names = Set(accounted.map(\.name))
        let violating = Set(
            accounted.filter {
                $0.facts?.violations(of: policy, serverMinor: view.cluster.serverMinor).isEmpty == false
            }
            .map(\.name)
        )
        func impact(_ subject: String, _ message: String) -> Impact {
            var impact = Impact(.high, .podsRefused, subject, message)
            impact.isAnswered = true
            return impact
        }
        let refusals = answer.refusals.filter { refusal in
            !(names.contains(refusal.pod) && refusal.others < max(violating.count, 1))
        }
        return refusals.map { refusal in
            let group = view.workloads.first { $0.pods.contains { $0.name == refusal.pod } }
            return impact(
                group.map { "\($0.identity)" } ?? "Pod/\(refusal.pod)",
                "the API server says that it would refuse by \(policy): \(refusal)"
            )
        }
            + answer.gaps.map { gap in
                impact(
                    "Namespace/\(view.namespace.name)",
                    "whether the API server would refuse more by \(policy) is not known: \(gap)"
                )
            }
    }

    /// What is to be enforced.
    public func extent(_ view: NamespaceView) -> String {
        "\(target(view))" + (isExempt(view) ? Self.exemptMark : "")
    }

    /// If that is at least as strict.
    public func isCovered(by extent: String, in view: NamespaceView) -> Bool {
        Self.policy(extent)?.isAtLeastAsStrict(as: target(view)) ?? false
    }

    /// What the labels enforce, whoever set them.
    public func observedExtent(_ view: NamespaceView) -> String? {
        Self.policy(.enforce, in: view.namespace).map { "\($0)" }
    }

    /// Labels are just labels where the API server does not act on them.
    public func doubt(_ view: NamespaceView) -> String? {
        if isExempt(view) {
            return
                "the API server's configuration exempts this namespace from Pod Security admission, so the labels have "
                + "no effect: take it out of the exemptions of AdmissionConfiguration"
        }
        switch view.cluster.podSecurityAdmission {
        case .found:
            guard case .notKnown(let why, _) = view.admission.exemption else { return nil }
            return
                "whether the API server's configuration exempts this namespace from Pod Security admission is not "
                + "known, since it could not be asked: \(why)"
        case .absent:
            return
                "the API server takes labels that Pod Security admission would refuse: the plugin is off (or the server "
                + "older than 1.23), so the labels have no effect"
        case .notObserved(let why):
            return "whether the API server's Pod Security admission is on cannot be seen: \(why)"
        }
    }

    /// Whether the server said that it leaves this namespace alone.
    func isExempt(_ view: NamespaceView) -> Bool {
        switch view.admission.exemption {
        case .exempt: true
        case .notExempt: false
        case .notKnown, nil: view.namespace.inForce[.podSecurity]?.hasSuffix(Self.exemptMark) ?? false
        }
    }

    /// The policy that an extent speaks of.
    static func policy(_ extent: String) -> Policy? {
        let parts = extent.prefix { $0 != "+" }.split(separator: ":")
        guard parts.count == 2, let level = Level(rawValue: String(parts[0])), let version = Version(String(parts[1]))
        else { return nil }
        return Policy(level: level, version: version)
    }

    private static let exemptMark = "+exempt"
}
