import FaultProxy
import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Subprocess
import Testing

/// Namespaces to be hardened, one that is not, and an operator that sees the cluster through a fault proxy.
///
/// All that is changed here, and all that is compared, goes past the proxy.
struct FaultScene: Sendable {
    let scene: Scene
    let proxy: FaultProxy
    let process: OperatorProcess
    let profile: String
    private let bystander: String
    private let bystanderContent: [String: JSONValue]
    private let reference: [String: JSONValue]
    private let auditMark: Int

    /// The first namespace that is hardened; what every other is compared with.
    let first: String
    var cluster: ControlPlane { scene.cluster }

    /// Runs `body` once the operator is up, and all is as the profile says.
    ///
    /// Fails the test when the operator writes anything beyond the scene, or stops otherwise than when it is told to.
    static func play(
        seed: UInt64,
        arguments: [String] = [],
        environment: [Environment.Key: String?] = [:],
        _ body: @escaping @Sendable (FaultScene) async throws -> Void
    ) async throws {
        try await Scene.play { scene in
            try await scene.cluster.withFaultProxy(seed: seed) { proxy, kubeconfig in
                let first = try await scene.settledNamespace("first", labels: hardened)
                let bystander = try await scene.settledNamespace("bystander")
                let profile = try await scene.profile {
                    $0["namespaceSelector"] = [
                        "matchLabels": JSONValue(hardened.merging(["test": scene.name]) { own, _ in own })
                    ]
                }
                let mark = scene.cluster.auditedRequests().count
                try await scene.cluster.withOperator(
                    arguments,
                    kubeconfig: kubeconfig,
                    environment: environment
                ) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let faults = FaultScene(
                        scene: scene,
                        proxy: proxy,
                        process: process,
                        profile: profile,
                        bystander: bystander,
                        bystanderContent: try await scene.versions(in: bystander),
                        reference: try await scene.comparable(first),
                        auditMark: mark,
                        first: first
                    )
                    try await body(faults)
                    try await faults.nothingElseWasWritten()
                }
            }
        }
    }

    private static let hardened = ["hardened": "yes"]
    private static let limits = "LimitRange hardening-limits"

    // MARK: Changes

    /// Makes another namespace that is to be hardened.
    @discardableResult
    func namespace(_ suffix: String) async throws -> String {
        try await scene.namespace(suffix, labels: Self.hardened)
    }

    /// Whether the operator has noted that it enforced `control` in a namespace.
    func isInForce(_ control: ControlName, in namespace: String) async throws -> Bool {
        let annotations = try await cluster.object(Namespace.self, namespace)?.metadata.annotations
        return annotations?[Marks.inForceAnnotation]?.contains(control.rawValue) == true
    }

    /// Takes away or changes what the operator has written in a namespace, as somebody else might.
    func drift(in namespace: String) async throws {
        try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: namespace)
        try await cluster.edit(
            ServiceAccount.self,
            "default",
            in: namespace,
            ["automountServiceAccountToken": true]
        )
    }

    /// Edits the profile so that containers may have so much memory by default.
    func editProfile(memory: String) async throws {
        try await cluster.edit(
            HardeningProfile.self,
            profile,
            [
                "spec": [
                    "controls": [
                        "limitRange": ["limits": [["type": "Container", "default": ["memory": .string(memory)]]]]
                    ]
                ]
            ]
        )
    }

    // MARK: What must be so

    /// Waits until the namespaces are as the profile says, with `memory` as the default.
    func converged(_ namespaces: [String], memory: String) async throws {
        for namespace in namespaces {
            var differences: [String] = []
            do {
                try await eventually("\(namespace) is as the profile says") {
                    differences = try await self.differences(of: namespace, memory: memory)
                    return differences.isEmpty
                }
            } catch {
                Issue.record("\(differences.joined(separator: "\n"))")
                throw error
            }
        }
        try await scene.compliant(profile, namespaces: namespaces.count)
    }

    // What is otherwise than in the first namespace before the faults, with `memory` as the default.
    private func differences(of namespace: String, memory: String) async throws -> [String] {
        var (content, reference) = (try await scene.comparable(namespace), reference)
        let limit: JSONValue = ["memory": .string(memory)]
        guard content[Self.limits]?["spec"]?["limits"]?.elements?.first?["default"] == limit else {
            return ["\(Self.limits) has another default than \(memory)"]
        }
        content[Self.limits]?["spec"] = nil
        reference[Self.limits]?["spec"] = nil
        return Set(content.keys).union(reference.keys).sorted()
            .filter { content[$0] != reference[$0] }
            .map { "\($0) is \(content[$0] ?? .null), not \(reference[$0] ?? .null)" }
    }

    /// Checks that no write went beyond the scene, and that what is not selected is as it was, down to the versions.
    private func nothingElseWasWritten() async throws {
        let writes = cluster.auditedRequests().dropFirst(auditMark).filter(\.isWrite)
        let beyond = writes.filter { !$0.requestURI.contains(scene.name) || $0.requestURI.contains(bystander) }
        #expect(beyond.isEmpty, "it writes only what the profile says")
        #expect(try await scene.versions(in: bystander) == bystanderContent)
    }
}

