import KubernetesAPI
import PodSecurity

/// `workloads`: what runs, and what is about to, judged by the checks of ``WorkloadCheck``.
///
/// It never writes, neither to workloads nor to anything else.
///
/// Findings are about what stands at the top of the ownership chain, one for each check, whether twelve pods fail it or
/// none exists yet. A pod that fails what its template does not, by an injected container or since it is older, is
/// mentioned as such.
public struct WorkloadsControl: Control {
    /// The name of its field in the profile.
    public static let name = ControlName.workloads

    /// ``Mode/audit``, or ``Mode/disabled``.
    public let mode: Mode
    private let policy: Policy
    private let parameters: WorkloadCheck.Parameters
    // Those that are asked, and how bad each is.
    private var severities: [String: Severity]
    // Pod Security checks that are asked whatever the level.
    private let explicit: Set<String>

    init(_ spec: WorkloadsSpec, mode: Mode, problems: inout [FieldError]) {
        self.mode = min(mode, .audit)
        let path = "spec.controls.workloads"
        let version = spec.version ?? "latest"
        if Version(version) == nil {
            problems.append(
                FieldError("\(path).version", value: version, expected: "latest or a version such as v1.36")
            )
        }
        policy = Policy(level: spec.level ?? .restricted, version: Version(version) ?? .latest)
        parameters = Self.parameters(spec, at: path, &problems)

        var severities: [String: Severity] = [:]
        for check in WorkloadCheck.all where check.isOnByDefault { severities[check.id] = check.severity }
        let parameterFields = [
            WorkloadCheck.imageRegistryAllowlist.id: ("allowedRegistries", spec.allowedRegistries != nil),
            WorkloadCheck.kubernetesVersion.id: ("minimumKubernetesVersion", spec.minimumKubernetesVersion != nil),
        ]
        for (id, parameter) in parameterFields where parameter.1 {
            severities[id] = WorkloadCheck.named(id)?.severity
        }
        var explicit: Set<String> = [], mentioned: Set<String> = []
        for (index, own) in (spec.checks ?? []).enumerated() {
            let field = "\(path).checks[\(index)]"
            guard let check = WorkloadCheck.named(own.id) else {
                problems.append(FieldError("\(field).id", value: own.id, expected: Self.idRule))
                continue
            }
            if !mentioned.insert(own.id).inserted {
                problems.append(FieldError("\(field).id", value: own.id, expected: "different from the others"))
            }
            switch own.mode {
            case .disabled:
                severities[own.id] = nil
            case .audit, .enforce:
                if let parameter = parameterFields[own.id], !parameter.1 {
                    let expected = "Disabled or absent without \(path).\(parameter.0), which the check needs"
                    problems.append(FieldError("\(field).mode", value: own.mode?.rawValue ?? "", expected: expected))
                }
                severities[own.id] = own.severity ?? check.severity
                explicit.insert(own.id)
            case nil:
                if severities[own.id] != nil { severities[own.id] = own.severity ?? check.severity }
            }
        }
        self.severities = severities
        self.explicit = explicit
    }

    private static let idRule = "one of " + WorkloadCheck.all.map(\.id).joined(separator: ", ")

    private static func parameters(
        _ spec: WorkloadsSpec,
        at path: String,
        _ problems: inout [FieldError]
    ) -> WorkloadCheck.Parameters {
        var parameters = WorkloadCheck.Parameters()
        if spec.allowedRegistries?.isEmpty == true {
            problems.append(
                FieldError("\(path).allowedRegistries", value: "[]", expected: "absent, or at least one registry")
            )
        }
        for (index, text) in (spec.allowedRegistries ?? []).enumerated() {
            if let prefix = RegistryPrefix(text) {
                parameters.allowedRegistries.append(prefix)
            } else {
                problems.append(
                    FieldError("\(path).allowedRegistries[\(index)]", value: text, expected: RegistryPrefix.rule)
                )
            }
        }
        if let text = spec.minimumKubernetesVersion {
            if case .minor(let minor)? = Version("v" + text) {
                parameters.minimumKubernetesMinor = minor
            } else {
                problems.append(
                    FieldError("\(path).minimumKubernetesVersion", value: text, expected: "a version such as 1.33")
                )
            }
        }
        return parameters
    }

    /// Of what it asks, what is asked of the namespaces that run the cluster, too: that nobody else's runs there. `nil` if
    /// that is not asked.
    var ofSystemNamespaces: WorkloadsControl? {
        var control = self
        control.severities = severities.filter { $0.key == WorkloadCheck.systemNamespaceUsage.id }
        return control.severities.isEmpty ? nil : control
    }

