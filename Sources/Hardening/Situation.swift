import KubernetesAPI
import PodSecurity

/// One control in one namespace: whether it is enforced there now, and if not, why.
struct Situation {
    var control: any Control
    /// What enforcing it would break, leaving out what is exempt.
    var impacts: [Impact]
    /// The exemption that lifts all of it.
    var exemption: String?
    /// Impacts and exemptions that were left out.
    var exempted: [String]
    /// Why it is not enforced as far as the profile asks.
    var obstacle: Verdict.Obstacle?
    /// Whether that is more than time.
    var isBlocked = false
    /// What the obstacle is, for people.
    var explanation: String?
    /// What is enforced; `nil` if what is there is to stay as it is.
    var enforced: (any Control)?
    /// How far it is in force from now on, if all that is to be written is.
    var extent: String?
    /// How far it was in force before.
    var before: String?
    /// Since when nothing has stood in the way of Pod Security, while that is observed.
    var cleanSince: CleanSince?
    /// When something changes by itself.
    var nextChange: Timestamp?
}

extension CompiledProfile {
    /// To whom what is remembered of a namespace applies: to this profile, for as long as it has been writing without a
    /// break, and to this namespace and no copy of it. What nobody looked after may have gone long ago, and putting it back
    /// would be no repair.
    func stamp(of namespace: ObservedNamespace) -> String {
        StableHash.hex(
            "\(namespace.uid) \(name) \(creationTimestamp.secondsSinceEpoch) \(writingSince?.secondsSinceEpoch ?? 0)"
        )
    }

    // How far a control is in force by what was written down.
    func remembered(_ control: ControlName, _ namespace: ObservedNamespace) -> String? {
        namespace.stateOf == stamp(of: namespace) ? namespace.inForce[control] : nil
    }

    // Repair of what was in force is never held up: whoever undoes it must not win by what they bring along.
    func isInForce(_ control: any Control, _ view: NamespaceView) -> Bool {
        [remembered(type(of: control).name, view.namespace), control.observedExtent(view)].compactMap { $0 }
            .contains { control.isCovered(by: $0, in: view) }
    }

    func situation(of control: any Control, _ view: NamespaceView) -> Situation {
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
            // Whatever is there stays, and with it what is known of it; what has gone in the meantime has gone.
            situation.extent = remembered(name, view.namespace) == nil ? nil : control.observedExtent(view)
            situation.before = situation.extent
            return situation
        }
        situation.before =
            remembered(name, view.namespace)
            ?? control.observedExtent(view).flatMap { observed in
                // Others' labels are theirs, and not what is in force for us.
                name == .podSecurity && !view.namespace.ownedLabels.contains(PodSecurityControl.Kind.enforce.levelLabel)
                    ? nil : observed
            }
        // Of a control that can do nothing here, nothing is in force.
        let extent = Optional(control.extent(view)).flatMap { $0.isEmpty ? nil : $0 }
        let blind = view.unobserved.keys.filter { type(of: control).evidence.contains($0) }.sorted()
        let holding = situation.impacts.filter(\.holds)
        if isInForce(control, view) {
            situation.extent = extent
            if holdsOnDisruption, let sparing = control.sparing(holding, isBlind: !blind.isEmpty, in: view) {
                situation.enforced = sparing
            }
            return situation
        }
        var obstacles = holding.map { "\($0.subject) (\($0.reason.rawValue))" }
        if !blind.isEmpty { obstacles.append("\(blind.joined(separator: ", ")) cannot be observed") }
        if let podSecurity = control as? PodSecurityControl, !podSecurity.isImmediate {
            rollOut(podSecurity, obstacles, view, &situation)
        } else if holdsOnDisruption, !obstacles.isEmpty {
            situation.obstacle = .held
            situation.isBlocked = true
            situation.explanation =
                "not enforced while it would break something or that cannot be told: \(Self.list(obstacles)). Each Impact "
                + "finding says what to do; or exempt it, or set onDisruption: Proceed"
        }
        guard situation.obstacle != nil else {
            situation.extent = extent
            return situation
        }
        situation.extent = situation.before
        situation.enforced = situation.before.flatMap { control.limited(to: $0, in: view) }
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
            situation.isBlocked = true
            situation.explanation =
                "enforce=\(target) is written once nothing has violated it for \(Self.duration(control.observeSeconds)): "
                + "in the way: \(Self.list(obstacles))"
            return
        }
        guard let now = view.now else { return }
        // A time that is yet to come was written by a clock that was wrong.
        let known = view.namespace.cleanSince.flatMap { clean in
            let isOfUse = clean.policy == "\(target)" && view.namespace.stateOf == stamp(of: view.namespace)
            return isOfUse ? min(clean.time, now) : nil
        }
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
