import KubernetesAPI
import PodSecurity

// What enforcing a level would refuse. Nothing happens when the label is written: what runs goes on running, and the next
// drain, rollout or scale-up is refused. So templates count, also of what has no pods at the moment, which the API
// server's own warning does not look at.

extension PodSecurityControl {
    /// What would be refused at its next start.
    public func impact(_ view: NamespaceView) -> [Impact] {
        let policy = target(view)
        var impacts: [Impact] = view.workloads.compactMap { group in
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
        if let answer = view.admissionAnswer, answer.policy == policy {
            // What it says of pods whose owner was found here already is nothing new.
            let known = view.workloads.filter { group in impacts.contains { $0.subject == "\(group.identity)" } }
                .flatMap(\.pods).map(\.name)
            impacts += answer.warnings.filter { warning in !known.contains { warning.hasPrefix($0) } }.map { warning in
                let pod = warning.prefix { $0 != " " && $0 != ":" }
                let group = view.workloads.first { $0.pods.contains { $0.name == pod } }
                return Impact(
                    .high,
                    .podsRefused,
                    group.map { "\($0.identity)" } ?? "Pod/\(pod)",
                    "the API server says that it would refuse by \(policy): \(warning)"
                )
            }
        }
        return impacts
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
        return switch view.cluster.podSecurityAdmission {
        case .found: nil
        case .absent:
            "the API server takes labels that Pod Security admission would refuse: the plugin is off (or the server older "
                + "than 1.23), so the labels have no effect"
        case .notObserved(let why):
            "whether the API server's Pod Security admission is on cannot be seen: \(why)"
        }
    }

    /// Whether the server said that it leaves this namespace alone.
    func isExempt(_ view: NamespaceView) -> Bool {
        if let answer = view.admissionAnswer { return answer.isExempt }
        return view.namespace.inForce[.podSecurity]?.hasSuffix(Self.exemptMark) ?? false
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
