import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// Neither the pod nor a container asks for group 0, which many images let write to their files: not in `runAsGroup`,
    /// `fsGroup` or `supplementalGroups`. What an image does by itself cannot be seen.
    ///
    /// Source: NSA/CISA *Kubernetes Hardening Guide*, "Non-root containers"; the `MustRunAs` ranges of the former
    /// PodSecurityPolicy. Not one of the Pod Security Standards.
    static let runAsGroup = WorkloadCheck(
        id: "run-as-group",
        .low,
        "Nobody asks for group 0",
        source: "NSA/CISA Kubernetes Hardening Guide, \"Non-root containers\"",
        .pod { pod in
            var fields: [String] = []
            var remedies: [Remedy] = []
            if let context = pod.spec.securityContext {
                if context.runAsGroup == 0 { fields.append("spec.securityContext.runAsGroup") }
                if context.fsGroup == 0 { fields.append("spec.securityContext.fsGroup") }
                remedies = fields.map { .remove($0) }
                for (index, group) in (context.supplementalGroups ?? []).enumerated() where group == 0 {
                    fields.append("spec.securityContext.supplementalGroups")
                    remedies.append(.remove("spec.securityContext.supplementalGroups[\(index)]"))
                }
            }
            let ofContainers = Problem.ofContainers(pod.spec) { place, container in
                container.securityContext?.runAsGroup == 0 ? [.remove("\(place).securityContext.runAsGroup")] : []
            } message: {
                "\($0) \($0.hasPrefix("containers") ? "ask" : "asks") for group 0"
            }
            guard !fields.isEmpty else { return ofContainers }
            let message = "the pod asks for group 0" + (ofContainers.map { ", and \($0.message)" } ?? "")
            return Problem(message, remedies + (ofContainers?.remedies ?? []))
        }
    )
}
