import PodSecurity

extension WorkloadCheck {
    /// The checks of the Pod Security Standards, which `PodSecurity` has the rules of.
    static let podSecurity: [WorkloadCheck] = CheckID.allCases.map { check in
        let (severity, title, source) = description(of: check)
        return WorkloadCheck(
            id: check.controlID,
            severity,
            title,
            source: "Pod Security Standards, \"\(source)\"",
            .podSecurity(check)
        )
    }

    private static func description(of check: CheckID) -> (Severity, String, String) {
        switch check {
        case .appArmorProfile: (.medium, "No AppArmor profile is switched off", "AppArmor")
        case .capabilitiesBaseline: (.high, "No unusual capabilities are added", "Capabilities")
        case .hostNamespaces: (.critical, "Network, processes and IPC are not the node's", "Host Namespaces")
        case .hostPathVolumes: (.high, "No directory of the node is mounted", "HostPath Volumes")
        case .hostPorts: (.medium, "No port of the node is taken", "Host Ports")
        case .hostProbesAndHostLifecycle:
            (.medium, "The kubelet calls no host that the pod names", "Host Probes / Lifecycle Hooks")
        case .privileged: (.critical, "No container is privileged", "Privileged Containers")
        case .procMount: (.high, "/proc is masked as usual", "/proc Mount Type")
        case .seLinuxOptions: (.medium, "SELinux labels are those of containers", "SELinux")
        case .seccompProfileBaseline: (.high, "No seccomp profile is switched off", "Seccomp")
        case .sysctls: (.high, "Only safe kernel parameters are set", "Sysctls")
        case .windowsHostProcess: (.high, "No Windows container runs on the host", "HostProcess")
        case .allowPrivilegeEscalation: (.high, "No process gains rights", "Privilege Escalation")
        case .capabilitiesRestricted: (.high, "All capabilities are dropped", "Capabilities")
        case .procMountRestricted: (.high, "/proc is masked as usual, also in user namespaces", "/proc Mount Type")
        case .restrictedVolumes: (.medium, "Volumes are the cluster's own", "Volume Types")
        case .runAsNonRoot: (.high, "Containers must not run as root", "Running as Non-root")
        case .runAsUser: (.high, "No container asks to run as root", "Running as Non-root user")
        case .seccompProfileRestricted: (.high, "Containers have a seccomp profile", "Seccomp")
        }
    }
}
