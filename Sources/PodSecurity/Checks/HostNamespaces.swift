import KubernetesAPI

extension Check {
    /// *Host Namespaces*: `hostNetwork`, `hostPID` and `hostIPC` must not be `true`.
    ///
    /// CIS Kubernetes Benchmark 5.2.3 to 5.2.5.
    static let hostNamespaces = Check(
        .hostNamespaces,
        level: .baseline,
        Revision(since: 0) { pod in
            let (network, pid, ipc) = (pod.spec.hostNetwork, pod.spec.hostPID, pod.spec.hostIPC)
            guard network || pid || ipc else { return nil }
            return Reason("host namespaces") {
                [("hostNetwork=true", network), ("hostPID=true", pid), ("hostIPC=true", ipc)].filter(\.1).map(\.0)
                    .joined(separator: ", ")
            }
        }
    )
}
