/// The part of `v1.SecurityContext`, a container's, that some check reads.
///
/// Source: Kubernetes API reference, *SecurityContext*.
public struct SecurityContext: Sendable, Hashable, Decodable {
    /// Whether it is root on the node in all but name.
    public var privileged: Bool?
    /// Whether a process may gain more rights than its parent.
    public var allowPrivilegeEscalation: Bool?
    /// Linux capabilities beside the container runtime's default.
    public var capabilities: Capabilities?
    /// How `/proc` is mounted: `Default` or `Unmasked`.
    public var procMount: String?
    /// Whether the kubelet refuses to start it as user 0.
    public var runAsNonRoot: Bool?
    /// The user it runs as.
    public var runAsUser: Int64?
    /// The group it runs as.
    public var runAsGroup: Int64?
    /// Whether it may not write to its image's files.
    public var readOnlyRootFilesystem: Bool?
    /// Its SELinux label.
    public var seLinuxOptions: SELinuxOptions?
    /// Which system calls it may make.
    public var seccompProfile: SecurityProfile?
    /// Which AppArmor profile confines it.
    public var appArmorProfile: SecurityProfile?
    /// Settings for Windows.
    public var windowsOptions: WindowsSecurityContextOptions?

    /// Nothing set.
    public init() {}
}

/// The part of `v1.PodSecurityContext` that some check reads.
///
/// Source: Kubernetes API reference, *PodSecurityContext*.
public struct PodSecurityContext: Sendable, Hashable, Decodable {
    /// As in ``SecurityContext``, for containers that do not say.
    public var runAsNonRoot: Bool?
    /// As in ``SecurityContext``, for containers that do not say.
    public var runAsUser: Int64?
    /// As in ``SecurityContext``, for containers that do not say.
    public var seLinuxOptions: SELinuxOptions?
    /// As in ``SecurityContext``, for containers that do not say.
    public var seccompProfile: SecurityProfile?
    /// As in ``SecurityContext``, for containers that do not say.
    public var appArmorProfile: SecurityProfile?
    /// As in ``SecurityContext``, for containers that do not say.
    public var windowsOptions: WindowsSecurityContextOptions?
    /// As in ``SecurityContext``, for containers that do not say.
    public var runAsGroup: Int64?
    /// The group that volumes belong to.
    public var fsGroup: Int64?
    /// Further groups it runs as.
    public var supplementalGroups: [Int64]?
    /// Kernel parameters to set.
    public var sysctls: [Sysctl]?

    /// Nothing set.
    public init() {}
}

/// `v1.Capabilities`: names without the prefix `CAP_`, or `ALL`.
public struct Capabilities: Sendable, Hashable, Decodable {
    /// Those added.
    public var add: [String]?
    /// Those taken away.
    public var drop: [String]?
}

/// `v1.SELinuxOptions`; the level is free and not read.
public struct SELinuxOptions: Sendable, Hashable, Decodable {
    /// The type, such as `container_t`.
    public var type: String?
    /// The user.
    public var user: String?
    /// The role.
    public var role: String?
}

/// `v1.SeccompProfile` and `v1.AppArmorProfile`.
public struct SecurityProfile: Sendable, Hashable, Decodable {
    /// `RuntimeDefault`, `Localhost` or `Unconfined`; to the API server, unset is empty.
    public var type: String?

    /// A profile of `type`.
    public init(type: String?) {
        self.type = type
    }
}

/// `v1.WindowsSecurityContextOptions`.
public struct WindowsSecurityContextOptions: Sendable, Hashable, Decodable {
    /// Whether it runs on the host itself.
    public var hostProcess: Bool?
}

/// `v1.Sysctl`.
public struct Sysctl: Sendable, Hashable, Decodable {
    /// The parameter, such as `net.ipv4.tcp_syncookies`.
    public var name: String?
}
