import KubernetesAPI

extension Check {
    /// *Host Probes / Lifecycle Hooks*: no probe and no lifecycle handler may name a host in `httpGet` or `tcpSocket`, not
    /// even `127.0.0.1`. The kubelet makes the call, from the node's network.
    ///
    /// Source also: KEP-4940.
    static let hostProbesAndHostLifecycle = Check(
        .hostProbesAndHostLifecycle,
        level: .baseline,
        Revision(since: 34) { pod in
            var hosts: [String] = []
            let containers = pod.spec.containers { container in
                let before = hosts.count
                container.livenessProbe?.addHosts(to: &hosts)
                container.readinessProbe?.addHosts(to: &hosts)
                container.startupProbe?.addHosts(to: &hosts)
                container.lifecycle?.postStart?.addHosts(to: &hosts)
                container.lifecycle?.preStop?.addHosts(to: &hosts)
                return hosts.count > before
            }
            guard !containers.isEmpty else { return nil }
            // Here alone, the server sorts the containers.
            return Reason("probe or lifecycle host") { [hosts] in
                detail(containers.sortedUnique(), hosts.sortedUnique())
            }
        }
    )

    private static func detail(_ containers: [String], _ hosts: [String]) -> String {
        "\(Wording.containers(containers)) \(Wording.uses(containers.count)) "
            + "\(Wording.plural("probe or lifecycle host", hosts.count)) \(Wording.quoted(hosts))"
    }
}

extension Container.Handler {
    fileprivate func addHosts(to hosts: inout [String]) {
        if let host = httpGet?.host, !host.isEmpty { hosts.append(host) }
        if let host = tcpSocket?.host, !host.isEmpty { hosts.append(host) }
    }
}
