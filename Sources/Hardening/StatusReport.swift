import KubernetesAPI

/// Makes a profile's status out of what is known of it.
public struct StatusReport: Sendable {
    /// The profile's name and generation.
    public var generation: Int64
    /// What it means, or why it is not understood.
    public var compiled: Result<CompiledProfile, InvalidProfile>
    /// Whether it is being deleted.
    public var isBeingDeleted: Bool
    /// What the ledger knows of it.
    public var totals: ComplianceLedger.Totals
    /// How many namespaces have not been looked at since the profile changed.
    public var pending: Int
    /// The resources that cannot be watched, and why: what is known of them may be out of date.
    public var unobserved: [String]
    /// Why the finalizer that the profile asks for could not be set, without which nothing is enforced.
    public var obstacle: String?

    /// A report of these parts.
    public init(
        generation: Int64,
        compiled: Result<CompiledProfile, InvalidProfile>,
        isBeingDeleted: Bool,
        totals: ComplianceLedger.Totals,
        pending: Int,
        unobserved: [String] = [],
        obstacle: String? = nil
    ) {
        self.generation = generation
        self.compiled = compiled
        self.isBeingDeleted = isBeingDeleted
        self.totals = totals
        self.pending = pending
        self.unobserved = unobserved
        self.obstacle = obstacle
    }

    /// The status to publish. Transition times of `previous` are kept where a condition's status has not changed, so that
    /// the same knowledge makes the same status.
    public func status(after previous: ProfileStatus?, at now: Timestamp) -> ProfileStatus {
        let profile = try? compiled.get()
        let pairs = totals.controls.values.reduce((0, 0)) { ($0.0 + $1.compliant, $0.1 + $1.nonCompliant) }
        let all = pairs.0 + pairs.1
        // While a control has not been judged anywhere, what the others say is no share of the whole.
        let isJudged =
            pending == 0
            || (profile?.controls ?? []).allSatisfy { totals.controls[type(of: $0).name] != nil }
        return ProfileStatus(
            observedGeneration: generation,
            conditions: [accepted, ready, compliant].map { $0.condition(generation, previous, now) },
            // Rounded down: 100 means all.
            compliancePercent: all == 0 || !isJudged ? nil : pairs.0 * 100 / all,
            namespaces: totals.namespaces,
            controls: (profile?.controls ?? []).map { control in
                let name = type(of: control).name
                let count = totals.controls[name] ?? .init()
                return .init(
                    name: name,
                    mode: control.mode,
                    compliant: count.compliant,
                    nonCompliant: count.nonCompliant
                )
            },
            findings: totals.firstFindings(ProfileStatus.findingsLimit),
            findingsTotal: totals.findingsTotal
        )
    }

    private struct Judgement {
        var type: Condition.ConditionType
        var status: Condition.Value
        var reason: String
        var message: String

        func condition(_ generation: Int64, _ previous: ProfileStatus?, _ now: Timestamp) -> Condition {
            let old = previous?.condition(type)
            return Condition(
                type: type,
                status: status,
                observedGeneration: generation,
                lastTransitionTime: old?.status == status ? old?.lastTransitionTime ?? now : now,
                reason: reason,
                message: message.shortened(to: Condition.messageLimit)
            )
        }
    }

    private var accepted: Judgement {
        switch compiled {
        case .success:
            Judgement(type: .accepted, status: .true, reason: "Accepted", message: "the spec is understood")
        case .failure(let error):
            Judgement(type: .accepted, status: .false, reason: "InvalidSpec", message: "\(error)")
        }
    }

    private var ready: Judgement {
        func ready(_ status: Condition.Value, _ reason: String, _ message: String) -> Judgement {
            Judgement(type: .ready, status: status, reason: reason, message: message)
        }
        if isBeingDeleted {
            let left = totals.traces.count
            let first = totals.failures.isEmpty ? totals.traces.min().map { "; first: \($0)" } ?? "" : firstFailure
            return ready(.false, "Releasing", "giving back what was enforced: \(namespaces(left)) to go\(first)")
        }
        guard case .success(let profile) = compiled else {
            return ready(
                .false,
                "InvalidSpec",
                "nothing is written until the spec is understood; what was enforced stays"
            )
        }
        if profile.mode == .disabled, !totals.traces.isEmpty {
            let left = namespaces(totals.traces.count)
            return profile.isSuspended
                ? ready(.false, "Suspended", "the profile is suspended, so what was enforced stays: in \(left)")
                : ready(.false, "Releasing", "giving back what was enforced: \(left) to go\(firstFailure)")
        }
        if !unobserved.isEmpty { return ready(.false, "WatchFailing", blindness) }
        if let obstacle {
            return ready(.false, "FinalizerRefused", "what cannot be given back is not enforced: \(obstacle)")
        }
        if pending > 0 { return ready(.false, "Reconciling", "\(namespaces(pending)) to go") }
        if !totals.failures.isEmpty {
            return ready(
                .false,
                "WritesFailing",
                "\(namespaces(totals.failures.count)) could not be written\(firstFailure)"
            )
        }
        if profile.mode == .disabled {
            return ready(.true, "Disabled", "the profile is disabled, and nothing of it is left")
        }
        if profile.isSuspended { return ready(.true, "Suspended", "the profile is suspended: judging, not writing") }
        if profile.mode == .audit {
            return ready(.true, "Audited", "every selected namespace is judged; nothing is written in mode Audit")
        }
        return ready(.true, "Reconciled", "every selected namespace is reconciled")
    }

    private var compliant: Judgement {
        func compliant(_ status: Condition.Value, _ reason: String, _ message: String) -> Judgement {
            Judgement(type: .compliant, status: status, reason: reason, message: message)
        }
        guard case .success(let profile) = compiled else {
            return compliant(.unknown, "InvalidSpec", "what to judge by is not understood")
        }
        if profile.mode == .disabled || isBeingDeleted {
            return compliant(.unknown, "NotJudged", "the profile judges nothing any more")
        }
        if !unobserved.isEmpty { return compliant(.unknown, "WatchFailing", blindness) }
        // What was not looked at yet may be anything: nothing is called compliant that nobody has judged.
        if pending > 0, totals.namespaces.nonCompliant == 0 {
            return compliant(.unknown, "Reconciling", "\(namespaces(pending)) still to be judged")
        }
        if totals.namespaces.selected == 0 {
            let others = totals.namespaces.shadowed + totals.namespaces.protected
            let why = others == 0 ? "" : ": \(others) that match are shadowed or protected"
            return compliant(.unknown, "NothingSelected", "no namespace is governed by this profile\(why)")
        }
        if totals.namespaces.nonCompliant > 0 {
            let worst = totals.firstFindings(1).first.map { "; first: \($0.namespace): \($0.message)" } ?? ""
            return compliant(
                .false,
                "NonCompliant",
                "\(totals.namespaces.nonCompliant) of \(namespaces(totals.namespaces.selected)) not compliant\(worst)"
            )
        }
        if totals.controls.isEmpty {
            return compliant(.unknown, "NothingJudged", "every control is disabled, so nothing is judged")
        }
        return compliant(.true, "Compliant", "every selected namespace is compliant")
    }

    private var blindness: String {
        "what is known may be out of date: cannot watch \(unobserved.joined(separator: ", ")): grant what manifests/ grants"
    }

    private var firstFailure: String {
        guard let first = totals.failures.min(by: { $0.key < $1.key }) else { return "" }
        return "; first: \(first.key): \(first.value)"
    }

    private func namespaces(_ count: Int) -> String {
        count == 1 ? "1 namespace" : "\(count) namespaces"
    }
}
