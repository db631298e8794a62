import Foundation
import Testing

@testable import KubernetesClient

@Suite("Looking for a configuration")
struct ConfigurationLoadTests {
    let directory: TemporaryDirectory
    let home: String

    init() throws {
        directory = try TemporaryDirectory()
        home = directory("home")
    }

    private func load(
        kubeconfig: String? = nil,
        context: String? = nil,
        list: String? = nil,
        inCluster: Bool = false
    ) throws -> ClusterConfiguration {
        var environment: [String: String] = [:]
        environment["KUBECONFIG"] = list
        if inCluster {
            environment["KUBERNETES_SERVICE_HOST"] = "10.0.0.1"
            environment["KUBERNETES_SERVICE_PORT"] = "443"
            try directory.write("token", to: "account/token")
        }
        return try ClusterConfiguration.load(
            kubeconfig: kubeconfig,
            context: context,
            environment: environment,
            homeDirectory: home,
            serviceAccountDirectory: directory("account")
        )
    }

    private func write(_ name: String, server: String) throws -> String {
        try directory.write(kubeconfig(cluster: "{server: \"https://\(server)\"}"), to: name)
    }

    @Test("takes --kubeconfig alone, whatever else there is")
    func explicit() throws {
        let flag = try write("flag", server: "flag")
        let list = try write("list", server: "list")
        #expect(try load(kubeconfig: flag, list: list, inCluster: true).server == "https://flag")
        #expect(try load(kubeconfig: "", list: list).server == "https://list")
    }

    @Test("fails when --kubeconfig does not exist, though others do")
    func explicitMissing() throws {
        let list = try write("list", server: "list")
        let missing = directory("nowhere")
        let message = try configurationError { _ = try load(kubeconfig: missing, list: list, inCluster: true) }
        #expect(message.hasPrefix("\(missing): no such file"))
    }

    @Test("fails when a file exists but cannot be read")
    func unreadable() throws {
        let message = try configurationError { _ = try load(kubeconfig: directory.path) }
        #expect(message == "\(directory.path): cannot be read: is a directory")
    }

    @Test("prefers KUBECONFIG to the service account, and that to the home directory")
    func order() throws {
        let list = try write("list", server: "list")
        _ = try write("home/.kube/config", server: "home")
        #expect(try load(list: list, inCluster: true).server == "https://list")
        #expect(try load(inCluster: true).server == "https://10.0.0.1:443")
        #expect(try load().server == "https://home")
    }

    @Test("passes over the service account when a context is asked for")
    func contextBeatsAccount() throws {
        _ = try write("home/.kube/config", server: "home")
        #expect(try load(context: "c", inCluster: true).server == "https://home")
        #expect(try load(context: "", inCluster: true).server == "https://10.0.0.1:443")
    }

    @Test("takes a KUBECONFIG of missing and empty files as none, without turning to the home directory")
    func allMissing() throws {
        _ = try write("home/.kube/config", server: "home")
        let list = "\(directory("nowhere")):\(try directory.write("", to: "empty"))"
        #expect(try load(list: list, inCluster: true).server == "https://10.0.0.1:443")
        let message = try configurationError { _ = try load(list: list) }
        #expect(message.contains("KUBECONFIG=\(list) (missing or empty)"))
        #expect(!message.contains(".kube/config"))
    }

    @Test("says what it looked at and what to do when it finds nothing")
    func nothing() throws {
        let message = try configurationError { _ = try load() }
        #expect(message.contains("service account (KUBERNETES_SERVICE_HOST is not set)"))
        #expect(message.contains("\(home)/.kube/config (missing or empty)"))
        #expect(message.contains("pass --kubeconfig FILE"))
    }

