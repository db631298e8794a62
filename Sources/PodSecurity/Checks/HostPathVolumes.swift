import KubernetesAPI

extension Check {
    /// *HostPath Volumes*: no volume may be a `hostPath`. There is no exception for a path or for mounting it read-only.
    ///
    /// CIS Kubernetes Benchmark 5.2.11. At restricted, ``restrictedVolumes`` takes its place.
    static let hostPathVolumes = Check(
        .hostPathVolumes,
        level: .baseline,
        Revision(since: 0) { pod in
            let volumes = pod.spec.volumes.lazy.filter { $0.sources.contains("hostPath") }.map(\.name)
            guard !volumes.isEmpty else { return nil }
            let names = Array(volumes)
            return Reason("hostPath volumes") { "\(Wording.plural("volume", names.count)) \(Wording.quoted(names))" }
        }
    )
}
