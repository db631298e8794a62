extension Kubeconfig {
    /// The files of a `KUBECONFIG` list, merged.
    ///
    /// The list is separated by colons; empty and repeated elements are skipped, as are files that do not exist. Rule:
    /// client-go `tools/clientcmd/loader.go` (A5).
    ///
    /// - Throws: `ConfigurationError` when a file that exists is broken.
    static func merged(list: String) throws(ConfigurationError) -> Kubeconfig {
        var merged = Kubeconfig()
        var seen: Set<String> = []
        for path in list.split(separator: ":").map(String.init) where seen.insert(path).inserted {
            guard let file = try read(path) else { continue }
            merged.merge(file)
        }
        return merged
    }

    /// Adds what `later` has and this has not.
    ///
    /// The first file to name a cluster, user or context wins with the whole entry: fields are never mixed, or one
    /// file's credentials could go to another's server. Each entry keeps its own file, hence what its paths mean.
    mutating func merge(_ later: Kubeconfig) {
        currentContext = currentContext ?? later.currentContext
        clusters.merge(later.clusters) { first, _ in first }
        users.merge(later.users) { first, _ in first }
        contexts.merge(later.contexts) { first, _ in first }
        files += later.files
    }
}
