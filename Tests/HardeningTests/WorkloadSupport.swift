import Hardening
import KubernetesAPI
import Testing

/// A pod, or a pod template, in YAML, judged.
func facts(_ pod: String) throws -> PodFacts {
    PodFacts(judging: try read(PodTemplateSpec.self, pod))
}

/// What is kept of an object of this kind in YAML.
func observed(_ kind: any WorkloadKind.Type, _ yaml: String) throws -> ObservedWorkload {
    func observe<Kind: WorkloadKind>(_: Kind.Type) throws -> ObservedWorkload {
        let object = try read(Workload<Kind>.self, yaml)
        return ObservedWorkload(object, facts: try object.template.map { PodFacts(judging: try $0.read()) })
    }
    return try observe(kind)
}

/// Objects of a namespace, made as short as tests want them.
enum Make {
    /// A Deployment, its pods' spec in YAML's flow style; uid `NAME`.
    static func deployment(
        _ name: String,
        _ spec: String,
        replicas: Int = 2,
        labels: String = "{}",
        owner: String? = nil
    ) throws -> ObservedWorkload {
        try observed(
            WorkloadKinds.Deployment.self,
            """
            metadata: {name: \(name), uid: \(name)\(owners(owner))}
            spec: {replicas: \(replicas), template: {metadata: {labels: \(labels)}, spec: \(spec)}}
            """
        )
    }

    /// A ReplicaSet; uid `NAME`.
    static func replicaSet(
        _ name: String,
        _ spec: String,
        replicas: Int = 2,
        owner: String? = nil
    ) throws -> ObservedWorkload {
        try observed(
            WorkloadKinds.ReplicaSet.self,
            """
            metadata: {name: \(name), uid: \(name)\(owners(owner))}
            spec: {replicas: \(replicas), template: {spec: \(spec)}}
            """
        )
    }

    /// A running pod; uid `NAME`.
    static func pod(
        _ name: String,
        _ spec: String,
        labels: String = "{}",
        owner: String? = nil,
        more: String = "status: {phase: Running}"
    ) throws -> ObservedWorkload {
        try observed(
            WorkloadKinds.Pod.self,
            "metadata: {name: \(name), uid: \(name), labels: \(labels)\(owners(owner))}\nspec: \(spec)\n\(more)"
        )
    }

    /// `Kind/name`, where the uid is the name, as an owner reference; `group/Kind/name` for other groups than `apps`.
    static func owners(_ owner: String?) -> String {
        guard let owner else { return "" }
        var parts = owner.split(separator: "/").map(String.init)
        if parts.count == 2 { parts.insert("apps/v1", at: 0) } else { parts[0] += "/v1" }
        return
            ", ownerReferences: [{apiVersion: \(parts[0]), kind: \(parts[1]), name: \(parts[2]), uid: \(parts[2]), controller: true}]"
    }

    /// A pod's spec that passes every check, with what is given in place of or beside what it has.
    static func clean(_ container: String = "", pod: String = "", name: String = "app") -> String {
        """
        {serviceAccountName: own, automountServiceAccountToken: false,
         securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}\(pod.isEmpty ? "" : ", " + pod),
         containers: [\(cleanContainer(name, container))]}
        """
    }

    /// A pod's spec that passes every check but that on the root file system.
    static let writable = clean().replacing("readOnlyRootFilesystem: true, ", with: "")

    /// A container that passes every check, and what is given.
    static func cleanContainer(_ name: String = "app", _ more: String = "") -> String {
        """
        {name: \(name), image: "registry.example.com/app@sha256:00",
         resources: {limits: {memory: 64Mi}, requests: {cpu: 10m}},
         securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}\(
             more.isEmpty ? "" : ", " + more)}
        """
    }
}
