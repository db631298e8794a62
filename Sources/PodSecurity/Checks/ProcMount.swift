import KubernetesAPI

extension Check {
    /// */proc Mount Type*: `securityContext.procMount`, if set, must be `Default`. From v1.35 on, pods in a user namespace
    /// (`hostUsers: false`) may set what they like.
    ///
    /// At restricted, ``procMountRestricted`` takes its place from v1.35 on.
    static let procMount = Check(
        .procMount,
        level: .baseline,
        Revision(since: 0, masksProc),
        Revision(since: 35) { $0.spec.isInUserNamespace ? nil : masksProc($0) }
    )

    /// */proc Mount Type*, restricted: also pods in a user namespace must leave it `Default`.
    static let procMountRestricted = Check(
        .procMountRestricted,
        level: .restricted,
        replacing: .procMount,
        Revision(since: 35, masksProc)
    )

    static let defaultMount = ["Default"]

    @Sendable private static func masksProc(_ pod: PodTemplateSpec) -> Reason? {
        var types: [String] = []
        let containers = pod.spec.containers { container in
            guard let type = container.securityContext?.procMount, !type.isOne(of: defaultMount) else { return false }
            types.append(type)
            return true
        }
        guard !containers.isEmpty else { return nil }
        let values = types.sortedUnique()
        return Reason("procMount") {
            "\(Wording.containers(containers)) must not set securityContext.procMount to \(Wording.quoted(values))"
        }
    }
}
