/// What a profile's status comes to in numbers, for metrics.
public struct ProfileFigures: Sendable, Hashable {
    /// How a namespace stands that the profile matches. Each stands one way.
    public enum Standing: String, Sendable, Hashable, CaseIterable {
        /// Governed, without a violation.
        case compliant
        /// Governed, with one at least.
        case nonCompliant
        /// Governed, without one, but with a control of which cannot be told whether it has any effect.
        case unverified
        /// Governed, exempt from all that the profile asks.
        case exempt
        /// Governed by another profile.
        case shadowed
        /// Never written to.
        case protected
    }

    /// The share of governed namespaces that are compliant, 0 to 1, by control; those exempt count neither way. None for a
    /// control that has not been judged anywhere.
    public var compliance: [ControlName: Double] = [:]
    /// How many findings, by control and severity: all of both, for each control that the profile has.
    public var findings: [ControlName: [Severity: Int]] = [:]
    /// How many namespaces, by how they stand: all ways.
    public var namespaces: [Standing: Int] = [:]
}

extension StatusReport {
    /// The same as the status says, in numbers.
    public var figures: ProfileFigures {
        var figures = ProfileFigures()
        for control in (try? compiled.get())?.controls ?? [] {
            let name = type(of: control).name
            let count = totals.controls[name] ?? .init()
            let judged = count.compliant + count.nonCompliant + count.unverified
            if judged > 0 { figures.compliance[name] = Double(count.compliant) / Double(judged) }
            var findings = Dictionary(uniqueKeysWithValues: Severity.allCases.map { ($0, 0) })
            for (severity, count) in totals.findingsBySeverity[name] ?? [:] { findings[severity] = count }
            for finding in clusterFindings where finding.control == name { findings[finding.severity, default: 0] += 1 }
            figures.findings[name] = findings
        }
        let namespaces = totals.namespaces
        figures.namespaces = [
            .compliant: namespaces.compliant, .nonCompliant: namespaces.nonCompliant,
            .unverified: namespaces.unverified, .exempt: namespaces.exempt,
            .shadowed: namespaces.shadowed, .protected: namespaces.protected,
        ]
        return figures
    }
}
