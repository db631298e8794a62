import KubernetesAPI

/// An exemption that is understood: from what, where, which workloads, and until when.
///
/// What it covers is neither compliant nor not. Time is always an argument, so that it ends without any event.
public struct Exemption: Sendable, Hashable {
    /// From what.
    enum Subject: Sendable, Hashable {
        /// Controls, by the names of their fields.
        case controls(Set<String>)
        /// Checks, by their ids.
        case checks(Set<String>)
    }

    /// Where.
    enum Place: Sendable, Hashable {
        case everywhere
        case named([Glob])
        case labelled(LabelSelector)

        /// `nil` stands for the cluster as a whole, of which no part is exempt by itself.
        func includes(_ namespace: ObservedNamespace?) -> Bool {
            switch self {
            case .everywhere: true
            case .named(let globs): namespace.map { one in globs.contains { $0.matches(one.name) } } ?? false
            case .labelled(let selector): namespace.map { selector.matches($0.labels) } ?? false
            }
        }
    }

    /// Which workloads.
    struct Workloads: Sendable, Hashable {
        /// `nil` for any.
        var kind: String?
        var name: Glob
        var labels: LabelSelector?

        func include(_ workload: WorkloadGroup) -> Bool {
            (kind == nil || kind == workload.identity.kind) && name.matches(workload.identity.name)
                && labels?.matches(workload.labels) ?? true
        }
    }

    /// The seconds before its end in which it is said to end soon: a week.
    public static let notice: Int64 = 7 * 86_400

    /// Tells it apart from the others of its profile.
    public let name: String
    /// What it is for.
    public let reason: String
    /// Who answers for it; empty if nobody is named.
    public let owner: String
    /// The second in which it ends; `nil` if it does not.
    public let expiresAt: Timestamp?
    let subject: Subject
    let place: Place
    /// `nil` for everything there.
    let workloads: [Workloads]?

    /// Whether it is from checks by their names.
    var isFromChecks: Bool { if case .checks = subject { true } else { false } }

    // MARK: Time

    /// Whether it has not ended yet. In the second of ``expiresAt`` it has.
    public func isActive(at now: Timestamp) -> Bool { expiresAt.map { now < $0 } ?? true }

    /// Whether it is active and ends within a week.
    public func expiresSoon(at now: Timestamp) -> Bool {
        guard let expiresAt, now < expiresAt else { return false }
        return expiresAt.secondsSinceEpoch - now.secondsSinceEpoch <= Self.notice
    }

    /// When it next becomes another: begins to end soon, or ends. `nil` if it stays as it is.
    public func nextChange(after now: Timestamp) -> Timestamp? {
        guard let expiresAt else { return nil }
        let warning = Timestamp(secondsSinceEpoch: expiresAt.secondsSinceEpoch - Self.notice)
        return [warning, expiresAt].first { now < $0 }
    }

    // MARK: Matching

    /// Whether at `now` a whole namespace is exempt from a control. An exemption of some workloads does not do that.
    public func covers(_ control: ControlName, in namespace: ObservedNamespace, at now: Timestamp) -> Bool {
        guard isActive(at: now), workloads == nil, case .controls(let names) = subject else { return false }
        return names.contains(control.rawValue) && place.includes(namespace)
    }

    /// Whether at `now` something is exempt from a check: a workload; a namespace where `workload` is `nil`; the cluster
    /// where `namespace` is `nil` too.
    ///
    /// An exemption from the control `workloads` is one from all checks.
    public func covers(
        check: String,
        in namespace: ObservedNamespace?,
        workload: WorkloadGroup?,
        at now: Timestamp
    ) -> Bool {
        guard isActive(at: now) else { return false }
        switch subject {
        case .controls(let names): guard names.contains(Self.workloadsControl) else { return false }
        case .checks(let ids): guard ids.contains(check) else { return false }
        }
        guard place.includes(namespace) else { return false }
        guard let workloads else { return true }
        return workload.map { workload in workloads.contains { $0.include(workload) } } ?? false
    }
}

extension Sequence<Exemption> {
    /// The next second in which any of them begins to end soon, or ends.
    public func nextChange(after now: Timestamp) -> Timestamp? {
        compactMap { $0.nextChange(after: now) }.min()
    }
}

/// How many exemptions there are, by how they stand.
public struct ExemptionTally: Sendable, Hashable, Codable {
    /// Those that have not ended.
    public var active = 0
    /// Of these, the ones that end within a week.
    public var expiring = 0
    /// Those that have ended.
    public var expired = 0
    /// Of the active ones, those that nothing needed.
    public var unused = 0
    /// Which are unused, end within a week or have ended: the first ``namesLimit`` of each, in the order of the profile;
    /// `nil` if none is.
    public var message: String?

    /// The most exemptions of a kind that ``message`` names.
    public static let namesLimit = 5

    /// None.
    public init() {}

    /// How `exemptions` stand at `now`, with how much each covered, by its name; one that is not there covered nothing.
    public init(_ exemptions: some Sequence<Exemption>, matches: [String: Int], at now: Timestamp) {
        var unused: [String] = [], expiring: [String] = [], expired: [String] = []
        for exemption in exemptions {
            let end = exemption.expiresAt.map { " (\($0))" } ?? ""
            guard exemption.isActive(at: now) else {
                expired.append(exemption.name + end)
                continue
            }
            active += 1
            if exemption.expiresSoon(at: now) { expiring.append(exemption.name + end) }
            if matches[exemption.name, default: 0] == 0 { unused.append(exemption.name) }
        }
        self.expiring = expiring.count
        self.expired = expired.count
        self.unused = unused.count
        let parts = [("unused", unused), ("expiring", expiring), ("expired", expired)].compactMap { state, names in
            names.isEmpty ? nil : "\(state): \(Self.list(names))"
        }
        message = parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(namesLimit).joined(separator: ", ")
        return names.count > namesLimit ? "\(shown) and \(names.count - namesLimit) more" : shown
    }
}
