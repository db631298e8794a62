import KubernetesAPI

extension Check {
    /// *Privileged Containers*: no container may set `securityContext.privileged` to `true`.
    ///
    /// CIS Kubernetes Benchmark 5.2.2.
    static let privileged = Check(
        .privileged,
        level: .baseline,
        Revision(since: 0) { pod in
            let containers = pod.spec.containers { $0.securityContext?.privileged == true }
            guard !containers.isEmpty else { return nil }
            return Reason("privileged") {
                "\(Wording.containers(containers)) must not set securityContext.privileged=true"
            }
        }
    )
}
