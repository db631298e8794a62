import KubernetesAPI
import PodSecurity

/// One namespace, judged by the profile that governs it: how each control stands, and what is to be written.
///
/// All that it says comes of the one view that it was made with; whoever has written something, judges anew.
public struct Judgement: Sendable {
    private let decision: Governance.Decision
    // Whose measure it is: the governor, or who would govern were the namespace not protected.
    let profile: CompiledProfile?
    let view: NamespaceView
    // In the order of the profile's controls.
    let situations: [Situation]

    /// Judges the namespace of `view`, about which was decided like this.
    public init(_ decision: Governance.Decision, _ view: NamespaceView) {
        self.decision = decision
        self.view = view
        let profile = decision.governor ?? decision.protectedFrom.first
        self.profile = profile
        // Nothing is asked of a protected namespace but that only the system's own runs there.
        let controls =
            decision.governor?.controls
            ?? profile?.controls.compactMap { ($0 as? WorkloadsControl)?.ofSystemNamespaces } ?? []
        situations = controls.compactMap { profile?.situation(of: $0, view) }
    }

    /// How each control stands.
    public var verdicts: [Verdict] { profile.map { profile in situations.map { verdict(on: $0, profile) } } ?? [] }

    /// The controls that are in force here on behalf of the governor, and how far, by what is remembered on the namespace.
    public var inForce: [ControlName: String] {
        guard let governor = decision.governor else { return [:] }
        var inForce: [ControlName: String] = [:]
        for situation in situations {
            let name = type(of: situation.control).name
            inForce[name] = governor.remembered(name, view.namespace)
        }
        return inForce
    }

    /// The second at which something is to be looked at again though nothing has changed; `nil` if there is none.
    public var nextLook: Timestamp? {
        guard let now = view.now, let profile else { return nil }
        var times = situations.compactMap(\.nextChange) + [nextQuestion].compactMap { $0 }
        if profile.isWriting,
            let tokens = situations.lazy.compactMap({ $0.control as? ServiceAccountTokenControl }).first,
            tokens.mode == .enforce, let seconds = tokens.nextLook(view)
        {
            times.append(Timestamp(secondsSinceEpoch: now.secondsSinceEpoch + seconds))
        }
        return times.filter { $0 > now }.min()
    }

    // MARK: Verdicts

    private func verdict(on situation: Situation, _ profile: CompiledProfile) -> Verdict {
        let control = situation.control
        let name = type(of: control).name
        if let exemption = situation.exemption {
            return Verdict(control: name, mode: control.mode, findings: [], exemption: exemption)
        }
        let (findings, exempted) = profile.withoutExempt(control.assess(view), view)
        let impacts = situation.impacts.map { impact in
            Finding(
                type: .impact,
                namespace: view.namespace.name,
                control: name,
                workload: impact.subject,
                severity: impact.severity,
                reason: impact.reason,
                message: impact.message
            )
        }
        let doubt = control.doubt(view)
        return Verdict(
            control: name,
            mode: control.mode,
            findings: findings + impacts + remarks(on: situation, doubt),
            doubt: doubt,
            exemptFindings: exempted.count + situation.exempted.count,
            exemptions: Set(exempted + situation.exempted),
            obstacle: situation.obstacle,
            isBlocked: situation.isBlocked
        )
    }

    private func remarks(on situation: Situation, _ doubt: String?) -> [Finding] {
        let control = type(of: situation.control).name
        func remark(
            _ severity: Severity,
            _ reason: Finding.Reason,
            workload: String? = nil,
            _ message: String
        ) -> Finding {
            Finding(
                type: .impact,
                namespace: view.namespace.name,
                control: control,
                workload: workload,
                severity: severity,
                reason: reason,
                message: message
            )
        }
        var remarks: [Finding] = []
        switch situation.obstacle {
        case .held: remarks.append(remark(.info, .enforcementHeld, situation.explanation ?? ""))
        case .pending: remarks.append(remark(.info, .enforcementPending, situation.explanation ?? ""))
        case nil: break
        }
        guard let podSecurity = situation.control as? PodSecurityControl else { return remarks }
        if let doubt, podSecurity.isExempt(view) { remarks.append(remark(.info, .unverified, doubt)) }
        remarks += view.workloads.compactMap { group in
            group.refusal.map { refusal in
                remark(
                    .high,
                    .enforcementDisrupted,
                    workload: "\(group.identity)",
                    "\(group) cannot start pods: \(refusal)"
                )
            }
        }
        return remarks
    }

    // MARK: Plan

    /// What is to be written so that the namespace is as its governor asks.
    ///
    /// What was written on behalf of those whose traces are to be released is given back, or taken over where the governor
    /// wants the same. So is what was written on behalf of those that it supersedes, but only as far as it writes: a
    /// control that it audits, or all of it when it does not write, leaves that as it is. What anybody else left, such as
    /// a profile that was deleted with Retain, is taken over or stays.
    public var plan: Plan {
        let writes = writes
        return Plan(writes.steps + record(ofWrites: writes).steps)
    }

