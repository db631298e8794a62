import KubernetesAPI
import PodSecurity

/// How one control stands in one namespace.
public struct Verdict: Sendable, Hashable {
    /// What can be said of it.
    public enum Standing: Sendable, Hashable {
        /// Nothing speaks against it.
        case compliant
        /// Something does.
        case nonCompliant
        /// It is there, but whether it has any effect cannot be told, or it has none.
        case unverified
        /// The profile asks nothing of it here, for a reason and perhaps until a date.
        case exempt
    }

    /// What stands between the profile's wish to enforce and its being enforced.
    public enum Obstacle: Sendable, Hashable {
        /// It would break something.
        case held
        /// It has to be clean for longer.
        case pending
    }

    /// The control.
    public var control: ControlName
    /// What the control does.
    public var mode: Mode
    /// What is to be known of it, sorted.
    public var findings: [Finding]
    /// Why it may have no effect, if it may not.
    public var doubt: String?
    /// The exemption by which nothing is asked of it here.
    public var exemption: String?
    /// How many findings there would be more, were they not exempt.
    public var exemptFindings: Int
    /// The exemptions that made a difference.
    public var exemptions: Set<String>
    /// Why it is not enforced though the profile asks for it.
    public var obstacle: Obstacle?

    /// A verdict with the given parts.
    public init(
        control: ControlName,
        mode: Mode,
        findings: [Finding],
        doubt: String? = nil,
        exemption: String? = nil,
        exemptFindings: Int = 0,
        exemptions: Set<String> = [],
        obstacle: Obstacle? = nil
    ) {
        self.exemptions = exemptions.union([exemption].compactMap { $0 })
        self.control = control
        self.mode = mode
        self.findings = findings.sorted()
        self.doubt = doubt
        self.exemption = exemption
        self.exemptFindings = exemptFindings
        self.obstacle = obstacle
    }

    /// More is known of it.
    public mutating func add(_ findings: [Finding]) {
        self.findings = (self.findings + findings).sorted()
    }

    /// What can be said of it.
    public var standing: Standing {
        if exemption != nil { return .exempt }
        if findings.contains(where: \.isViolation) { return .nonCompliant }
        return doubt == nil ? .compliant : .unverified
    }

    /// Whether it is known to be as asked for.
    public var isCompliant: Bool { standing == .compliant }
}

/// One control in one namespace: whether it is enforced there now, and if not, why.
private struct Situation {
    var control: any Control
    /// What enforcing it would break, leaving out what is exempt.
    var impacts: [Impact]
    /// The exemption that lifts all of it.
    var exemption: String?
    /// Impacts and exemptions that were left out.
    var exempted: [String]
    /// Why it is not enforced as far as the profile asks.
    var obstacle: Verdict.Obstacle?
    /// What the obstacle is, for people.
    var explanation: String?
    /// What is enforced; `nil` if what is there is to stay as it is.
    var enforced: (any Control)?
    /// How far it is in force from now on.
    var extent: String?
    /// Since when nothing has stood in the way of Pod Security, while that is observed.
    var cleanSince: CleanSince?
    /// When something changes by itself.
    var nextChange: Timestamp?
}

