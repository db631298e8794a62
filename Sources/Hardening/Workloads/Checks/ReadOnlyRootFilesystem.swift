import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// A container may not write to its image's files, so that an attacker cannot leave a program there. What must be
    /// written goes to a volume, such as an `emptyDir` at `/tmp`. Pods that say they are for Windows, which cannot do
    /// this, are exempt.
    ///
    /// Source: NSA/CISA *Kubernetes Hardening Guide*, "Immutable container file systems"; Kubernetes documentation,
    /// *Application Security Checklist*.
    static let readOnlyRootFilesystem = WorkloadCheck(
        id: "read-only-root-filesystem",
        .medium,
        "Containers have a read-only root file system",
        source: "NSA/CISA Kubernetes Hardening Guide, \"Immutable container file systems\"",
        .pod { pod in
            guard pod.spec.osName != "windows" else { return nil }
            return .ofContainers(pod.spec) { place, container in
                container.securityContext?.readOnlyRootFilesystem == true
                    ? [] : [.set("\(place).securityContext.readOnlyRootFilesystem", "true")]
            } message: {
                "\($0) can write to the root file system"
            }
        }
    )
}
