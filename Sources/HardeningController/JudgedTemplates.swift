import Hardening
import KubernetesAPI
import Synchronization

/// The facts of pod templates, each read and judged once, however many pods are made of it and however often they change.
///
/// It holds no facts by itself: those that nobody has any more are judged anew when they are needed.
final class JudgedTemplates: Sendable {
    // By 64 bits that nobody outside can foresee, since the hash is seeded at random in each process: that any two of 100,000
    // templates share them has a chance of one in three thousand million.
    private let pool = SharingPool<PodFacts>()
    private let judged = Mutex(WeakTable<Int, PodFacts>())

    /// What is to be kept of `template`, one copy for all that come to the same.
    ///
    /// - Throws: `JSONError` when it cannot be read.
    func facts(of template: EncodedPodTemplate) throws(JSONError) -> PodFacts {
        // Others are many, and differ from pod to pod: addresses, what sidecars note.
        let annotations = template.annotations.filter { PodFacts.reads(annotation: $0.key) }
        var hasher = Hasher()
        hasher.combine(template.specDigest)
        hasher.combine(annotations)
        let digest = hasher.finalize()
        if let known = judged.withLock({ $0[digest] }) { return known }
        var pod = try template.read()
        pod.annotations = annotations
        let facts = pool.shared(PodFacts(judging: pod))
        judged.withLock { $0.add(facts, for: digest) }
        return facts
    }
}