extension CompiledProfile {
    /// How each control stands in a namespace that this profile governs.
    public func assess(_ view: NamespaceView) -> [Verdict] {
        controls.map { control in
            let name = type(of: control).name
            let situation = situation(of: control, view)
            if let exemption = situation.exemption {
                return Verdict(control: name, mode: control.mode, findings: [], exemption: exemption)
            }
            let (findings, exempted) = withoutExempt(control.assess(view), view)
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
                findings: findings + impacts + remarks(on: situation, doubt, view),
                doubt: doubt,
                exemptFindings: exempted.count + situation.exempted.count,
                exemptions: Set(exempted + situation.exempted),
                obstacle: situation.obstacle
            )
        }
    }

    /// The second at which something is to be looked at again though nothing has changed; `nil` if there is none.
    public func nextLook(_ view: NamespaceView) -> Timestamp? {
        guard let now = view.now else { return nil }
        var times = controls.compactMap { situation(of: $0, view).nextChange }
        if isWriting, let tokens = controls.lazy.compactMap({ $0 as? ServiceAccountTokenControl }).first,
            tokens.mode == .enforce, let seconds = tokens.nextLook(view)
        {
            times.append(Timestamp(secondsSinceEpoch: now.secondsSinceEpoch + seconds))
        }
        return times.filter { $0 > now }.min()
    }

    /// What the API server is to be asked before anything is written here: how its admission would take this policy.
    public func question(_ view: NamespaceView) -> Policy? {
        guard let control = controls.lazy.compactMap({ $0 as? PodSecurityControl }).first else { return nil }
        if case .absent = view.cluster.podSecurityAdmission { return nil }
        let situation = situation(of: control, view)
        let target = control.target(view)
        // Who goes ahead whatever the answer need not ask.
        guard !(control.isImmediate && !holdsOnDisruption), situation.exemption == nil, target.level > .privileged,
            !isInForce(control, view),
            situation.obstacle == nil || view.admissionAnswer?.warnings.isEmpty == false
        else { return nil }
        guard let answer = view.admissionAnswer, answer.policy == target else { return target }
        if answer.isFailure { return target }
        return !answer.warnings.isEmpty && answer.asOf != view.workloadsFingerprint ? target : nil
    }

    /// What is to be written so that a namespace that this profile governs is as it asks.
    ///
    /// What was written on behalf of `releasing` is given back, or taken over where this profile wants the same. So is
    /// what was written on behalf of `superseded`, but only as far as this profile writes: a control that it audits, or
    /// all of it when it does not write, leaves that as it is. What anybody else left, such as a profile that was deleted
    /// with Retain, is taken over or stays.
    public func plan(_ view: NamespaceView, releasing: Set<String> = [], superseded: Set<String> = []) -> Plan {
        guard isWriting else { return Plan.release(view, of: releasing.subtracting([name])) }
        let replaceable = releasing.union(superseded).union([name])
        let situations = Dictionary(
            uniqueKeysWithValues: controls.map { (type(of: $0).name, situation(of: $0, view)) }
        )
        var steps: [Plan.Step] = []
        for kind in Controls.all {
            let situation = situations[kind.name].flatMap { $0.exemption == nil ? $0 : nil }
            let operations: [Operation] =
                switch situation?.control.mode {
                case .enforce: situation?.enforced?.plan(view, for: name, replacing: replaceable) ?? []
                case .audit: kind.release(view, of: releasing.subtracting([name]))
                case .disabled, nil: kind.release(view, of: replaceable)
                }
            steps.append(Plan.Step(control: kind.name, operations: operations))
        }
        // First, so that whatever follows is found by the mark should this be the last thing we do.
        let document = namespaceDocument(
            view,
            situations,
            releasing: releasing,
            replaceable: replaceable,
            isAlone: steps.allSatisfy(\.operations.isEmpty)
        )
        return Plan([Plan.Step(control: .podSecurity, operations: document)] + steps)
    }

    // Pod Security labels, the mark and what is remembered are fields of one object, of which one document is applied.
    private func namespaceDocument(
        _ view: NamespaceView,
        _ situations: [ControlName: Situation],
        releasing: Set<String>,
        replaceable: Set<String>,
        isAlone: Bool
    ) -> [Operation] {
        let situation = situations[.podSecurity].flatMap { $0.exemption == nil ? $0 : nil }
        let podSecurity = situation?.control as? PodSecurityControl
        let labels: [String: String] =
            switch podSecurity?.mode {
            case .enforce:
                podSecurity?.ownLabels(view, enforcing: situation?.extent.flatMap(PodSecurityControl.policy)) ?? [:]
            case .audit where releasing.subtracting([name]).contains(view.namespace.profile ?? ""): [:]
            case .audit:
                view.namespace.labels.filter {
                    PodSecurityControl.labels.contains($0.key) && view.namespace.ownedLabels.contains($0.key)
                }
            case .disabled, nil: [:]
            }
        // Where labels of another profile stay, so does its mark, by which they are given back one day.
        let isKeptForAnother =
            podSecurity?.mode != .enforce && !view.namespace.ownedLabels.isDisjoint(with: PodSecurityControl.labels)
            && !(podSecurity == nil ? replaceable : releasing.union([name])).contains(view.namespace.profile ?? "")
        if isKeptForAnother { return [] }
        var state = NamespaceState()
        for (name, situation) in situations where situation.exemption == nil {
            state.inForce[name] = situation.extent
            state.cleanSince = situation.cleanSince ?? state.cleanSince
        }
        // A namespace in which all is held has nothing of ours, not even a mark.
        if !view.namespace.isMarked, labels.isEmpty, state == NamespaceState(), isAlone { return [] }
        return NamespaceDocument.operations(view.namespace, profile: name, labels: labels, state: state)
    }

    // MARK: Situations

    // Repair of what was in force is never held up: whoever undoes it must not win by what they bring along.
    private func isInForce(_ control: any Control, _ view: NamespaceView) -> Bool {
        [view.namespace.inForce[type(of: control).name], control.observedExtent(view)].compactMap { $0 }
            .contains { control.isCovered(by: $0, in: view) }
    }

    private func situation(of control: any Control, _ view: NamespaceView) -> Situation {
        let name = type(of: control).name
        var situation = Situation(control: control, impacts: [], exempted: [], enforced: control)
        situation.nextChange = view.now.flatMap { nextExemptionChange(after: $0) }
        if let exemption = exemption(of: name, view) {
            situation.exemption = exemption
            return situation
        }
        for impact in control.impact(view) {
            if let exemption = exemption(of: impact, view) {
                situation.exempted.append(exemption)
            } else {
                situation.impacts.append(impact)
            }
        }
        guard control.mode == .enforce else {
            // Whatever is there stays, and with it what is known of it.
            situation.extent = view.namespace.inForce[name]
            return situation
        }
        // Of a control that can do nothing here, nothing is in force.
        let extent = Optional(control.extent(view)).flatMap { $0.isEmpty ? nil : $0 }
        if isInForce(control, view) {
            situation.extent = extent
            return situation
        }
        var obstacles = situation.impacts.filter(\.holds).map { "\($0.subject) (\($0.reason.rawValue))" }
        let blind = view.unobserved.keys.filter { type(of: control).evidence.contains($0) }.sorted()
        if !blind.isEmpty { obstacles.append("\(blind.joined(separator: ", ")) cannot be observed") }
        if let podSecurity = control as? PodSecurityControl, !podSecurity.isImmediate {
            rollOut(podSecurity, obstacles, view, &situation)
        } else if holdsOnDisruption, !obstacles.isEmpty {
            situation.obstacle = .held
            situation.explanation =
                "not enforced while it would break something or that cannot be told: \(Self.list(obstacles)). Each Impact "
                + "finding says what to do; or exempt it, or set onDisruption: Proceed"
        }
        guard situation.obstacle != nil else {
            situation.extent = extent
            return situation
        }
        let inForce =
            view.namespace.inForce[name]
            ?? control.observedExtent(view).flatMap { observed in
                // Others' labels are theirs, and not what is in force for us.
                name == .podSecurity && !view.namespace.ownedLabels.contains(PodSecurityControl.Kind.enforce.levelLabel)
                    ? nil : observed
            }
        situation.extent = inForce
        situation.enforced = inForce.flatMap { control.limited(to: $0) }
        return situation
    }

    // `enforce` is written once nothing has stood in the way for as long as was asked.
    private func rollOut(
        _ control: PodSecurityControl,
        _ obstacles: [String],
        _ view: NamespaceView,
        _ situation: inout Situation
    ) {
        let target = control.target(view)
        guard obstacles.isEmpty else {
            situation.obstacle = .pending
            situation.explanation =
                "enforce=\(target) is written once nothing has violated it for \(Self.duration(control.observeSeconds)): "
                + "in the way: \(Self.list(obstacles))"
            return
        }
        guard let now = view.now else { return }
        // A time that is yet to come was written by a clock that was wrong.
        let known = view.namespace.cleanSince.flatMap { $0.policy == "\(target)" ? min($0.time, now) : nil }
        let since = known ?? now
        let due = Timestamp(secondsSinceEpoch: since.secondsSinceEpoch + control.observeSeconds)
        guard now < due else { return }
        situation.cleanSince = CleanSince("\(target)", since: since)
        situation.obstacle = .pending
        situation.nextChange = [situation.nextChange, due].compactMap { $0 }.min()
        situation.explanation =
            "enforce=\(target) is written at \(due): nothing has violated it since \(since), and nothing must for "
            + Self.duration(control.observeSeconds)
    }

    // MARK: Wording

    private func remarks(on situation: Situation, _ doubt: String?, _ view: NamespaceView) -> [Finding] {
        let control = type(of: situation.control).name
        func remark(_ reason: Finding.Reason, _ message: String) -> Finding {
            Finding(
                type: .impact,
                namespace: view.namespace.name,
                control: control,
                severity: .info,
                reason: reason,
                message: message
            )
        }
        var remarks: [Finding] = []
        switch situation.obstacle {
        case .held: remarks.append(remark(.enforcementHeld, situation.explanation ?? ""))
        case .pending: remarks.append(remark(.enforcementPending, situation.explanation ?? ""))
        case nil: break
        }
        guard let podSecurity = situation.control as? PodSecurityControl else { return remarks }
        if let doubt, podSecurity.isExempt(view) { remarks.append(remark(.unverified, doubt)) }
        remarks += view.workloads.compactMap { group in
            group.refusal.map { refusal in
                Finding(
                    type: .impact,
                    namespace: view.namespace.name,
                    control: control,
                    workload: "\(group.identity)",
                    severity: .high,
                    reason: .enforcementDisrupted,
                    message: "\(group) cannot start pods: \(refusal)"
                )
            }
        }
        return remarks
    }

    private static func list(_ items: [String]) -> String {
        let shown = items.prefix(3).joined(separator: ", ")
        return items.count > 3 ? "\(shown) and \(items.count - 3) more" : shown
    }

    private static func duration(_ seconds: Int64) -> String {
        if seconds > 0, seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        if seconds > 0, seconds % 60 == 0 { return "\(seconds / 60)m" }
        return "\(seconds)s"
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
