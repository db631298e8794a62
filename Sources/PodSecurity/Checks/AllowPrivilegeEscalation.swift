import KubernetesAPI

extension Check {
    /// *Privilege Escalation*: each container must set `securityContext.allowPrivilegeEscalation` to `false`. The field is
    /// of Kubernetes 1.8. From v1.25 on, pods that say they are for Windows, which lacks it, are exempt.
    ///
    /// CIS Kubernetes Benchmark 5.2.6.
    static let allowPrivilegeEscalation = Check(
        .allowPrivilegeEscalation,
        level: .restricted,
        Revision(since: 8, forbidsEscalation),
        Revision(since: 25) { $0.spec.isForWindows ? nil : forbidsEscalation($0) }
    )

    @Sendable private static func forbidsEscalation(_ pod: PodTemplateSpec) -> Reason? {
        let containers = pod.spec.containers { $0.securityContext?.allowPrivilegeEscalation != false }
        guard !containers.isEmpty else { return nil }
        return Reason("allowPrivilegeEscalation != false") {
            "\(Wording.containers(containers)) must set securityContext.allowPrivilegeEscalation=false"
        }
    }
}
