import KubernetesAPI

extension Check {
    /// *Running as Non-root user*: neither the pod nor a container may set `securityContext.runAsUser` to 0, not even a pod
    /// whose containers all say otherwise. From v1.35 on, pods in a user namespace (`hostUsers: false`) are exempt.
    static let runAsUser = Check(
        .runAsUser,
        level: .restricted,
        Revision(since: 23, forbidsRoot),
        Revision(since: 35) { $0.spec.isInUserNamespace ? nil : forbidsRoot($0) }
    )

    @Sendable private static func forbidsRoot(_ pod: PodTemplateSpec) -> Reason? {
        let ofPod = pod.spec.securityContext?.runAsUser == 0
        let containers = pod.spec.containers { $0.securityContext?.runAsUser == 0 }
        guard ofPod || !containers.isEmpty else { return nil }
        return Reason("runAsUser=0") {
            "\(Wording.setters(pod: ofPod, containers: containers)) must not set runAsUser=0"
        }
    }
}