    /// Of the plan, what is written into the namespace, or all of it where nobody governs.
    public var writes: Plan {
        guard let governor = decision.governor else {
            return Plan.release(view, of: decision.releasing.subtracting([decision.frozenBy].compactMap { $0 }))
        }
        guard governor.isWriting else { return Plan.release(view, of: releasing(governor)) }
        return Plan(
            Controls.all.map { kind in
                let situation = asked(of: kind.name)
                let operations: [Operation] =
                    switch situation?.control.mode {
                    case .enforce:
                        situation?.enforced?.plan(view, for: governor.name, replacing: replaceable(governor)) ?? []
                    case .audit: kind.release(view, of: releasing(governor))
                    case .disabled, nil: kind.release(view, of: replaceable(governor))
                    }
                return Plan.Step(control: kind.name, operations: operations)
            }
        )
    }

    /// Of the plan, what is written to the namespace itself: its labels, and what is remembered. Last, so that nothing is
    /// remembered to be in force that is not: of controls that `failed`, what was so before.
    public func record(ofWrites writes: Plan, failed: Set<ControlName> = []) -> Plan {
        guard let governor = decision.governor, governor.isWriting else { return Plan([]) }
        return Plan([
            Plan.Step(
                control: .podSecurity,
                operations: namespaceDocument(governor, failed, isAlone: writes.isEmpty)
            )
        ])
    }

    private func releasing(_ governor: CompiledProfile) -> Set<String> {
        decision.releasing.subtracting([governor.name])
    }

    private func replaceable(_ governor: CompiledProfile) -> Set<String> {
        decision.releasing.union(decision.superseded).union([governor.name])
    }

    // How a control stands of which something is asked here.
    private func asked(of control: ControlName) -> Situation? {
        situations.first { type(of: $0.control).name == control && $0.exemption == nil }
    }

    // Pod Security labels, the mark and what is remembered are fields of one object, of which one document is applied.
    private func namespaceDocument(
        _ governor: CompiledProfile,
        _ failed: Set<ControlName>,
        isAlone: Bool
    ) -> [Operation] {
        let releasing = releasing(governor)
        let replaceable = replaceable(governor)
        let situation = asked(of: .podSecurity)
        let podSecurity = situation?.control as? PodSecurityControl
        let labels: [String: String] =
            switch podSecurity?.mode {
            case .enforce:
                podSecurity?.ownLabels(view, enforcing: situation?.extent.flatMap(PodSecurityControl.policy)) ?? [:]
            case .audit where releasing.contains(view.namespace.profile ?? ""): [:]
            case .audit:
                view.namespace.labels.filter {
                    PodSecurityControl.labels.contains($0.key) && view.namespace.ownedLabels.contains($0.key)
                }
            case .disabled, nil: [:]
            }
        // Where labels of another profile stay, so does its mark, by which they are given back one day.
        let isKeptForAnother =
            podSecurity?.mode != .enforce && !view.namespace.ownedLabels.isDisjoint(with: PodSecurityControl.labels)
            && !(podSecurity == nil ? replaceable : releasing.union([governor.name]))
                .contains(view.namespace.profile ?? "")
        if isKeptForAnother { return [] }
        var state = NamespaceState()
        for situation in situations where situation.exemption == nil {
            let name = type(of: situation.control).name
            state.inForce[name] = failed.contains(name) ? situation.before : situation.extent
            state.cleanSince = situation.cleanSince ?? state.cleanSince
        }
        if state != NamespaceState() { state.stamp = governor.stamp(of: view.namespace) }
        // A namespace in which all is held has nothing of ours, not even a mark.
        if !view.namespace.isMarked, labels.isEmpty, state == NamespaceState(), isAlone { return [] }
        return NamespaceDocument.operations(view.namespace, profile: governor.name, labels: labels, state: state)
    }
}

extension CompiledProfile {
    /// How each control stands in a namespace that this profile governs.
    public func assess(_ view: NamespaceView) -> [Verdict] { judge(view).verdicts }

    /// What is to be written so that a namespace that this profile governs is as it asks: see ``Judgement/plan``.
    public func plan(_ view: NamespaceView, releasing: Set<String> = [], superseded: Set<String> = []) -> Plan {
        judge(view, releasing: releasing, superseded: superseded).plan
    }

    /// Judges a namespace that it governs.
    public func judge(
        _ view: NamespaceView,
        releasing: Set<String> = [],
        superseded: Set<String> = []
    ) -> Judgement {
        var decision = Governance.Decision()
        decision.governor = self
        decision.releasing = releasing
        decision.superseded = superseded
        return Judgement(decision, view)
    }
}

extension Plan {
    /// What gives back all that was written to a namespace on behalf of `profiles`; the mark goes last.
    public static func release(_ view: NamespaceView, of profiles: Set<String>) -> Plan {
        guard !profiles.isEmpty else { return Plan([]) }
        var steps = Controls.all.map { Plan.Step(control: $0.name, operations: $0.release(view, of: profiles)) }
        if view.namespace.isMarked, profiles.contains(view.namespace.profile ?? "") {
            let operations = NamespaceDocument.operations(view.namespace, profile: nil, labels: [:])
            steps.append(Plan.Step(control: .podSecurity, operations: operations))
        }
        return Plan(steps)
    }
}