extension Scene {
    /// What a namespace consists of, without what makes it another than its like.
    fileprivate func comparable(_ namespace: String) async throws -> [String: JSONValue] {
        var content = try await content(of: namespace)
        for key in content.keys {
            content[key]?["metadata"]?["namespace"] = nil
            content[key]?["secrets"] = nil
        }
        // What was there before differs, and what is in force is remembered by a hash; the rest shows what it is.
        content["ServiceAccount default"]?["metadata"]?["annotations"]?["hardening.dev/previous"] = nil
        content["Namespace"]?["metadata"]?["annotations"]?["hardening.dev/in-force"] = nil
        content["Namespace"]?["metadata"]?["annotations"]?["hardening.dev/state-of"] = nil
        content["Namespace"]?["metadata"]?["name"] = nil
        content["Namespace"]?["metadata"]?["labels"]?["kubernetes.io/metadata.name"] = nil
        return content
    }

    /// What a namespace consists of, with the version of each object.
    fileprivate func versions(in namespace: String) async throws -> [String: JSONValue] {
        var content = try await content(of: namespace)
        let version = try await cluster.object(Namespace.self, namespace)?.metadata.resourceVersion
        content["version"] = .string(version?.rawValue ?? "")
        return content
    }
}

extension ControlPlane {
    /// The API server's address and the authority that signed its certificate.
    func apiServer() async throws -> (url: String, authorityPEM: String) {
        let cluster = try await administratorKubeconfig()["clusters"]?.elements?.first?["cluster"]
        let url = try #require(cluster?["server"]?.string)
        let data = try #require(cluster?["certificate-authority-data"]?.string.flatMap { Data(base64Encoded: $0) })
        return (url, String(decoding: data, as: UTF8.self))
    }

    /// Writes a kubeconfig by which the operator reaches the API server, or what stands before it, at `url`.
    func writeKubeconfig(_ path: String, url: String, authorityPEM: String) async throws {
        let configuration: JSONValue = [
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [
                [
                    "name": "control-plane",
                    "cluster": [
                        "server": .string(url),
                        "certificate-authority-data": .string(Data(authorityPEM.utf8).base64EncodedString()),
                    ],
                ]
            ],
            "users": [["name": "test", "user": ["token": .string(try await token(of: "hardening-operator"))]]],
            "contexts": [["name": "test", "context": ["cluster": "control-plane", "user": "test"]]],
        ]
        try JSONEncoder().encode(configuration).write(to: URL(filePath: path))
    }

    /// Runs `body` with a fault proxy before the API server, and the path of a kubeconfig that leads there.
    fileprivate func withFaultProxy(
        seed: UInt64,
        _ body: @escaping @Sendable (FaultProxy, String) async throws -> Void
    ) async throws {
        let server = try await apiServer()
        try await FaultProxy.run(upstream: server.url, authorityPEM: server.authorityPEM, seed: seed) { proxy in
            let kubeconfig = "\(directory)/proxied.conf"
            try await writeKubeconfig(kubeconfig, url: proxy.url, authorityPEM: proxy.authorityPEM)
            try await body(proxy, kubeconfig)
        }
    }
}
