/// A check of the Pod Security Standards, in the order in which the API server names failed ones: those of baseline, then
/// those of restricted, each by id.
///
/// Source: `k8s.io/pod-security-admission/policy`, the ids of `check_*.go` and the order of `registry.go`.
public enum CheckID: String, Sendable, Hashable, Codable, CaseIterable {
    /// AppArmor profiles.
    case appArmorProfile
    /// Capabilities that may be added at baseline.
    case capabilitiesBaseline = "capabilities_baseline"
    /// Network, processes and IPC of the node.
    case hostNamespaces
    /// Directories of the node.
    case hostPathVolumes
    /// Ports of the node.
    case hostPorts
    /// Hosts that the kubelet is made to call.
    case hostProbesAndHostLifecycle
    /// Privileged containers.
    case privileged
    /// Mounts of `/proc` at baseline.
    case procMount
    /// SELinux labels.
    case seLinuxOptions
    /// Seccomp profiles at baseline.
    case seccompProfileBaseline = "seccompProfile_baseline"
    /// Kernel parameters.
    case sysctls
    /// Windows containers that run on the host.
    case windowsHostProcess
    /// Privilege escalation.
    case allowPrivilegeEscalation
    /// Capabilities at restricted.
    case capabilitiesRestricted = "capabilities_restricted"
    /// Mounts of `/proc` at restricted.
    case procMountRestricted = "procMount_restricted"
    /// Types of volumes.
    case restrictedVolumes
    /// Running as another than root.
    case runAsNonRoot
    /// Running as user 0.
    case runAsUser
    /// Seccomp profiles at restricted.
    case seccompProfileRestricted = "seccompProfile_restricted"

    /// The same in the form that other controls' ids have, such as `host-path-volumes`.
    public var controlID: String {
        switch self {
        case .appArmorProfile: "app-armor-profile"
        case .capabilitiesBaseline: "capabilities-baseline"
        case .hostNamespaces: "host-namespaces"
        case .hostPathVolumes: "host-path-volumes"
        case .hostPorts: "host-ports"
        case .hostProbesAndHostLifecycle: "host-probes-and-host-lifecycle"
        case .privileged: "privileged"
        case .procMount: "proc-mount"
        case .seLinuxOptions: "se-linux-options"
        case .seccompProfileBaseline: "seccomp-profile-baseline"
        case .sysctls: "sysctls"
        case .windowsHostProcess: "windows-host-process"
        case .allowPrivilegeEscalation: "allow-privilege-escalation"
        case .capabilitiesRestricted: "capabilities-restricted"
        case .procMountRestricted: "proc-mount-restricted"
        case .restrictedVolumes: "restricted-volumes"
        case .runAsNonRoot: "run-as-non-root"
        case .runAsUser: "run-as-user"
        case .seccompProfileRestricted: "seccomp-profile-restricted"
        }
    }

    /// Its place in the server's order, from 0.
    var index: Int {
        switch self {
        case .appArmorProfile: 0
        case .capabilitiesBaseline: 1
        case .hostNamespaces: 2
        case .hostPathVolumes: 3
        case .hostPorts: 4
        case .hostProbesAndHostLifecycle: 5
        case .privileged: 6
        case .procMount: 7
        case .seLinuxOptions: 8
        case .seccompProfileBaseline: 9
        case .sysctls: 10
        case .windowsHostProcess: 11
        case .allowPrivilegeEscalation: 12
        case .capabilitiesRestricted: 13
        case .procMountRestricted: 14
        case .restrictedVolumes: 15
        case .runAsNonRoot: 16
        case .runAsUser: 17
        case .seccompProfileRestricted: 18
        }
    }
}
