import KubernetesAPI

extension Evaluator {
    /// The pod that the API server stores when `pod` is created, which is what it judges. It differs from the manifest in
    /// two things that the standards read; a pod that was read from a server has them already.
    ///
    /// Only pods: of a workload's template, the server judges what is written.
    ///
    /// Source: `pkg/apis/core/v1/defaults.go` (`SetDefaults_Pod`), `pkg/registry/core/pod/strategy.go`
    /// (`applyAppArmorVersionSkew`) in `kubernetes/kubernetes`.
    public static func asCreated(_ pod: PodTemplateSpec) -> PodTemplateSpec {
        var pod = pod
        if pod.spec.hostNetwork {
            openHostPorts(of: &pod.spec.containers)
            openHostPorts(of: &pod.spec.initContainers)
        }
        let hasProfiles = pod.annotations.keys.contains { $0.utf8.starts(with: AppArmorAnnotation.prefix.utf8) }
        if hasProfiles && !pod.spec.isForWindows {
            let ofPod = pod.spec.securityContext?.appArmorProfile
            copyProfiles(from: pod.annotations, to: &pod.spec.initContainers, unless: ofPod)
            copyProfiles(from: pod.annotations, to: &pod.spec.containers, unless: ofPod)
            copyProfiles(from: pod.annotations, to: &pod.spec.ephemeralContainers, unless: ofPod)
        }
        return pod
    }

    // In the node's network, each port that a container says it listens on is one of the node's.
    private static func openHostPorts(of containers: inout [Container]) {
        for container in containers.indices {
            for port in containers[container].ports.indices where (containers[container].ports[port].hostPort ?? 0) == 0
            {
                containers[container].ports[port].hostPort = containers[container].ports[port].containerPort
            }
        }
    }

    // A container's annotation becomes its field, unless it has the field or the pod's says the same.
    private static func copyProfiles(
        from annotations: [String: String],
        to containers: inout [Container],
        unless ofPod: SecurityProfile?
    ) {
        for index in containers.indices where containers[index].securityContext?.appArmorProfile == nil {
            guard let annotation = annotations[AppArmorAnnotation.prefix + containers[index].name],
                let profile = AppArmorAnnotation.profile(annotation), profile != ofPod
            else { continue }
            containers[index].securityContext = containers[index].securityContext ?? SecurityContext()
            containers[index].securityContext?.appArmorProfile = profile
        }
    }
}
