import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// Each container and init container has a memory limit that is equal to its memory request, so that what the
    /// scheduler set aside is what it may use, and a CPU request. A CPU limit is not asked for: it throttles.
    ///
    /// Where only a limit is written, the API server takes it for the request too. A limit of 0 is none. What a pod sets
    /// for all its containers together (KEP-2837) serves those that set nothing themselves. Ephemeral containers cannot
    /// have resources.
    ///
    /// Source: Kubernetes documentation, *Security Checklist*, "Memory limit is set for the workloads with a limit equal
    /// or inferior to the request"; a limit below the request is refused.
    static let resourceLimits = WorkloadCheck(
        id: "resource-limits",
        .medium,
        "Containers have a memory limit equal to their request, and a CPU request",
        source: "Kubernetes Security Checklist, \"Pod security\"",
        .pod { pod in
            let ofPod = pod.spec.resources
            var problems: Set<String> = []
            let problem = Problem.ofContainers(pod.spec) { place, container in
                guard place.list != .ephemeralContainers else { return [] }
                let (lacking, remedies) = shortcomings(container.resources, "\(place).resources", ofPod)
                problems.formUnion(lacking)
                return remedies
            } message: { containers in
                "\(containers): \(problems.sorted().reversed().joined(separator: ", "))"
            }
            guard problem == nil, let ofPod else { return problem }
            // All containers lean on what the pod sets: that must hold by itself.
            guard ofPod.limitsMemory, !ofPod.setsMemoryAside else { return nil }
            return Problem(
                "the pod's memory limit is not equal to its request",
                [.set("spec.resources.requests.memory", ofPod.limits["memory"] ?? "")]
            )
        }
    )

    private static func shortcomings(
        _ own: ResourceRequirements,
        _ path: String,
        _ ofPod: ResourceRequirements?
    ) -> (lacking: [String], remedies: [Remedy]) {
        var lacking: [String] = []
        var remedies: [Remedy] = []
        if !own.limitsMemory, ofPod?.limitsMemory != true {
            lacking.append("memory limit missing")
            remedies.append(.set("\(path).limits.memory", own.requests["memory"] ?? "what it needs at most"))
        } else if own.limitsMemory, !own.setsMemoryAside {
            lacking.append("memory limit not equal to the request")
            remedies.append(.set("\(path).requests.memory", own.limits["memory"] ?? ""))
        }
        let cpu = [own.requests, own.limits, ofPod?.requests ?? [:], ofPod?.limits ?? [:]]
        if !cpu.contains(where: { $0["cpu"] != nil }) {
            lacking.append("CPU request missing")
            remedies.append(.set("\(path).requests.cpu", "what it needs"))
        }
        return (lacking, remedies)
    }
}

extension ResourceRequirements {
    // A limit of 0 is none.
    fileprivate var limitsMemory: Bool { limits["memory"].map { Quantity($0)?.nanos != 0 } ?? false }

    /// Whether what it may use of memory is what is set aside for it.
    fileprivate var setsMemoryAside: Bool {
        guard let limit = limits["memory"], let request = requests["memory"], request != limit else { return true }
        return Quantity(request).map { $0 == Quantity(limit) } ?? false
    }
}
