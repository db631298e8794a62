import KubernetesAPI

extension Check {
    /// *Sysctls*: only kernel parameters that are the pod's own may be set. Names are exact: the form with slashes is not
    /// among them.
    static let sysctls = Check(
        .sysctls,
        level: .baseline,
        Revision(since: 0) { forbiddenSysctls(in: $0, besides: safe) },
        Revision(since: 27) { forbiddenSysctls(in: $0, besides: safeSince27) },
        Revision(since: 29) { forbiddenSysctls(in: $0, besides: safeSince29) },
        Revision(since: 32) { forbiddenSysctls(in: $0, besides: safeSince32) }
    )

    private static let safe = [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
    ]
    private static let safeSince27 = safe + ["net.ipv4.ip_local_reserved_ports"]
    private static let safeSince29 =
        safeSince27 + [
            "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        ]
    private static let safeSince32 = safeSince29 + ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]

    /// The parameters that may be set in version 1.`minor`.
    static func safeSysctls(in minor: Int) -> [String] {
        switch minor {
        case ..<27: safe
        case ..<29: safeSince27
        case ..<32: safeSince29
        default: safeSince32
        }
    }

    private static func forbiddenSysctls(in pod: PodTemplateSpec, besides safe: [String]) -> Reason? {
        guard let sysctls = pod.spec.securityContext?.sysctls else { return nil }
        var forbidden: [String] = []
        for sysctl in sysctls {
            let name = sysctl.name ?? ""
            if !name.isOne(of: safe) { forbidden.append(name) }
        }
        guard !forbidden.isEmpty else { return nil }
        let names = forbidden
        return Reason("forbidden sysctls") { names.joined(separator: ", ") }
    }
}
