import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// The containers of a pod do not see each other's processes, their environment and, through `/proc`, their files.
    ///
    /// Source: Kubernetes documentation, *Share Process Namespace between Containers in a Pod*; the NSA/CISA *Kubernetes
    /// Hardening Guide*, "Pod security", as scanners read it.
    static let shareProcessNamespace = WorkloadCheck(
        id: "share-process-namespace",
        .low,
        "Containers do not share their processes",
        source: "NSA/CISA Kubernetes Hardening Guide, \"Pod security\"",
        .pod { pod in
            guard pod.spec.shareProcessNamespace == true else { return nil }
            return Problem("all containers see each other's processes", [.set("spec.shareProcessNamespace", "false")])
        }
    )
}
