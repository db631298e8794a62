import KubernetesAPI

/// The `user` entries of a kubeconfig.
enum KubeconfigUser {
    /// Puts a user's certificate, credentials and impersonation into `configuration`.
    ///
    /// - Throws: `ConfigurationError` with the field, when it is malformed or contradicts another.
    static func apply(
        _ user: YAMLField,
        cluster: YAMLField,
        to configuration: inout ClusterConfiguration
    ) throws(ConfigurationError) {
        let impersonation = try impersonation(user)
        let certificate = try clientCertificate(user)
        var credentials = try credentials(user)
        if let exec = try exec(user, cluster: cluster), case .none = credentials, certificate == nil {
            // Static credentials beat the plugin, as with client-go (A6).
            credentials = .exec(exec)
        }
        configuration.impersonation = impersonation
        // Everything is checked all the same, so that a mistake does not hide until the server speaks TLS.
        guard ServerURL.isSecure(configuration.server) else { return }
        configuration.clientCertificate = certificate
        configuration.credentials = credentials
    }

    private static func clientCertificate(_ user: YAMLField) throws(ConfigurationError) -> ClientCertificateSource? {
        let certificate = try user.pem("client-certificate")
        let key = try user.pem("client-key")
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return ClientCertificateSource(certificate: certificate, key: key)
        case (_?, nil): throw user.error("client-certificate is there without client-key or client-key-data; add it")
        case (nil, _?):
            throw user.error("client-key is there without client-certificate or client-certificate-data; add it")
        }
    }

    private static func credentials(_ user: YAMLField) throws(ConfigurationError) -> Credentials {
        if try user.member("auth-provider") != nil {
            throw user.error(
                "Kubernetes 1.26 removed auth-provider; use an exec plugin (such as gke-gcloud-auth-plugin, kubelogin)",
                of: "auth-provider"
            )
        }
        let token = try user.string("token")
        let tokenFile = try user.file("tokenFile")
        let username = try user.string("username")
        let password = try user.string("password")
        if username != nil || password != nil {
            guard token == nil else {
                throw user.error("token and username/password are both there; only one is allowed")
            }
            if let username, username.contains(":") {
                throw user.error("a colon is not allowed (RFC 7617)", of: "username")
            }
            if tokenFile == nil { return .basic(username: username ?? "", password: password ?? "") }
            throw user.error("tokenFile and username/password are both there; only one is allowed")
        }
        if let token, !BearerToken.isValid(token) {
            throw user.error(BearerToken.expectation, of: "token")
        }
        // client-go reads the file as long as it can and falls back on the token.
        if let tokenFile { return .tokenFile(tokenFile, fallback: token) }
        return token.map { .token($0) } ?? .none
    }

    private static func impersonation(_ user: YAMLField) throws(ConfigurationError) -> Impersonation? {
        let uid = try user.string("as-uid")
        let groups = try user.strings("as-groups")
        var extra: [String: [String]] = [:]
        if let field = try user.member("as-user-extra") {
            for (name, _) in try field.members() { extra[name] = try field.strings(name) }
        }
        guard let name = try user.string("as") else {
            guard uid == nil, groups.isEmpty, extra.isEmpty else {
                throw user.error("as-uid, as-groups and as-user-extra need \"as\" beside them; add it")
            }
            return nil
        }
        return Impersonation(user: name, uid: uid, groups: groups, extra: extra)
    }

    private static func exec(
        _ user: YAMLField,
        cluster: YAMLField
    ) throws(ConfigurationError) -> ExecConfiguration? {
        guard let exec = try user.member("exec") else { return nil }
        guard let command = try exec.string("command") else { throw exec.error("expected a command", of: "command") }
        let version = try exec.string("apiVersion") ?? ""
        guard let apiVersion = ExecConfiguration.APIVersion(rawValue: version) else {
            throw exec.error(
                "expected client.authentication.k8s.io/v1 or /v1beta1, found \"\(version)\";"
                    + " update the plugin and let it write this file anew",
                of: "apiVersion"
            )
        }
        let mode = try exec.string("interactiveMode")
        if mode == nil, apiVersion == .v1 {
            throw exec.error(
                "client.authentication.k8s.io/v1 requires Never, IfAvailable or Always",
                of: "interactiveMode"
            )
        }
        guard let interactiveMode = ExecConfiguration.InteractiveMode(rawValue: mode ?? "IfAvailable") else {
            throw exec.error("expected Never, IfAvailable or Always", of: "interactiveMode")
        }
        var variables: [ExecConfiguration.Variable] = []
        for variable in try exec.list("env") {
            guard let name = try variable.string("name"), !name.contains("="), !name.utf8.contains(0) else {
                throw variable.error("expected a variable's name, without \"=\"", of: "name")
            }
            let value = try variable.string("value") ?? ""
            guard !value.utf8.contains(0) else { throw variable.error("a NUL character is not allowed", of: "value") }
            variables.append(.init(name: name, value: value))
        }
        return ExecConfiguration(
            // With a slash it is a path, and belongs to its file like any other; without, a name to look up.
            command: command.contains("/") ? try exec.file("command") ?? command : command,
            arguments: try exec.strings("args"),
            environment: variables,
            apiVersion: apiVersion,
            installHint: try exec.string("installHint"),
            provideClusterInfo: try exec.bool("provideClusterInfo"),
            interactiveMode: interactiveMode,
            clusterExtension: try clusterExtension(cluster)
        )
    }

    private static func clusterExtension(_ cluster: YAMLField) throws(ConfigurationError) -> JSONValue? {
        for element in try cluster.list("extensions")
        where try element.string("name") == "client.authentication.k8s.io/exec" {
            return try element.member("extension")?.json()
        }
        return nil
    }
}
