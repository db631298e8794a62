/// The part of `v1.SecurityContext`, a container's, that some check reads.
///
/// Source: Kubernetes API reference, *SecurityContext*.
public struct SecurityContext: Sendable, Hashable {
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
public struct PodSecurityContext: Sendable, Hashable {
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
public struct Capabilities: Sendable, Hashable {
    /// Those added.
    public var add: [String]?
    /// Those taken away.
    public var drop: [String]?
}

/// `v1.SELinuxOptions`; the level is free and not read.
public struct SELinuxOptions: Sendable, Hashable {
    /// The type, such as `container_t`.
    public var type: String?
    /// The user.
    public var user: String?
    /// The role.
    public var role: String?
}

/// `v1.SeccompProfile` and `v1.AppArmorProfile`.
public struct SecurityProfile: Sendable, Hashable {
    /// `RuntimeDefault`, `Localhost` or `Unconfined`; to the API server, unset is empty.
    public var type: String?

    /// A profile of `type`.
    public init(type: String?) {
        self.type = type
    }
}

/// `v1.WindowsSecurityContextOptions`.
public struct WindowsSecurityContextOptions: Sendable, Hashable {
    /// Whether it runs on the host itself.
    public var hostProcess: Bool?
}

/// `v1.Sysctl`.
public struct Sysctl: Sendable, Hashable {
    /// The parameter, such as `net.ipv4.tcp_syncookies`.
    public var name: String?
}

extension SecurityContext: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        privileged = try json.value("privileged")
        allowPrivilegeEscalation = try json.value("allowPrivilegeEscalation")
        capabilities = try json.value("capabilities")
        procMount = try json.value("procMount")
        runAsNonRoot = try json.value("runAsNonRoot")
        runAsUser = try json.value("runAsUser")
        runAsGroup = try json.value("runAsGroup")
        readOnlyRootFilesystem = try json.value("readOnlyRootFilesystem")
        seLinuxOptions = try json.value("seLinuxOptions")
        seccompProfile = try json.value("seccompProfile")
        appArmorProfile = try json.value("appArmorProfile")
        windowsOptions = try json.value("windowsOptions")
    }
}

extension PodSecurityContext: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        runAsNonRoot = try json.value("runAsNonRoot")
        runAsUser = try json.value("runAsUser")
        seLinuxOptions = try json.value("seLinuxOptions")
        seccompProfile = try json.value("seccompProfile")
        appArmorProfile = try json.value("appArmorProfile")
        windowsOptions = try json.value("windowsOptions")
        runAsGroup = try json.value("runAsGroup")
        fsGroup = try json.value("fsGroup")
        supplementalGroups = try json.value("supplementalGroups")
        sysctls = try json.value("sysctls")
    }
}

extension Capabilities: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        add = try json.value("add")
        drop = try json.value("drop")
    }
}

extension SELinuxOptions: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        type = try json.value("type")
        user = try json.value("user")
        role = try json.value("role")
    }
}

extension SecurityProfile: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        type = try json.value("type")
    }
}

extension WindowsSecurityContextOptions: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        hostProcess = try json.value("hostProcess")
    }
}

extension Sysctl: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name")
    }
}
