import Foundation
import Hardening
import KubernetesAPI
import Logging
import Subprocess
import Testing

@testable import KubernetesClient

/// All tests against the real control plane: one after the other, since there is one control plane, and only where
/// `scripts/test` has started one.
@Suite(
    .serialized,
    .enabled(if: ControlPlane.directory != nil, "scripts/test starts the control plane that this needs")
)
enum ControlPlaneTests {}

/// etcd, kube-apiserver and kube-controller-manager, as `scripts/control-plane` runs them.
struct ControlPlane: Sendable {
    /// Where the instance is, if there is one.
    static let directory = ProcessInfo.processInfo.environment["HARDENING_TEST_CONTROL_PLANE"]
    /// The top of the checkout.
    static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path(percentEncoded: false)

    let directory: String
    /// As an administrator.
    let client: KubernetesClient
    /// A kubeconfig of the service account that `manifests/` gives the operator, with a token of its own.
    let operatorKubeconfig: String
    let auditLog: AuditLog
    private let makesTokenSecrets: Bool
    /// Whether the API server acts on Pod Security labels.
    let hasPodSecurityAdmission: Bool
    /// The version of CronJobs that the server has: `batch/v1` from 1.21 on.
    var cronJobVersion: String { hasPodSecurityAdmission ? "batch/v1" : "batch/v1beta1" }

    /// Where the server takes Events of what is cluster-scoped.
    var eventNamespace: String { hasPodSecurityAdmission ? "default" : "kube-system" }

    private static let instance = Task {
        let directory = try #require(Self.directory)
        return try await ControlPlane(directory: directory)
    }

    /// The control plane, with the CRD and everything in `manifests/` applied, and a cluster DNS to discover.
    static func shared() async throws -> ControlPlane { try await instance.value }

    private init(directory: String) async throws {
        self.directory = directory
        operatorKubeconfig = "\(directory)/operator.conf"
        auditLog = AuditLog(path: "\(directory)/audit.log")
        let client = try Self.client(kubeconfig: "\(directory)/admin.conf")
        self.client = client
        do {
            let version = try await client.get(JSONValue.self, path: "/version")["minor"]?.string ?? ""
            makesTokenSecrets = Int(version.prefix { $0.isNumber }).map { $0 < 24 } ?? false
            hasPodSecurityAdmission = Int(version.prefix { $0.isNumber }).map { $0 >= 23 } ?? false
            try await furnish()
        } catch {
            // An HTTP client that goes without being shut down ends the process, and nobody would see the error.
            await client.shutdown()
            throw error
        }
    }

    /// Applies the CRD and everything in `manifests/`, and what the cluster's own parts would be.
    private func furnish() async throws {
        try await installProfiles()
        // Old kubectl cannot do all of what kustomize can.
        for file in ["namespace", "service-account", "rbac", "network-policy", "limit-range", "service", "deployment"] {
            try await kubectl("apply", "-f", "\(Self.package)/manifests/\(file).yaml")
        }
        try await grantEvents()
        try await kubectl("apply", "-f", "-", input: Self.clusterDNS)
        try await kubectl("apply", "-f", "-", input: Self.networkPlugin)
        try await writeKubeconfig(operatorKubeconfig, serviceAccount: "hardening-operator")
    }

    /// Applies the CRD, and waits until it is served.
    func installProfiles() async throws {
        // Old servers do not know all of what it says.
        try await kubectl("apply", "--validate=false", "-f", "\(Self.package)/crds/hardeningprofiles.yaml")
        try await waitUntilServed("crd/hardeningprofiles.hardening.dev")
    }

    /// Waits until these definitions' resources are served. Old kubectl fails where a definition has no status yet.
    func waitUntilServed(_ definitions: String...) async throws {
        try await eventually("\(definitions.joined(separator: " ")): served") {
            (try? await kubectl(as: nil, ["wait", "--for=condition=Established"] + definitions)) != nil
        }
    }

    /// What `manifests/` grants for Events, also where this server takes them.
    func grantEvents() async throws {
        let file = "\(Self.package)/manifests/rbac.yaml"
        try await kubectl("apply", "-f", file)
        let moved = try String(contentsOfFile: file, encoding: .utf8)
            .replacing("namespace: default", with: "namespace: \(eventNamespace)")
        try await kubectl("apply", "-f", "-", input: moved)
    }

