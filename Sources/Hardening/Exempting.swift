import KubernetesAPI

// Where exemptions bear on a judgement: on a whole control, on what is found of workloads, and on what Pod Security would
// refuse.

extension CompiledProfile {
    /// The exemption that lifts all of `control` in this namespace.
    func exemption(of control: ControlName, _ view: NamespaceView) -> String? {
        exemptions.first { $0.covers(control, in: view.namespace, at: view.time) }?.name
    }

    /// The exemption by which what the impact comes of is accepted: from each of its checks, by name. One from the
    /// reports of control `workloads` says nothing about what may be broken.
    func exemption(of impact: Impact, _ view: NamespaceView) -> String? {
        guard !impact.checks.isEmpty else { return nil }
        let group = view.workloads.first { "\($0.identity)" == impact.subject }
        let found = impact.checks.sorted().map { check in
            exemptions.first { exemption in
                exemption.isFromChecks
                    && exemption.covers(check: check, in: view.namespace, workload: group, at: view.time)
            }?.name
        }
        return found.contains(nil) ? nil : found.first ?? nil
    }

    /// The findings that no exemption covers, and the exemptions of the others.
    func withoutExempt(_ findings: [Finding], _ view: NamespaceView) -> (findings: [Finding], exempted: [String]) {
        guard !exemptions.isEmpty else { return (findings, []) }
        var kept: [Finding] = []
        var exempted: [String] = []
        for finding in findings {
            guard let check = finding.check,
                let exemption = exemptions.first(where: { exemption in
                    let group = view.workloads.first { "\($0.identity)" == finding.workload }
                    return exemption.covers(check: check, in: view.namespace, workload: group, at: view.time)
                })
            else {
                kept.append(finding)
                continue
            }
            exempted.append(exemption.name)
        }
        return (kept, exempted)
    }

    /// How the exemptions fare, each of which makes a difference in so many namespaces.
    func exemptions(used: [String: Int], at now: Timestamp) -> ExemptionTally? {
        exemptions.isEmpty ? nil : ExemptionTally(exemptions, matches: used, at: now)
    }

    /// The next second at which an exemption ends or begins to end soon.
    public func nextExemptionChange(after now: Timestamp) -> Timestamp? { exemptions.nextChange(after: now) }

    /// What is to be known of the cluster itself, if the profile asks.
    public func assess(_ cluster: ClusterFacts) -> [Finding] {
        controls.compactMap { $0 as? WorkloadsControl }.flatMap { $0.assess(cluster: cluster) }
    }
}

extension NamespaceView {
    // Without a clock nothing ends.
    fileprivate var time: Timestamp { now ?? Timestamp(secondsSinceEpoch: 0) }
}
