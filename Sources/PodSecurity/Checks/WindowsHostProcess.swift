import KubernetesAPI

extension Check {
    /// *HostProcess*: neither the pod nor a container may set `securityContext.windowsOptions.hostProcess` to `true`. A
    /// container's `false` does not mend the pod's `true`.
    ///
    /// CIS Kubernetes Benchmark 5.2.10.
    static let windowsHostProcess = Check(
        .windowsHostProcess,
        level: .baseline,
        Revision(since: 0) { pod in
            let ofPod = pod.spec.securityContext?.windowsOptions?.hostProcess == true
            let containers = pod.spec.containers { $0.securityContext?.windowsOptions?.hostProcess == true }
            guard ofPod || !containers.isEmpty else { return nil }
            return Reason("hostProcess") {
                "\(Wording.setters(pod: ofPod, containers: containers)) must not set"
                    + " securityContext.windowsOptions.hostProcess=true"
            }
        }
    )
}
