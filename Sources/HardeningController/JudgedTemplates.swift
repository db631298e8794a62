import Hardening
import KubernetesAPI
import Synchronization

/// The facts of pod templates, each judged once, however many pods are made of it and however often they change.
///
/// It holds no facts by itself: those that nobody has any more are judged anew when they are needed.
final class JudgedTemplates: Sendable {
    // By 64 bits that nobody outside can foresee, since the hash is seeded at random in each process: that any two of 100,000
    // templates share them has a chance of one in three thousand million.
    private let pool = SharingPool<PodFacts>()
    private let judged = Mutex(WeakTable<Int, PodFacts>())

    /// What is to be kept of `template`, one copy for all that come to the same.
    func facts(of template: PodTemplateSpec) -> PodFacts {
        let digest = template.withoutNamesOfTokenVolumes.hashValue
        if let known = judged.withLock({ $0[digest] }) { return known }
        let facts = pool.shared(PodFacts(judging: template))
        judged.withLock { $0.add(facts, for: digest) }
        return facts
    }
}

extension PodTemplateSpec {
    // The API server gives each pod a volume for its token, with a name of its own (ServiceAccount admission,
    // `kube-api-access-`): in that alone pods of one template differ, and nothing that is judged depends on it.
    fileprivate var withoutNamesOfTokenVolumes: PodTemplateSpec {
        let prefix = "kube-api-access-"
        guard let volume = spec.volumes.firstIndex(where: { $0.name.hasPrefix(prefix) && $0.sources == ["projected"] })
        else { return self }
        var template = self
        let name = spec.volumes[volume].name
        template.spec.volumes[volume].name = prefix
        for list in [\PodSpec.initContainers, \.containers, \.ephemeralContainers] {
            for container in template.spec[keyPath: list].indices {
                for mount in template.spec[keyPath: list][container].volumeMounts.indices
                where template.spec[keyPath: list][container].volumeMounts[mount].name == name {
                    template.spec[keyPath: list][container].volumeMounts[mount].name = prefix
                }
            }
        }
        return template
    }
}
