/// How one control stands in one namespace.
public struct Verdict: Sendable, Hashable {
    /// The control.
    public var control: ControlName
    /// What the control does.
    public var mode: Mode
    /// What is to be known of it, sorted.
    public var findings: [Finding]

    /// A verdict with the given parts.
    public init(control: ControlName, mode: Mode, findings: [Finding]) {
        self.control = control
        self.mode = mode
        self.findings = findings.sorted()
    }

    /// Whether nothing speaks against it.
    public var isCompliant: Bool { !findings.contains(where: \.isViolation) }
}

extension CompiledProfile {
    /// How each control stands in a namespace that this profile governs.
    public func assess(_ view: NamespaceView) -> [Verdict] {
        controls.map { control in
            Verdict(control: type(of: control).name, mode: control.mode, findings: control.assess(view))
        }
    }

    /// In how many seconds there is something to write that it is too early for now; `nil` if nothing is.
    public func nextLook(_ view: NamespaceView) -> Int64? {
        guard isWriting else { return nil }
        return controls.lazy.compactMap { $0 as? ServiceAccountTokenControl }.filter { $0.mode == .enforce }
            .compactMap { $0.nextLook(view) }.first
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
        // Pod Security labels and the mark are fields of one object, of which one document is applied; first, so that
        // whatever follows is found by the mark should this be the last thing we do.
        let podSecurity = controls.lazy.compactMap { $0 as? PodSecurityControl }.first
        let labels: [String: String] =
            switch podSecurity?.mode {
            case .enforce: podSecurity?.ownLabels(view) ?? [:]
            case .audit where releasing.subtracting([name]).contains(view.namespace.profile ?? ""): [:]
            case .audit:
                view.namespace.labels.filter {
                    PodSecurityControl.labels.contains($0.key) && view.namespace.ownedLabels.contains($0.key)
                }
            case .disabled, nil: [:]
            }
        var steps: [Plan.Step] = []
        // Where labels of another profile stay, so does its mark, by which they are given back one day.
        let isKeptForAnother =
            podSecurity?.mode != .enforce && !view.namespace.ownedLabels.isDisjoint(with: PodSecurityControl.labels)
            && !(podSecurity == nil ? replaceable : releasing.union([name])).contains(view.namespace.profile ?? "")
        if !isKeptForAnother {
            let operations = NamespaceDocument.operations(view.namespace, profile: name, labels: labels)
            steps.append(Plan.Step(control: .podSecurity, operations: operations))
        }
        for kind in Controls.all {
            let control = controls.first { type(of: $0) == kind }
            let operations: [Operation] =
                switch control?.mode {
                case .enforce: control?.plan(view, for: name, replacing: replaceable) ?? []
                case .audit: kind.release(view, of: releasing.subtracting([name]))
                case .disabled, nil: kind.release(view, of: replaceable)
                }
            steps.append(Plan.Step(control: kind.name, operations: operations))
        }
        return Plan(steps)
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