    static func client(kubeconfig: String) throws -> KubernetesClient {
        let configuration = try ClusterConfiguration.load(
            kubeconfig: kubeconfig,
            context: nil,
            environment: [:],
            homeDirectory: "/nonexistent"
        )
        var logger = Logger(label: "tests")
        logger.logLevel = .error
        return try KubernetesClient(configuration: configuration, userAgent: "hardening-tests/0", logger: logger)
    }

    /// Writes a kubeconfig with a fresh token of an account in `hardening-system`, as the kubelet gives it to `pod`.
    func writeKubeconfig(_ path: String, serviceAccount: String, pod: String? = nil) async throws {
        try await writeKubeconfig(path, user: ["token": .string(token(of: serviceAccount, pod: pod))])
    }

    /// A fresh token of an account in `hardening-system`, that `pod` has, if one is named.
    func token(of serviceAccount: String, pod: String? = nil) async throws -> String {
        let owner = pod.map { #","boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"\#($0)"}"# } ?? ""
        let request =
            #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":86400\#(owner)}}"#
        let answer = try await kubectl(
            "create",
            "--raw",
            "/api/v1/namespaces/hardening-system/serviceaccounts/\(serviceAccount)/token",
            "-f",
            "-",
            input: request
        )
        let token = try JSONDecoder().decode(JSONValue.self, from: Data(answer.utf8))["status"]?["token"]?.string
        return try #require(token)
    }

    /// The administrator's kubeconfig.
    func administratorKubeconfig() async throws -> JSONValue {
        let text = try await kubectl("config", "view", "--raw", "--minify", "-o", "json")
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Writes a kubeconfig for this cluster with `user`.
    func writeKubeconfig(_ path: String, user: JSONValue) async throws {
        let cluster = try await administratorKubeconfig()["clusters"]
        let configuration: JSONValue = [
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": cluster ?? [],
            "users": [["name": "test", "user": user]],
            "contexts": [["name": "test", "context": ["cluster": "control-plane", "user": "test"]]],
        ]
        try JSONEncoder().encode(configuration).write(to: URL(filePath: path))
    }

    // MARK: kubectl

    /// Runs kubectl as an administrator and returns what it printed.
    @discardableResult
    func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        try await kubectl(as: nil, arguments, input)
    }

    /// Runs kubectl as `user`, as an administrator if `nil`, and returns what it printed.
    @discardableResult
    func kubectl(as user: String?, _ arguments: [String], _ input: String = "") async throws -> String {
        let result = try await Subprocess.run(
            .path(.init("\(directory)/bin/kubectl")),
            arguments: Arguments(
                ["--kubeconfig", "\(directory)/admin.conf"] + (user.map { ["--as", $0] } ?? []) + arguments
            ),
            input: .string(input),
            output: .string(limit: 64 << 20),
            error: .string(limit: 1 << 20)
        )
        guard result.terminationStatus.isSuccess else {
            throw Unmet(
                description: "kubectl \(arguments.joined(separator: " ")): \(result.standardError)"
            )
        }
        return result.standardOutput
    }

    /// Stops or starts a program of the control plane.
    func controlPlane(_ verb: String, _ component: String) async throws {
        let result = try await Subprocess.run(
            .path(.init("\(Self.package)/scripts/control-plane")),
            arguments: [verb, component, "--dir", directory],
            output: .discarded,
            error: .string(limit: 1 << 20)
        )
        guard result.terminationStatus.isSuccess else {
            throw Unmet(description: "scripts/control-plane \(verb) \(component): \(result.standardError)")
        }
    }

    /// Sends a signal to a program of the control plane.
    func signal(_ component: String, _ signal: Int32) async throws {
        let text = try String(contentsOfFile: "\(directory)/run/\(component).pid", encoding: .utf8)
        let identifier = try #require(text.split(separator: " ").first.flatMap { Int32($0) })
        #expect(kill(identifier, signal) == 0)
    }

    // MARK: Objects

    /// The object as the server has it, or `nil` if there is none.
    func object<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ name: String,
        in namespace: String? = nil
    ) async throws -> Document<Kind>? {
        do {
            return try await client.get(Document<Kind>.self, name: name, namespace: namespace)
        } catch let error as APIError where error.isNotFound {
            return nil
        }
    }

