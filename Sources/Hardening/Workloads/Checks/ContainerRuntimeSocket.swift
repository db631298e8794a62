import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// No volume may hold a socket of the node's container runtime: whoever speaks to it starts privileged containers
    /// past the API server and everything that it checks. A directory that a socket is in counts as the socket: `/`,
    /// `/run`, `/var/run`.
    ///
    /// Source: CIS Kubernetes Benchmark 5.2.11; Kubernetes documentation, *Role Based Access Control Good Practices*,
    /// "Persistent volume creation" (host access); the default endpoints of *Container Runtimes*.
    static let containerRuntimeSocket = WorkloadCheck(
        id: "container-runtime-socket",
        .critical,
        "No container reaches the container runtime's socket",
        source: "CIS 5.2.11",
        .pod { pod in
            var volumes: [String] = []
            var remedies: [Remedy] = []
            for (index, volume) in pod.spec.volumes.enumerated() {
                guard let path = volume.hostPath, holdsSocket(path) else { continue }
                volumes.append("\"\(volume.name)\" (\(path))")
                remedies.append(.remove("spec.volumes[\(index)]", of: volume.name))
            }
            guard !volumes.isEmpty else { return nil }
            let subject = volumes.count == 1 ? "volume" : "volumes"
            return Problem(
                "the container runtime's socket is in \(subject) \(volumes.joined(separator: ", ")), and whoever speaks to "
                    + "it is root on the node",
                remedies
            )
        }
    )

    // By their last common form, without /var/run, which is a link to /run on every current distribution.
    private static let sockets = [
        "run/docker.sock", "run/containerd/containerd.sock", "run/crio/crio.sock", "run/k3s/containerd/containerd.sock",
        "run/k0s/containerd.sock", "run/cri-dockerd.sock", "run/dockershim.sock", "run/podman/podman.sock",
        "run/host-containerd/containerd.sock", "var/snap/microk8s/common/run/containerd.sock",
    ].map { $0.split(separator: "/") }
    private static let pipes = ["docker_engine", "containerd-containerd", "cri-dockerd"]

    static func holdsSocket(_ path: String) -> Bool {
        if path.hasPrefix("\\\\.\\pipe\\") || path.hasPrefix("//./pipe/") {
            let name = path.lowercased().split { $0 == "\\" || $0 == "/" }.last
            return pipes.contains { $0 == name ?? "" }
        }
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            // The API server refuses `..`; a manifest may have it.
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        if parts.starts(with: ["var", "run"]) { parts.removeFirst() }
        return sockets.contains { $0.starts(with: parts) }
    }
}
