import KubernetesAPI

extension Check {
    /// *Running as Non-root*: `securityContext.runAsNonRoot` must be `true` for each container, by its own setting or the
    /// pod's; nobody may set `false`, not even a pod whose containers all say `true`. Windows is no exception. From v1.35
    /// on, pods in a user namespace (`hostUsers: false`) are exempt.
    ///
    /// CIS Kubernetes Benchmark 5.2.7.
    static let runAsNonRoot = Check(
        .runAsNonRoot,
        level: .restricted,
        Revision(since: 0, requiresNonRoot),
        Revision(since: 35) { $0.spec.isInUserNamespace ? nil : requiresNonRoot($0) }
    )

    @Sendable private static func requiresNonRoot(_ pod: PodTemplateSpec) -> Reason? {
        let summary = "runAsNonRoot != true"
        let ofPod = pod.spec.securityContext?.runAsNonRoot
        let setting = pod.spec.containers { $0.securityContext?.runAsNonRoot == false }
        if ofPod == false || !setting.isEmpty {
            return Reason(summary) {
                "\(Wording.setters(pod: ofPod == false, containers: setting)) must not set"
                    + " securityContext.runAsNonRoot=false"
            }
        }
        guard ofPod == nil else { return nil }
        let unset = pod.spec.containers { $0.securityContext?.runAsNonRoot == nil }
        guard !unset.isEmpty else { return nil }
        return Reason(summary) { "pod or \(Wording.containers(unset)) must set securityContext.runAsNonRoot=true" }
    }
}