    /// Creates or changes an object in the way of `kubectl edit`: by a merge patch, under another field manager.
    @discardableResult
    func edit<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ name: String,
        in namespace: String? = nil,
        _ patch: JSONValue
    ) async throws -> Document<Kind> {
        try await client.merge(
            Document<Kind>.self,
            name: name,
            namespace: namespace,
            patch: patch,
            fieldManager: "kubectl-edit"
        )
    }

    /// Creates an object by server-side apply under the tests' own field manager.
    @discardableResult
    func create<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        _ name: String,
        in namespace: String? = nil,
        labels: [String: String] = [:],
        _ rest: JSONValue = [:]
    ) async throws -> Document<Kind> {
        var document = rest
        document["apiVersion"] = .string(Kind.resource.apiVersion)
        document["kind"] = .string(Kind.resource.kind)
        var metadata: JSONValue = ["name": .string(name)]
        if !labels.isEmpty { metadata["labels"] = JSONValue(labels) }
        document["metadata"] = metadata
        let complete = document
        return try await eventually("the server takes \(Kind.resource.kind) \(name)") {
            do {
                return try await client.apply(
                    Document<Kind>.self,
                    name: name,
                    namespace: namespace,
                    document: complete,
                    fieldManager: "tests",
                    force: true
                )
            } catch let error as APIError where error.status?.reason == "ServerTimeout" {
                // The admission of pods has yet to see the token that ``isDone(_:in:)`` saw, and asks for another try.
                return nil
            }
        }
    }

    /// Whether the cluster's own controllers have done their part for an account: servers before 1.24 give each a secret.
    func isDone(_ account: String, in namespace: String) async throws -> Bool {
        guard let account = try await object(ServiceAccount.self, account, in: namespace) else { return false }
        return makesTokenSecrets ? account.json["secrets"] != nil : true
    }

    /// Deletes an object, whichever it is.
    func delete<Kind: KubernetesObject>(_ kind: Kind.Type, _ name: String, in namespace: String? = nil) async throws {
        guard let object = try await object(kind, name, in: namespace) else { return }
        do {
            try await client.delete(
                Document<Kind>.self,
                name: name,
                namespace: namespace,
                uid: object.metadata.uid
            )
        } catch let error as APIError where error.isNotFound {
        }
    }

    /// The sign of a network plugin that acts on NetworkPolicies. Nothing runs, since there are no nodes.
    static let networkPlugin = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: calico-node, namespace: kube-system}
        spec:
          selector: {matchLabels: {k8s-app: calico-node}}
          template:
            metadata: {labels: {k8s-app: calico-node}}
            spec: {containers: [{name: calico-node, image: "calico/node:v3.30.0"}]}
        """

    static let clusterDNS = """
        apiVersion: v1
        kind: Service
        metadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}}
        spec:
          clusterIP: 10.96.0.10
          selector: {k8s-app: kube-dns}
          ports:
            - {name: dns, port: 53, protocol: UDP}
            - {name: dns-tcp, port: 53, protocol: TCP}
        """
}

/// An object of some kind, with all of its fields.
struct Document<Kind: KubernetesObject>: KubernetesObject {
    static var resource: Resource { Kind.resource }

    let metadata: ObjectMeta
    let json: JSONValue
    let value: Kind

    init(json: JSONReader) throws(JSONError) {
        value = try Kind(json: json)
        self.json = try JSONValue(json: json)
        metadata = value.metadata
    }

    /// Its fields but for those that change with every write, and for who owns which.
    var content: JSONValue {
        var content = json
        for key in ["resourceVersion", "managedFields", "generation", "selfLink", "uid", "creationTimestamp"] {
            content["metadata"]?[key] = nil
        }
        return content
    }

    /// The managers who own any field of it.
    var managers: Set<String> { Set(metadata.managedFields.compactMap(\.manager)) }
}

/// A pod, of which tests only need that there are many.
struct Pod: KubernetesObject {
    static let resource = Resource(group: "", version: "v1", plural: "pods", kind: "Pod", isNamespaced: true)
    var metadata: ObjectMeta

    init(json: JSONReader) throws(JSONError) {
        metadata = try json.required("metadata")
    }
}

extension JSONValue {
    var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}

/// What a test waited for in vain.
struct Unmet: Error, CustomStringConvertible {
    var description: String
}

/// Waits until `condition` gives a value. Only what hangs reaches the deadline.
func eventually<Value>(
    _ what: String,
    within limit: Duration = .seconds(90),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard .now < deadline else { throw Unmet(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// Waits until `condition` holds.
func eventually(
    _ what: String,
    within limit: Duration = .seconds(90),
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: limit) { try await condition() ? true : nil } as Bool
}