    // MARK: Assessment

    /// What a person should know of it in this namespace: first what of it cannot be seen, which neither passes nor fails.
    public func assess(_ view: NamespaceView) -> [Finding] {
        let unobserved = Self.unobserved(view)
        let policy = Evaluator(serverMinor: view.cluster.serverMinor).effective(policy)
        var findings = unobserved.map { resource, reason in
            Finding(
                namespace: view.namespace.name,
                control: Self.name,
                severity: .info,
                reason: .notObserved,
                message: "\(resource) cannot be observed, so what depends on them neither passed nor failed: \(reason)"
            )
        }
        let checks = WorkloadCheck.all.filter { check in
            severities[check.id] != nil && check.needs.isDisjoint(with: unobserved.map(\.resource))
        }
        for group in view.workloads {
            let complaints = Complaints(of: group) { violations(of: $0, by: policy, checks) }
            for check in checks {
                let message: String?
                var path: String?
                switch check.rule {
                case .podSecurity, .pod, .facts:
                    message = complaints.message(check.id)
                    path = complaints.path(check.id)
                case .workload(let rule): message = rule(group, view).map { "\(group): \($0)" }
                case .namespace, .cluster: message = nil
                }
                guard let message else { continue }
                findings.append(finding(check, in: view.namespace.name, "\(group.identity)", path: path, message))
            }
        }
        for check in checks {
            guard case .namespace(let rule) = check.rule, let message = rule(view) else { continue }
            findings.append(finding(check, in: view.namespace.name, nil, message))
        }
        return findings
    }

    /// What is not seen may be anything.
    public func doubt(_ view: NamespaceView) -> String? {
        let unobserved = Self.unobserved(view).map(\.resource)
        return unobserved.isEmpty ? nil : "\(unobserved.joined(separator: ", ")) cannot be observed"
    }

    /// What a person should know of the cluster as a whole; with an empty namespace.
    public func assess(cluster: ClusterFacts) -> [Finding] {
        WorkloadCheck.all.compactMap { check in
            guard severities[check.id] != nil, case .cluster(let rule) = check.rule else { return nil }
            switch rule(cluster, parameters) {
            case .passed:
                return nil
            case .failed(let message):
                return finding(check, in: "", nil, message)
            case .notObserved(let message):
                return Finding(
                    namespace: "",
                    control: Self.name,
                    check: check.id,
                    severity: .info,
                    reason: .notObserved,
                    message: message
                )
            }
        }
    }

    /// None: it never writes.
    public func plan(_ view: NamespaceView, for profile: String, replacing replaceable: Set<String>) -> [Operation] {
        []
    }

    /// None: it never wrote.
    public static func release(_ view: NamespaceView, of profiles: Set<String>) -> [Operation] { [] }

    private func finding(
        _ check: WorkloadCheck,
        in namespace: String,
        _ workload: String?,
        path: String? = nil,
        _ message: String
    ) -> Finding {
        Finding(
            namespace: namespace,
            control: Self.name,
            check: check.id,
            workload: workload,
            path: path,
            severity: severities[check.id] ?? check.severity,
            reason: .checkFailed,
            message: message
        )
    }

    // What the profile asks of a pod and the pod does not meet.
    private func violations(
        of facts: PodFacts,
        by policy: EffectivePolicy,
        _ checks: [WorkloadCheck]
    ) -> [PodViolation] {
        let kept = facts.violations.filter { violation in
            guard severities[violation.check] != nil, policy.isIn(violation.versions) else { return false }
            guard let standard = WorkloadCheck.named(violation.check)?.podSecurityCheck else { return true }
            return explicit.contains(violation.check) || policy.forbids(standard, in: violation.versions)
        }
        let further = checks.compactMap { check -> PodViolation? in
            guard case .facts(let rule) = check.rule, let problem = rule(facts, parameters) else { return nil }
            return PodViolation(check: check.id, message: problem.message, remedies: problem.remedies)
        }
        return kept + further
    }

    // Resources that some check looks at and that are not seen, in order.
    private static func unobserved(_ view: NamespaceView) -> [(resource: String, reason: String)] {
        view.unobserved.filter { resources.contains($0.key) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static let resources = Set(WorkloadKinds.all.map { $0.resource.plural })
        .union(WorkloadCheck.all.flatMap(\.needs))
}
