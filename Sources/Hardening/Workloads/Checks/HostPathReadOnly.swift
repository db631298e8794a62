import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// Where a container mounts a directory or file of its node, it may only read it.
    ///
    /// For pods that are exempt from the rule that forbids `hostPath` altogether. Reading is harm enough where secrets
    /// lie, and a mount below the directory stays writable unless `recursiveReadOnly` says otherwise.
    ///
    /// Source: CIS Kubernetes Benchmark 5.2.11; the `readOnly` of the former PodSecurityPolicy's `allowedHostPaths`.
    static let hostPathReadOnly = WorkloadCheck(
        id: "host-path-read-only",
        .high,
        "Directories of the node are mounted to be read only",
        source: "CIS 5.2.11",
        .pod { pod in
            // Most pods mount nothing of their node.
            guard pod.spec.volumes.contains(where: { $0.sources.contains("hostPath") }) else { return nil }
            let volumes = Set(pod.spec.volumes.lazy.filter { $0.sources.contains("hostPath") }.map(\.name))
            return .ofContainers(pod.spec) { place, container in
                container.volumeMounts.enumerated().filter { _, mount in
                    mount.readOnly != true && mount.name.map(volumes.contains) == true
                }.map { .set("\(place).volumeMounts[\($0.offset)].readOnly", "true") }
            } message: {
                "\($0) can write to a hostPath volume"
            }
        }
    )
}
