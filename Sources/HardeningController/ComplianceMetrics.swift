import CoreMetrics
import Hardening
import Synchronization

/// What the operator says of each profile in numbers. Its series come with a profile and go with it.
final class ComplianceMetrics: Sendable {
    static let help = [
        "hardening_compliance_ratio":
            "The share of governed namespaces that are compliant, by profile and control; absent until one was judged.",
        "hardening_findings": "Findings, by profile, control and severity.",
        "hardening_namespaces": "Namespaces that a profile matches, by how they stand; each stands one way.",
        "hardening_drift_repaired_total":
            "Writes that put back what somebody had changed or deleted, by profile and control.",
    ]

    private struct Series {
        var compliance: [ControlName: Meter] = [:]
        var findings: [ControlName: [Severity: Meter]] = [:]
        var namespaces: [ProfileFigures.Standing: Meter] = [:]
        var repaired: [ControlName: Counter] = [:]
    }

    private let factory: any MetricsFactory
    private let profiles = Mutex<[String: Series]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    /// The figures of `profile` are these now.
    func set(_ figures: ProfileFigures, of profile: String) {
        profiles.withLock { profiles in
            var series = profiles[profile] ?? Series()
            keep(Set(figures.compliance.keys), of: &series.compliance) { $0.destroy() }
            for (control, ratio) in figures.compliance {
                make(&series.compliance[control], "hardening_compliance_ratio", control, profile).set(ratio)
            }
            keep(Set(figures.findings.keys), of: &series.findings) { $0.values.forEach { $0.destroy() } }
            for (control, counts) in figures.findings {
                for (severity, count) in counts {
                    make(
                        &series.findings[control, default: [:]][severity],
                        "hardening_findings",
                        control,
                        profile,
                        [("severity", severity.rawValue)]
                    ).set(count)
                }
                _ = repaired(control, of: profile, in: &series)
            }
            for (standing, count) in figures.namespaces {
                let meter =
                    series.namespaces[standing]
                    ?? Meter(
                        label: "hardening_namespaces",
                        dimensions: [("profile", profile), ("state", standing.rawValue)],
                        factory: factory
                    )
                series.namespaces[standing] = meter
                meter.set(count)
            }
            profiles[profile] = series
        }
    }

    /// Drift from what a control asks for was repaired on behalf of `profile`.
    func repaired(_ control: ControlName, of profile: String) {
        profiles.withLock { profiles in
            repaired(control, of: profile, in: &profiles[profile, default: Series()]).increment()
        }
    }

    /// There is no such profile any more.
    func forget(_ profile: String) {
        guard let series = profiles.withLock({ $0.removeValue(forKey: profile) }) else { return }
        series.compliance.values.forEach { $0.destroy() }
        series.findings.values.forEach { $0.values.forEach { $0.destroy() } }
        series.namespaces.values.forEach { $0.destroy() }
        series.repaired.values.forEach { $0.destroy() }
    }

    private func repaired(_ control: ControlName, of profile: String, in series: inout Series) -> Counter {
        if let counter = series.repaired[control] { return counter }
        let counter = Counter(
            label: "hardening_drift_repaired_total",
            dimensions: [("profile", profile), ("control", control.rawValue)],
            factory: factory
        )
        series.repaired[control] = counter
        return counter
    }

    private func make(
        _ meter: inout Meter?,
        _ label: String,
        _ control: ControlName,
        _ profile: String,
        _ more: [(String, String)] = []
    ) -> Meter {
        if let meter { return meter }
        let made = Meter(
            label: label,
            dimensions: [("profile", profile), ("control", control.rawValue)] + more,
            factory: factory
        )
        meter = made
        return made
    }

    private func keep<Value>(
        _ controls: Set<ControlName>,
        of series: inout [ControlName: Value],
        destroy: (Value) -> Void
    ) {
        for (control, value) in series where !controls.contains(control) {
            destroy(value)
            series[control] = nil
        }
    }
}
