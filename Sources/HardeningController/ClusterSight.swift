import ControllerRuntime
import KubernetesAPI
import Synchronization

/// What of the cluster cannot be seen, and why: known to the cache, so that nothing is concluded from what is not there.
///
/// A resource can be seen once a whole list of it is in its store, until its watch fails. While a gate lets no namespace be
/// looked at before its own part of the list of pods, what it lets pass sees its pods, and the others nobody looks at.
final class ClusterSight: Sendable {
    private let sources: ClusterSources
    private let failures: WatchFailures
    private let cache: ClusterCache
    private let gate: NamespaceGate
    // Looked at and written down by one at a time: else who looked first could write last.
    private let turn = Mutex(())

    init(sources: ClusterSources, failures: WatchFailures, cache: ClusterCache, gate: NamespaceGate) {
        self.sources = sources
        self.failures = failures
        self.cache = cache
        self.gate = gate
    }

    /// Lets the cache know.
    ///
    /// - Returns: whether that is news.
    func refresh() -> Bool {
        turn.withLock { _ in
            let unobserved = unobserved
            cache.facts.setUnobservedDaemonSets(unobserved[WorkloadKinds.DaemonSet.resource.plural])
            _ = cache.facts.refresh()
            guard cache.setUnobserved(unobserved) else { return false }
            cache.refreshKubeletVersions()
            return true
        }
    }

    /// Whether the cache is to be told anew.
    var isOutdated: Bool { turn.withLock { _ in cache.unobserved != unobserved } }

    // By plural name.
    private var unobserved: [String: String] {
        let failures = failures.current
        var unobserved: [String: String] = [:]
        for source in sources.all {
            if let failure = failures[source.name] {
                unobserved[source.plural] = Self.explanation(failure)
            } else if !isSeen(source), isServed(source), unobserved[source.plural] == nil {
                unobserved[source.plural] = "not listed yet"
            }
        }
        // Without knowing which custom resources there are, nobody can tell that there are none.
        if let reason = unobserved[CustomResourceDefinition.resource.plural] {
            for source in sources.all where source.definition != nil { unobserved[source.plural] = reason }
        }
        return unobserved
    }

    private func isSeen(_ source: ClusterSources.Source) -> Bool {
        source.reflector.isSynced || (source.isGradual && !gate.isOpen)
    }

    private func isServed(_ source: ClusterSources.Source) -> Bool {
        source.definition.map { sources.definitions.contains($0) } ?? true
    }

    private static func explanation(_ failure: WatchFailure) -> String {
        switch failure {
        case .refused(let code) where [401, 403].contains(code): "the operator may not watch them: \(code)"
        case .refused(404): "not served: 404"
        case .refused(let code): "the API server answers \(code)"
        case .unanswered: "the API server does not answer"
        }
    }
}
