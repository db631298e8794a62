import KubernetesAPI

extension Check {
    /// *SELinux*: the type, if set, must be one of those for containers; user and role must not be set. The level is free.
    /// Each of pod and containers answers for what it sets itself.
    static let seLinuxOptions = Check(
        .seLinuxOptions,
        level: .baseline,
        Revision(since: 0) { forbiddenOptions(in: $0, besides: containerTypes) },
        Revision(since: 31) { forbiddenOptions(in: $0, besides: containerTypesSince31) }
    )

    static let containerTypes = ["", "container_t", "container_init_t", "container_kvm_t"]
    static let containerTypesSince31 = containerTypes + ["container_engine_t"]

    private static func forbiddenOptions(in pod: PodTemplateSpec, besides types: [String]) -> Reason? {
        var found = ForbiddenOptions(allowedTypes: types)
        let ofPod = found.isIn(pod.spec.securityContext?.seLinuxOptions)
        let containers = pod.spec.containers { found.isIn($0.securityContext?.seLinuxOptions) }
        guard ofPod || !containers.isEmpty else { return nil }
        return Reason("seLinuxOptions") { [found] in
            "\(Wording.setters(pod: ofPod, containers: containers)) set forbidden securityContext.seLinuxOptions: "
                + found.description
        }
    }
}

private struct ForbiddenOptions {
    let allowedTypes: [String]
    private var types: [String] = []
    private var setsUser = false
    private var setsRole = false

    init(allowedTypes: [String]) {
        self.allowedTypes = allowedTypes
    }

    mutating func isIn(_ options: SELinuxOptions?) -> Bool {
        guard let options else { return false }
        let type = options.type ?? ""
        let hasType = !type.isOne(of: allowedTypes), hasUser = options.user?.isEmpty == false
        let hasRole = options.role?.isEmpty == false
        if hasType { types.append(type) }
        setsUser = setsUser || hasUser
        setsRole = setsRole || hasRole
        return hasType || hasUser || hasRole
    }

    var description: String {
        let types = types.sortedUnique()
        let ofTypes = types.isEmpty ? [] : ["\(Wording.plural("type", types.count)) \(Wording.quoted(types))"]
        return (ofTypes + (setsUser ? ["user may not be set"] : []) + (setsRole ? ["role may not be set"] : []))
            .joined(separator: "; ")
    }
}
