extension ClusterConfiguration {
    /// Finds the configuration of the cluster to talk to.
    ///
    /// 1. `kubeconfig`, when given: it must exist, and nothing else is looked at.
    /// 2. `KUBECONFIG`, when set: the files it lists, merged. Missing ones are skipped; if none holds anything, the
    ///    search goes on with 3 and ends there.
    /// 3. The pod's service account, when there is one and no `context` was asked for.
    /// 4. `~/.kube/config`.
    ///
    /// That is controller-runtime's order (`pkg/client/config`). kubectl differs in looking at `~/.kube/config` before
    /// the service account; an operator's pod is where it must not matter that an image carries such a file. The
    /// merge rules are client-go's (A5).
    ///
    /// - Parameters:
    ///   - kubeconfig: `--kubeconfig`; an empty string counts as not given.
    ///   - context: `--context`; `nil` or empty means the file's `current-context`.
    ///   - allowsInsecureTLS: whether a kubeconfig's cluster may be one that anybody in between could pretend to be: with
    ///     `insecure-skip-tls-verify: true`, or of plain `http` beyond this machine.
    ///   - environment: the process's environment.
    ///   - homeDirectory: where `.kube/config` is looked for; empty means nowhere.
    ///   - serviceAccountDirectory: where the kubelet mounts the pod's token, CA and namespace.
    /// - Throws: `ConfigurationError`, with file and field, when a file is broken or lacks what was asked for, or with
    ///   what was looked at when nothing was found.
    public static func load(
        kubeconfig: String?,
        context: String?,
        allowsInsecureTLS: Bool = false,
        environment: [String: String],
        homeDirectory: String,
        serviceAccountDirectory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let context = context.flatMap { $0.isEmpty ? nil : $0 }
        if let kubeconfig, !kubeconfig.isEmpty {
            guard let file = try Kubeconfig.read(kubeconfig) else {
                throw ConfigurationError("\(kubeconfig): no such file; check --kubeconfig")
            }
            return try file.configuration(context: context, allowsInsecureTLS: allowsInsecureTLS)
        }

        var lookedAt: [String] = []
        let listed = environment["KUBECONFIG"] ?? ""
        if !listed.isEmpty {
            let files = try Kubeconfig.merged(list: listed)
            if !files.isEmpty {
                return try files.configuration(context: context, allowsInsecureTLS: allowsInsecureTLS)
            }
            lookedAt.append("KUBECONFIG=\(listed) (missing or empty)")
        }

        if context != nil {
            lookedAt.append("not the pod's service account, since a context was asked for")
        } else {
            switch try InCluster.configuration(environment: environment, directory: serviceAccountDirectory) {
            case .found(let configuration): return configuration
            case .absent(let reason): lookedAt.append("the pod's service account (\(reason))")
            }
        }

        if listed.isEmpty, !homeDirectory.isEmpty {
            let path = SmallFile.resolve(".kube/config", from: homeDirectory)
            if let file = try Kubeconfig.read(path), !file.isEmpty {
                return try file.configuration(context: context, allowsInsecureTLS: allowsInsecureTLS)
            }
            lookedAt.append("\(path) (missing or empty)")
        }
        throw ConfigurationError(
            "no cluster to talk to; looked at: \(lookedAt.joined(separator: ", "));"
                + " pass --kubeconfig FILE, set KUBECONFIG, or run in a pod with a service account token"
        )
    }
}
