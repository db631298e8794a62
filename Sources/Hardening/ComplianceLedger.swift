/// What was last found out about one namespace.
public struct NamespaceRecord: Sendable, Hashable {
    /// The profile that governs it.
    public var governor: String?
    /// How its controls stand, by the governor's measure, or by that of whoever would govern were it not protected.
    public var verdicts: [Verdict]
    /// Why it is not as far along as it could be; `nil` when nothing is left to do.
    public var failure: String?
    /// The profiles that select it, but do not govern.
    public var shadowed: [String]
    /// The profiles that select it in vain, since it is protected; the verdicts are by the first's measure.
    public var protectedFrom: [String]
    /// The profiles on whose behalf something in it was written.
    public var traces: Set<String>
    /// The governor's exemptions that made a difference.
    public var exemptions: Set<String>

    /// A record with the given parts.
    public init(
        governor: String? = nil,
        verdicts: [Verdict] = [],
        failure: String? = nil,
        shadowed: [String] = [],
        protectedFrom: [String] = [],
        traces: Set<String> = [],
        exemptions: Set<String> = []
    ) {
        self.exemptions = exemptions
        self.governor = governor
        self.verdicts = verdicts
        self.failure = failure
        self.shadowed = shadowed
        self.protectedFrom = protectedFrom
        self.traces = traces
    }

    /// The profiles that it says anything about.
    var profiles: Set<String> {
        traces.union(shadowed).union(protectedFrom).union([governor].compactMap { $0 })
    }
}

/// Each profile's totals, kept by adding and subtracting: an event costs what one namespace weighs, never a rescan.
public struct ComplianceLedger: Sendable {
    /// What is known of one profile.
    public struct Totals: Sendable, Hashable {
        /// How many namespaces.
        public var namespaces = ProfileStatus.Namespaces()
        /// How many namespaces are compliant and how many are not, by control.
        public var controls: [ControlName: Count] = [:]
        /// How many findings.
        public var findingsTotal = 0
        /// How many of them, by control and severity; none where it would be zero.
        public var findingsBySeverity: [ControlName: [Severity: Int]] = [:]
        /// How many there would be more, were they not exempt.
        public var findingsExempt = 0
        /// In how many namespaces each exemption makes a difference, by name.
        public var exemptions: [String: Int] = [:]
        /// Namespaces with findings, and theirs.
        public var findings: [String: [Finding]] = [:]
        /// Namespaces that are not as far along as they could be, and why.
        public var failures: [String: String] = [:]
        /// Namespaces where something was written on its behalf.
        public var traces: Set<String> = []

        /// How many namespaces stand how by one control.
        public struct Count: Sendable, Hashable {
            /// Nothing speaks against it.
            public var compliant = 0
            /// Something does.
            public var nonCompliant = 0
            /// Whether it has any effect cannot be told.
            public var unverified = 0
            /// Nothing is asked.
            public var exempt = 0
            /// It is not enforced, since it would break something.
            public var held = 0
            /// It is not enforced yet.
            public var pending = 0
        }

        /// Nothing.
        public init() {}

        /// The first `limit` findings that are `wanted`: most severe first, then by name.
        public func firstFindings(_ limit: Int, _ wanted: (Finding) -> Bool = { _ in true }) -> [Finding] {
            var first: [Finding] = []
            for severity in Severity.allCases where first.count < limit {
                let ofSeverity = findings.values.joined().filter { $0.severity == severity && wanted($0) }
                first += ofSeverity.sorted().prefix(limit - first.count)
            }
            return first
        }
    }

    private var records = CopiesByKey<String, NamespaceRecord>()
    private var totals: [String: Totals] = [:]

    /// Nothing is known.
    public init() {}

    /// Notes what was found out about `namespace`, or with `nil` that it is gone.
    ///
    /// - Returns: the profiles whose totals have changed.
    public mutating func record(_ record: NamespaceRecord?, for namespace: String) -> Set<String> {
        let old = records[namespace]
        guard old != record else { return [] }
        records[namespace] = record
        let affected = (old?.profiles ?? []).union(record?.profiles ?? [])
        return affected.filter { profile in
            let before = old.map { Contribution($0, to: profile) } ?? Contribution()
            let after = record.map { Contribution($0, to: profile) } ?? Contribution()
            guard before != after else { return false }
            // In place: a copy of the totals would cost as much as all namespaces weigh.
            totals[profile, default: Totals()].take(away: before, of: namespace)
            totals[profile, default: Totals()].add(after, of: namespace)
            return true
        }
    }

