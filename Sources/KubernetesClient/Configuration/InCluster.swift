/// The configuration that the kubelet gives to every pod.
///
/// Rule: Kubernetes documentation, "Accessing the Kubernetes API from a Pod"; client-go `rest.InClusterConfig`.
enum InCluster {
    /// What looking for it found.
    enum Finding {
        case found(ClusterConfiguration)
        /// Not in a pod, or in one without a token; why it is thought so.
        case absent(String)
    }

    /// The pod's configuration, made of two variables and three files in `directory`.
    ///
    /// The token stays a file, since it lives about an hour (A1). A missing `ca.crt` means the system's
    /// roots, as with client-go; a missing namespace file means none.
    ///
    /// - Throws: `ConfigurationError` when the variables do not make an address.
    static func configuration(
        environment: [String: String],
        directory: String
    ) throws(ConfigurationError) -> Finding {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty else {
            return .absent("KUBERNETES_SERVICE_HOST is not set")
        }
        guard let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty else {
            return .absent("KUBERNETES_SERVICE_PORT is not set")
        }
        let token = SmallFile.resolve("token", from: directory)
        guard SmallFile.exists(token) else { return .absent("\(token) is missing") }
        guard
            !host.contains("/"), !port.contains("/"),
            let server = ServerURL.normalized("https://" + ServerURL.join(host: host, port: port))
        else {
            throw ConfigurationError(
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: expected a host and a port, found \"\(host)\""
                    + " and \"\(port)\"; unset them, or pass --kubeconfig"
            )
        }
        let authority = SmallFile.resolve("ca.crt", from: directory)
        let namespaceFile = try? SmallFile.contents(of: SmallFile.resolve("namespace", from: directory))
        let namespace = namespaceFile.map { String(decoding: $0, as: UTF8.self).trimmingWhitespace() }
        return .found(
            ClusterConfiguration(
                server: server,
                certificateAuthority: SmallFile.exists(authority) ? .file(authority) : nil,
                credentials: .tokenFile(token),
                namespace: namespace.flatMap { $0.isEmpty ? nil : $0 },
                origin: "in-cluster"
            )
        )
    }
}

extension String {
    /// Without the white space and line breaks at both ends that editors and `echo` leave in files.
    func trimmingWhitespace() -> String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
