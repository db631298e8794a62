import KubernetesAPI

/// One check of the Pod Security Standards, in all its revisions.
///
/// Source: Kubernetes documentation, *Pod Security Standards*; `k8s.io/pod-security-admission/policy/check_*.go`, whose
/// behaviour and wording it has.
struct Check: Sendable {
    /// Says why `pod` fails, or `nil` if it does not.
    typealias Rule = @Sendable (_ pod: PodTemplateSpec) -> Reason?

    /// The check as it is from a minor release on, until the next revision.
    struct Revision: Sendable {
        let since: Int
        let rule: Rule

        init(since: Int, _ rule: @escaping Rule) {
            self.since = since
            self.rule = rule
        }
    }

    let id: CheckID
    let level: Level
    /// A check of baseline that this one says again, more strictly: at restricted, only this one is asked.
    let replaced: CheckID?
    /// The oldest first.
    let revisions: [Revision]

    init(_ id: CheckID, level: Level, replacing replaced: CheckID? = nil, _ revisions: Revision...) {
        self.id = id
        self.level = level
        self.replaced = replaced
        self.revisions = revisions
    }

    /// The rule in version 1.`minor`, or `nil` if the check is younger.
    func rule(in minor: Int) -> Rule? {
        revisions.last { $0.since <= minor }?.rule
    }
}

extension Check {
    /// Every check, in the server's order.
    static let all: [Check] = [
        .appArmorProfile, .capabilitiesBaseline, .hostNamespaces, .hostPathVolumes, .hostPorts,
        .hostProbesAndHostLifecycle, .privileged, .procMount, .seLinuxOptions, .seccompProfileBaseline, .sysctls,
        .windowsHostProcess,
        .allowPrivilegeEscalation, .capabilitiesRestricted, .procMountRestricted, .restrictedVolumes, .runAsNonRoot,
        .runAsUser, .seccompProfileRestricted,
    ]
}

/// Why a pod fails a check, in the server's words.
struct Reason: Sendable {
    /// The reason without particulars, such as `privileged`.
    let summary: String
    /// Put into words only when somebody asks: most who judge want the verdict alone.
    let detail: @Sendable () -> String

    init(_ summary: String, detail: @escaping @Sendable () -> String) {
        self.summary = summary
        self.detail = detail
    }
}
