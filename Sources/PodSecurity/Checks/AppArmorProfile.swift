import KubernetesAPI

extension Check {
    /// *AppArmor*: profiles of pod and containers, if set, must be `RuntimeDefault` or `Localhost`; so must the older
    /// annotations, those of containers that do not exist included.
    ///
    /// Source also: NSA/CISA *Kubernetes Hardening Guide*, "Pod security".
    static let appArmorProfile = Check(
        .appArmorProfile,
        level: .baseline,
        Revision(since: 0) { pod in
            var types: [String] = []
            let ofPod = SecurityProfile.isForbidden(pod.spec.securityContext?.appArmorProfile, adding: &types)
            let containers = pod.spec.containers {
                SecurityProfile.isForbidden($0.securityContext?.appArmorProfile, adding: &types)
            }
            let annotations = AppArmorAnnotation.forbidden(in: pod.annotations)
            guard ofPod || !containers.isEmpty || !annotations.isEmpty else { return nil }
            let values = types.sortedUnique() + annotations
            return Reason(Wording.plural("forbidden AppArmor profile", values.count)) {
                detail(ofPod, containers, annotations, values)
            }
        }
    )

    private static func detail(
        _ ofPod: Bool,
        _ containers: [String],
        _ annotations: [String],
        _ values: [String]
    ) -> String {
        let fields = ofPod || !containers.isEmpty ? [Wording.setters(pod: ofPod, containers: containers)] : []
        let keys = annotations.isEmpty ? [] : [Wording.plural("annotation", annotations.count)]
        return (fields + keys).joined(separator: " and ")
            + " must not set AppArmor profile type to \(Wording.quoted(values))"
    }
}

/// The annotations that said a container's AppArmor profile before Kubernetes 1.30 had a field for it.
enum AppArmorAnnotation {
    /// What the container's name stands after.
    static let prefix = "container.apparmor.security.beta.kubernetes.io/"

    private static let localhost = "localhost/"

    /// The annotations of forbidden values, as `key="value"`, in order.
    static func forbidden(in annotations: [String: String]) -> [String] {
        var forbidden: [String] = []
        for (key, value) in annotations where key.utf8.starts(with: prefix.utf8) && !isAllowed(value) {
            forbidden.append("\(key)=\(value.goQuoted)")
        }
        return forbidden.isEmpty ? forbidden : forbidden.sortedUnique()
    }

    /// The profile that a value means, or `nil` if it means none.
    static func profile(_ value: String) -> SecurityProfile? {
        switch value {
        case "unconfined": SecurityProfile(type: "Unconfined")
        case "runtime/default": SecurityProfile(type: "RuntimeDefault")
        case _ where value.utf8.starts(with: localhost.utf8) && value.utf8.count > localhost.utf8.count:
            SecurityProfile(type: "Localhost")
        default: nil
        }
    }

    static func isAllowed(_ value: String) -> Bool {
        value.isEmpty || value.isOne(of: ["runtime/default"]) || value.utf8.starts(with: localhost.utf8)
    }
}
