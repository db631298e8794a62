import KubernetesAPI

extension Check {
    /// *Capabilities*: a container may add only capabilities that container runtimes give by default, without `NET_RAW`.
    /// Names are exact: `CAP_CHOWN` and `chown` are not among them.
    ///
    /// CIS Kubernetes Benchmark 5.2.8, 5.2.9. At restricted, ``capabilitiesRestricted`` takes its place from v1.22 on.
    static let capabilitiesBaseline = Check(
        .capabilitiesBaseline,
        level: .baseline,
        Revision(since: 0) { pod in
            var added: [String] = []
            let containers = pod.spec.containersAdding(capabilitiesBesides: defaultCapabilities, to: &added)
            guard !containers.isEmpty else { return nil }
            return Reason("non-default capabilities") { [added] in forbids(added.sortedUnique(), in: containers) }
        }
    )

    /// *Capabilities*, restricted: each container must drop `ALL` and may add `NET_BIND_SERVICE` only. From v1.25 on, pods
    /// that say they are for Windows, which has no capabilities, are exempt.
    ///
    /// CIS Kubernetes Benchmark 5.2.8, 5.2.9.
    static let capabilitiesRestricted = Check(
        .capabilitiesRestricted,
        level: .restricted,
        replacing: .capabilitiesBaseline,
        Revision(since: 22, dropsAllCapabilities),
        Revision(since: 25) { $0.spec.isForWindows ? nil : dropsAllCapabilities($0) }
    )

    static let defaultCapabilities = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]
    static let everything = ["ALL"]
    static let netBindService = ["NET_BIND_SERVICE"]

    @Sendable private static func dropsAllCapabilities(_ pod: PodTemplateSpec) -> Reason? {
        var added: [String] = []
        let adding = pod.spec.containersAdding(capabilitiesBesides: netBindService, to: &added)
        let keeping = pod.spec.containers { container in
            guard let dropped = container.securityContext?.capabilities?.drop else { return true }
            return !dropped.contains { $0.isOne(of: everything) }
        }
        guard !adding.isEmpty || !keeping.isEmpty else { return nil }
        return Reason("unrestricted capabilities") { [added] in
            detail(keeping: keeping, adding: adding, added.sortedUnique())
        }
    }

    private static func detail(keeping: [String], adding: [String], _ added: [String]) -> String {
        let drop = "\(Wording.containers(keeping)) must set securityContext.capabilities.drop=[\"ALL\"]"
        return ((keeping.isEmpty ? [] : [drop]) + (adding.isEmpty ? [] : [forbids(added, in: adding)]))
            .joined(separator: "; ")
    }

    private static func forbids(_ capabilities: [String], in containers: [String]) -> String {
        "\(Wording.containers(containers)) must not include \(Wording.quoted(capabilities))"
            + " in securityContext.capabilities.add"
    }
}

extension PodSpec {
    fileprivate func containersAdding(capabilitiesBesides allowed: [String], to added: inout [String]) -> [String] {
        containers { container in
            guard let add = container.securityContext?.capabilities?.add else { return false }
            let before = added.count
            for capability in add where !capability.isOne(of: allowed) { added.append(capability) }
            return added.count > before
        }
    }
}
