import enum Hardening.Severity
import KubernetesAPI
import PodSecurity

/// Judges manifests by the Pod Security Standards alone, as the API server's admission will.
struct PodSecurityAudit: Sendable {
    /// The level and version that are asked for.
    let policy: Policy
    // As the newest server known here, which is what `latest` means.
    private let evaluator = Evaluator()

    /// An audit by `policy`.
    init(_ policy: Policy) {
        self.policy = policy
    }

    /// What `policy` says of an object; `nil` if it makes no pods.
    ///
    /// A pod is judged as the server creates it, a template as it is written: so does the server.
    ///
    /// - Throws: `ManifestProblem` when it has another form than the API's.
    func judge(_ manifest: Manifest) throws(ManifestProblem) -> Verdict? {
        guard let template = try manifest.podTemplate() else { return nil }
        let isPod = manifest.templatePath?.isEmpty == true
        return evaluator.judge(isPod ? Evaluator.asCreated(template) : template, by: policy)
    }

    /// The verdict as a record.
    func record(_ manifest: Manifest, _ verdict: Verdict) -> AuditRecord {
        AuditRecord(members: [
            ("file", .string(manifest.file)), ("kind", .string(manifest.kind)),
            ("namespace", .string(manifest.namespace)), ("name", .string(manifest.name)),
            ("level", .string(policy.level.rawValue)), ("version", .string("\(policy.version)")),
            ("allowed", .bool(verdict.allowed)),
            ("checks", .array(verdict.violations.map { .string($0.check.rawValue) })),
            ("message", .string(verdict.message ?? "")),
        ])
    }

    /// The verdict as findings, one for each check that fails.
    func findings(_ manifest: Manifest, _ verdict: Verdict) -> [AuditFinding] {
        verdict.violations.map { violation in
            AuditFinding(
                object: AuditedObject(manifest),
                line: manifest.line,
                check: violation.check.controlID,
                severity: violation.check.severity,
                reason: "CheckFailed",
                message: violation.description,
                remedy: ""
            )
        }
    }

    /// The checks that `policy` asks.
    var rules: [AuditRule] {
        evaluator.checks(of: policy).checks.map { check in
            AuditRule(
                id: check.controlID,
                summary: check.summary,
                helpURI: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
                severity: check.severity
            )
        }
    }
}

extension CheckID {
    /// How bad it is to fail it: critical where it all but hands over the node.
    fileprivate var severity: Severity {
        switch self {
        case .privileged, .hostNamespaces, .windowsHostProcess: .critical
        case .capabilitiesBaseline, .capabilitiesRestricted, .hostPathVolumes, .allowPrivilegeEscalation, .runAsNonRoot,
            .runAsUser, .procMount, .procMountRestricted, .seccompProfileBaseline, .seccompProfileRestricted:
            .high
        case .appArmorProfile, .hostPorts, .hostProbesAndHostLifecycle, .restrictedVolumes, .seLinuxOptions, .sysctls:
            .medium
        }
    }

    /// What it asks for.
    fileprivate var summary: String {
        switch self {
        case .appArmorProfile: "AppArmor profiles are the runtime's default or local ones, not Unconfined."
        case .capabilitiesBaseline: "Containers add no capability beyond the runtime's defaults."
        case .hostNamespaces: "Pods do not share the node's network, process or IPC namespace."
        case .hostPathVolumes: "Pods do not mount directories or files of the node."
        case .hostPorts: "Containers do not take ports of the node."
        case .hostProbesAndHostLifecycle: "Probes and lifecycle hooks name no host for the kubelet to call."
        case .privileged: "Containers are not privileged."
        case .procMount: "/proc is mounted with its default masks."
        case .seLinuxOptions: "SELinux types are container types; user and role are not set."
        case .seccompProfileBaseline: "Seccomp profiles are not Unconfined."
        case .sysctls: "Pods set only kernel parameters that are isolated from the node."
        case .windowsHostProcess: "Windows containers do not run on the host."
        case .allowPrivilegeEscalation: "Containers say that privileges must not grow: allowPrivilegeEscalation: false."
        case .capabilitiesRestricted: "Containers drop ALL capabilities and add at most NET_BIND_SERVICE."
        case .procMountRestricted: "/proc is mounted with its default masks, also in user namespaces."
        case .restrictedVolumes: "Volumes are of types that do not reach the node or the network by themselves."
        case .runAsNonRoot: "Pods say that they do not run as root: runAsNonRoot: true."
        case .runAsUser: "No user id is set to 0."
        case .seccompProfileRestricted: "A seccomp profile is set: RuntimeDefault or Localhost."
        }
    }
}
