import KubernetesAPI
import PodSecurity
import PrintableText

import struct Hardening.WorkloadCheck

/// Judges manifests by the Pod Security Standards alone, as the API server's admission will.
struct PodSecurityAudit: Sendable {
    /// A pod or a template as it was judged.
    struct Judgement: Sendable {
        /// What was judged.
        let pod: PodTemplateSpec
        /// What the policy says of it.
        let verdict: Verdict

        /// Whether the policy admits it.
        var allowed: Bool { verdict.allowed }
    }

    /// The level and version that are asked for.
    let policy: Policy
    private let evaluator: Evaluator

    /// An audit by `policy`, as a server of version 1.`serverMinor` judges by it; if `nil`, the newest known here.
    init(_ policy: Policy, serverMinor: Int? = nil) {
        self.policy = policy
        evaluator = Evaluator(serverMinor: serverMinor)
    }

    /// What `policy` says of an object; `nil` if it makes no pods.
    ///
    /// A pod is judged as the server creates it, a template as it is written: so does the server.
    ///
    /// - Throws: `ManifestProblem` when it has another form than the API's.
    func judge(_ manifest: Manifest) throws(ManifestProblem) -> Judgement? {
        guard let template = try manifest.podTemplate() else { return nil }
        let isPod = manifest.templatePath?.isEmpty == true
        let pod = isPod ? Evaluator.asCreated(template) : template
        return Judgement(pod: pod, verdict: evaluator.judge(pod, by: policy))
    }

    /// The verdict as a record.
    func record(_ manifest: Manifest, _ judgement: Judgement) -> AuditRecord {
        let verdict = judgement.verdict
        let object = AuditedObject(manifest)
        return AuditRecord(members: [
            ("file", .string(object.file)), ("kind", .string(object.kind)),
            ("namespace", .string(object.namespace)), ("name", .string(object.name)),
            ("level", .string(policy.level.rawValue)), ("version", .string("\(policy.version)")),
            ("allowed", .bool(verdict.allowed)),
            ("checks", .array(verdict.violations.map { .string($0.check.rawValue) })),
            ("message", .string((verdict.message ?? "").shortened(to: AuditFinding.textLimit))),
        ])
    }

    /// The verdict as findings, one for each check that fails, each at the line of what is to be changed first.
    func findings(_ manifest: Manifest, _ judgement: Judgement) -> [AuditFinding] {
        guard !judgement.allowed else { return [] }
        let history = Evaluator.history(of: judgement.pod)
        let policy = evaluator.effective(policy)
        let prefix = (manifest.templatePath ?? []).map { $0 + "." }.joined()
        return judgement.verdict.violations.compactMap { violation in
            guard let check = WorkloadCheck.named(violation.check.controlID) else { return nil }
            let remedies = history.first { $0.check == violation.check && policy.isIn($0.versions) }?.remedies ?? []
            return AuditFinding(
                object: AuditedObject(manifest),
                line: remedies.first.map { manifest.line(of: prefix + $0.path) } ?? manifest.line,
                check: check.id,
                severity: check.severity,
                reason: "CheckFailed",
                message: violation.description.shortened(to: AuditFinding.textLimit),
                remedy: remedies.map { remedy in
                    var remedy = remedy
                    remedy.path = prefix + remedy.path
                    return "\(remedy)"
                }.joined(separator: "; ").shortened(to: AuditFinding.textLimit)
            )
        }
    }

    /// The checks that `policy` asks.
    var rules: [AuditRule] {
        evaluator.checks(of: policy).checks.compactMap { WorkloadCheck.named($0.controlID) }.map { check in
            AuditRule(
                id: check.id,
                summary: "\(check.title).",
                helpURI: "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
                severity: check.severity
            )
        }
    }
}