    @Test("A5: merges KUBECONFIG: the first file to name an entry wins with all of it")
    func mergeWholeEntries() throws {
        let first = try directory.write(
            """
            clusters: [{name: k, cluster: {server: https://first}}]
            contexts: [{name: c, context: {cluster: k, user: u}}]
            """,
            to: "one/config"
        )
        let second = try directory.write(
            kubeconfig(
                cluster: "{server: https://second, tls-server-name: second}",
                user: "{tokenFile: token}",
                context: ", namespace: second"
            ),
            to: "two/config"
        )
        let found = try load(list: "\(directory("nowhere"))::\(first):\(second):\(first)")
        #expect(found.server == "https://first")
        #expect(found.tlsServerName == nil)
        #expect(found.namespace == nil)
        // What only the second file has comes from there, and so do its relative paths.
        #expect(found.credentials == .tokenFile(directory("two/token")))
        #expect(found.origin == "context c of \(first)")
    }

    @Test("merges KUBECONFIG: the first current-context that is not empty wins")
    func mergeCurrentContext() throws {
        func file(_ name: String, current: String) throws -> String {
            try directory.write(
                kubeconfig(cluster: "{server: https://h}")
                    .replacingOccurrences(of: "current-context: c", with: "current-context: \(current)")
                    .replacingOccurrences(of: "name: c,", with: "name: \(name),"),
                to: name
            )
        }
        let list = try [file("a", current: "\"\""), file("b", current: "b"), file("d", current: "d")]
        #expect(try load(list: list.joined(separator: ":")).origin == "context b of \(list[1])")
    }

    @Test(
        "T10: in a pod brackets an IPv6 host",
        arguments: [
            ("10.0.0.1", "https://10.0.0.1:6443"), ("fd00::1", "https://[fd00::1]:6443"),
            ("[fd00::1]", "https://[fd00::1]:6443"), ("kubernetes.default.svc", "https://kubernetes.default.svc:6443"),
        ]
    )
    func inCluster(host: String, expected: String) throws {
        try directory.write("token", to: "sa/token")
        try directory.write(FakePEM.certificate, to: "sa/ca.crt")
        try directory.write("system\n", to: "sa/namespace")
        let found = try ClusterConfiguration.load(
            kubeconfig: nil,
            context: nil,
            environment: ["KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "6443"],
            homeDirectory: "",
            serviceAccountDirectory: directory("sa")
        )
        let expected = ClusterConfiguration(
            server: expected,
            certificateAuthority: .file(directory("sa/ca.crt")),
            credentials: .tokenFile(directory("sa/token")),
            namespace: "system",
            origin: "in-cluster"
        )
        #expect(found == expected)
    }

    @Test("in a pod does without CA and namespace files, but not without a token or a port")
    func inClusterParts() throws {
        #expect(try load(inCluster: true).certificateAuthority == nil)
        #expect(try load(inCluster: true).namespace == nil)
        try directory.remove("account/token")
        let environments: [([String: String], String)] = [
            (["KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "443"], "account/token is missing"),
            (["KUBERNETES_SERVICE_HOST": "h"], "KUBERNETES_SERVICE_PORT is not set"),
            (["KUBERNETES_SERVICE_HOST": ""], "KUBERNETES_SERVICE_HOST is not set"),
        ]
        for (environment, expected) in environments {
            let message = try configurationError {
                _ = try ClusterConfiguration.load(
                    kubeconfig: nil,
                    context: nil,
                    environment: environment,
                    homeDirectory: home,
                    serviceAccountDirectory: directory("account")
                )
            }
            #expect(message.contains(expected))
        }
    }

    @Test("in a pod refuses variables that make no address")
    func inClusterBadAddress() throws {
        try directory.write("token", to: "sa/token")
        let message = try configurationError {
            _ = try InCluster.configuration(
                environment: ["KUBERNETES_SERVICE_HOST": "a/b", "KUBERNETES_SERVICE_PORT": "tcp"],
                directory: directory("sa")
            )
        }
        #expect(message.contains("found \"a/b\" and \"tcp\""))
    }
}