    /// What is known of `profile`.
    public func totals(of profile: String) -> Totals {
        totals[profile] ?? Totals()
    }
}

/// What one namespace adds to a profile's totals.
private struct Contribution: Hashable {
    var isShadowed = false
    var isProtected = false
    var isGoverned = false
    var isTraced = false
    // `nil` for a namespace that the profile does not govern, nor would.
    var verdicts: [Verdict]?
    var failure: String?
    var exemptions: Set<String> = []

    init() {}

    init(_ record: NamespaceRecord, to profile: String) {
        isShadowed = record.shadowed.contains(profile)
        isProtected = record.protectedFrom.contains(profile)
        isTraced = record.traces.contains(profile)
        isGoverned = record.governor == profile
        if (record.governor ?? record.protectedFrom.first) == profile {
            verdicts = record.verdicts
            exemptions = record.exemptions
        }
        // What stands in the way of giving back is the concern of the profile whose traces are left.
        if record.governor == profile || isTraced { failure = record.failure }
    }
}

extension ComplianceLedger.Totals {
    fileprivate mutating func add(_ contribution: Contribution, of namespace: String) {
        count(contribution, 1)
        if contribution.isTraced { traces.insert(namespace) }
        let own = (contribution.verdicts ?? []).flatMap(\.findings)
        if !own.isEmpty { findings[namespace] = own }
        failures[namespace] = contribution.failure
    }

    fileprivate mutating func take(away contribution: Contribution, of namespace: String) {
        count(contribution, -1)
        traces.remove(namespace)
        findings[namespace] = nil
        failures[namespace] = nil
    }

    private mutating func count(_ contribution: Contribution, _ sign: Int) {
        if contribution.isShadowed { namespaces.shadowed += sign }
        if contribution.isProtected { namespaces.protected += sign }
        guard let verdicts = contribution.verdicts else { return }
        guard contribution.isGoverned else {
            // Little is asked of it, so that it has nothing to be called compliant for.
            for verdict in verdicts {
                if verdict.standing == .nonCompliant {
                    controls[verdict.control, default: .init()].nonCompliant += sign
                }
                findingsTotal += sign * verdict.findings.count
                findingsExempt += sign * verdict.exemptFindings
            }
            countExemptions(contribution, sign)
            return
        }
        namespaces.selected += sign
        let standings = Set(verdicts.map(\.standing))
        if standings.contains(.nonCompliant) {
            namespaces.nonCompliant += sign
        } else if standings.contains(.unverified) {
            namespaces.unverified += sign
        } else if standings.contains(.exempt) {
            namespaces.exempt += sign
        } else {
            namespaces.compliant += sign
        }
        for verdict in verdicts {
            var count = controls[verdict.control] ?? .init()
            switch verdict.standing {
            case .compliant: count.compliant += sign
            case .nonCompliant: count.nonCompliant += sign
            case .unverified: count.unverified += sign
            case .exempt: count.exempt += sign
            }
            switch verdict.obstacle {
            case .held: count.held += sign
            case .pending: count.pending += sign
            case nil: break
            }
            controls[verdict.control] = count
            findingsTotal += sign * verdict.findings.count
            for finding in verdict.findings {
                let left = (findingsBySeverity[verdict.control]?[finding.severity] ?? 0) + sign
                findingsBySeverity[verdict.control, default: [:]][finding.severity] = left == 0 ? nil : left
                if findingsBySeverity[verdict.control]?.isEmpty == true { findingsBySeverity[verdict.control] = nil }
            }
            findingsExempt += sign * verdict.exemptFindings
        }
        countExemptions(contribution, sign)
    }

    private mutating func countExemptions(_ contribution: Contribution, _ sign: Int) {
        for exemption in contribution.exemptions {
            let left = (exemptions[exemption] ?? 0) + sign
            exemptions[exemption] = left == 0 ? nil : left
        }
    }
}
