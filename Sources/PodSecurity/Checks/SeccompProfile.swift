import KubernetesAPI

extension Check {
    /// *Seccomp*: profiles of pod and containers, if set, must be `RuntimeDefault` or `Localhost`. Before v1.19, the
    /// annotations are asked instead of the fields.
    ///
    /// CIS Kubernetes Benchmark 5.6.2. At restricted, ``seccompProfileRestricted`` takes its place from v1.19 on.
    static let seccompProfileBaseline = Check(
        .seccompProfileBaseline,
        level: .baseline,
        Revision(since: 0) { pod in
            let annotations = SeccompAnnotation.forbidden(in: pod)
            guard !annotations.isEmpty else { return nil }
            return Reason("seccompProfile") {
                "forbidden \(Wording.plural("annotation", annotations.count)) \(annotations.joined(separator: ", "))"
            }
        },
        Revision(since: 19) { pod in forbiddenProfile(in: pod) }
    )

    /// *Seccomp*, restricted: moreover, the pod or each container must set one. From v1.25 on, pods that say they are for
    /// Windows, which has no seccomp, are exempt.
    ///
    /// CIS Kubernetes Benchmark 5.6.2.
    static let seccompProfileRestricted = Check(
        .seccompProfileRestricted,
        level: .restricted,
        replacing: .seccompProfileBaseline,
        Revision(since: 19, requiresProfile),
        Revision(since: 25) { $0.spec.isForWindows ? nil : requiresProfile($0) }
    )

    @Sendable private static func requiresProfile(_ pod: PodTemplateSpec) -> Reason? {
        if let reason = forbiddenProfile(in: pod) { return reason }
        guard pod.spec.securityContext?.seccompProfile == nil else { return nil }
        let containers = pod.spec.containers { $0.securityContext?.seccompProfile == nil }
        guard !containers.isEmpty else { return nil }
        return Reason("seccompProfile") {
            "pod or \(Wording.containers(containers)) must set securityContext.seccompProfile.type to \"RuntimeDefault\""
                + " or \"Localhost\""
        }
    }

    private static func forbiddenProfile(in pod: PodTemplateSpec) -> Reason? {
        var types: [String] = []
        let ofPod = SecurityProfile.isForbidden(pod.spec.securityContext?.seccompProfile, adding: &types)
        let containers = pod.spec.containers {
            SecurityProfile.isForbidden($0.securityContext?.seccompProfile, adding: &types)
        }
        guard ofPod || !containers.isEmpty else { return nil }
        let values = types.sortedUnique()
        return Reason("seccompProfile") {
            "\(Wording.setters(pod: ofPod, containers: containers)) must not set securityContext.seccompProfile.type to "
                + Wording.quoted(values)
        }
    }
}

extension SecurityProfile {
    static let allowedTypes = ["RuntimeDefault", "Localhost"]

    /// Whether a profile is set to what leaves its bearer unconfined. If so, its type is added to `types`.
    static func isForbidden(_ profile: SecurityProfile?, adding types: inout [String]) -> Bool {
        guard let profile else { return false }
        let type = profile.type ?? ""
        if type.isOne(of: allowedTypes) { return false }
        types.append(type)
        return true
    }
}

/// The annotations that said seccomp profiles before Kubernetes 1.19 had fields for them.
enum SeccompAnnotation {
    static let ofPod = "seccomp.security.alpha.kubernetes.io/pod"
    static let ofContainer = "container.seccomp.security.alpha.kubernetes.io/"
    private static let allowed = ["runtime/default", "docker/default"]

    /// The annotations of forbidden values on the pod or a container that exists, as `key="value"`, in order.
    static func forbidden(in pod: PodTemplateSpec) -> [String] {
        guard !pod.annotations.isEmpty else { return [] }
        let keys = [ofPod] + pod.spec.containers { _ in true }.map { ofContainer + $0 }
        return keys.compactMap { key in
            guard let value = pod.annotations[key], !isAllowed(value) else { return nil }
            return "\(key)=\(value.goQuoted)"
        }.sortedUnique()
    }

    // Unlike AppArmor's, an empty value is not allowed.
    static func isAllowed(_ value: String) -> Bool {
        value.isOne(of: allowed) || value.utf8.starts(with: "localhost/".utf8)
    }
}
