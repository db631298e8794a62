import KubernetesAPI

extension Check {
    /// *Host Ports*: no container may set `ports[*].hostPort` to another value than 0.
    ///
    /// CIS Kubernetes Benchmark 5.2.12.
    static let hostPorts = Check(
        .hostPorts,
        level: .baseline,
        Revision(since: 0) { pod in
            var ports: [String] = []
            let containers = pod.spec.containers { container in
                let before = ports.count
                for port in container.ports {
                    if let hostPort = port.hostPort, hostPort != 0 { ports.append(String(hostPort)) }
                }
                return ports.count > before
            }
            guard !containers.isEmpty else { return nil }
            return Reason("hostPort") { [ports] in detail(containers, ports.sortedUnique()) }
        }
    )

    private static func detail(_ containers: [String], _ ports: [String]) -> String {
        "\(Wording.containers(containers)) \(Wording.uses(containers.count)) \(Wording.plural("hostPort", ports.count)) "
            + ports.joined(separator: ", ")
    }
}
