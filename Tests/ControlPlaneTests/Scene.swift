import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

/// Profiles and namespaces of one test, which no other test's profiles select.
struct Scene: Sendable {
    let cluster: ControlPlane
    /// Begins the name of everything here, and is the value of the label `test` of its namespaces.
    let name: String

    /// Runs `body`, and takes away what it made.
    static func play(_ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        let cluster = try await ControlPlane.shared()
        let scene = Scene(cluster: cluster, name: "t" + UUID().uuidString.prefix(8).lowercased())
        do {
            try await body(scene)
        } catch {
            try? await scene.clear()
            throw error
        }
        try await scene.clear()
    }

    private func clear() async throws {
        for profile in try await cluster.client.listAll(HardeningProfile.self)
        where profile.metadata.name.hasPrefix(name) {
            // No operator runs that would let go of it.
            try await cluster.edit(HardeningProfile.self, profile.metadata.name, ["metadata": ["finalizers": nil]])
            try await cluster.delete(HardeningProfile.self, profile.metadata.name)
        }
        for namespace in try await cluster.client.listAll(Namespace.self, of: .init(labels: "test=\(name)")) {
            try await cluster.delete(Namespace.self, namespace.metadata.name)
        }
    }

    /// A namespace that this scene's profiles select.
    @discardableResult
    func namespace(_ suffix: String, labels: [String: String] = [:]) async throws -> String {
        let labels = labels.merging(["test": name]) { own, _ in own }
        try await cluster.create(Namespace.self, "\(name)-\(suffix)", labels: labels)
        return "\(name)-\(suffix)"
    }

    /// A namespace in which the cluster's own controllers have done their part.
    @discardableResult
    func settledNamespace(_ suffix: String, labels: [String: String] = [:]) async throws -> String {
        let namespace = try await namespace(suffix, labels: labels)
        try await eventually("\(namespace) has an account that is done") {
            try await cluster.isDone("default", in: namespace)
        }
        return namespace
    }

    /// The controls that are enforced.
    static let controls: [ControlName] = [.networkPolicy, .podSecurity, .serviceAccountToken, .limitRange]

    /// A container that every level of Pod Security admits.
    static let restrictedContainer: JSONValue = [
        "name": "c", "image": "example.com/app:1",
        "securityContext": [
            "allowPrivilegeEscalation": false, "runAsNonRoot": true, "capabilities": ["drop": ["ALL"]],
            "seccompProfile": ["type": "RuntimeDefault"],
        ],
    ]

    /// A spec with all four controls.
    var spec: JSONValue {
        [
            "mode": "Enforce",
            "onDisruption": "Proceed",
            "namespaceSelector": ["matchLabels": ["test": .string(name)]],
            "controls": [
                "networkPolicy": ["directions": ["Ingress", "Egress"]],
                "podSecurity": ["enforce": "restricted", "rollout": ["strategy": "Immediate"]],
                "serviceAccountToken": [:],
                "limitRange": ["limits": [["type": "Container", "default": ["memory": "256Mi"]]]],
            ],
        ]
    }

    /// Creates or changes a profile.
    ///
    /// - Returns: its name.
    @discardableResult
    func profile(_ suffix: String = "", _ change: (inout JSONValue) -> Void = { _ in }) async throws -> String {
        var spec = spec
        change(&spec)
        let name = suffix.isEmpty ? name : "\(name)-\(suffix)"
        try await cluster.create(HardeningProfile.self, name, ["spec": spec])
        return name
    }

    /// What is compliant of four controls when all is in place: Pod Security is not, on servers that do not act on it.
    var fullPercent: Int { cluster.hasPodSecurityAdmission ? 100 : 75 }

    // MARK: Waiting

    /// Waits until the status of `profile` is of its present spec and fulfils `condition`.
    @discardableResult
    func status(
        of profile: String,
        _ what: String,
        _ condition: (ProfileStatus) -> Bool
    ) async throws -> ProfileStatus {
        try await eventually("the status of \(profile) says: \(what)") {
            guard let object = try await cluster.object(HardeningProfile.self, profile),
                let status = object.value.status,
                status.observedGeneration == object.metadata.generation, condition(status)
            else { return nil }
            return status
        }
    }

    /// Waits until the profile is reconciled, with so many namespaces all compliant, as far as the server can enforce what
    /// is asked.
    @discardableResult
    func compliant(_ profile: String, namespaces: Int) async throws -> ProfileStatus {
        try await status(of: profile, "\(namespaces) namespaces, all compliant") {
            let known = cluster.hasPodSecurityAdmission ? 0 : $0.namespaces.unverified
            return $0.namespaces.selected == namespaces && $0.namespaces.compliant + known == namespaces
                && $0.condition(.ready)?.status == .true && $0.condition(.compliant)?.status != .false
        }
    }

    /// What a namespace consists of, as far as the operator has to do with it.
    func content(of namespace: String) async throws -> [String: JSONValue] {
        var content: [String: JSONValue] = [:]
        content["Namespace"] = try await cluster.object(Namespace.self, namespace)?.content
        func collect<Kind: KubernetesObject>(_ kind: Kind.Type) async throws {
            for object in try await cluster.client.listAll(Document<Kind>.self, of: .init(namespace: namespace)) {
                content["\(Kind.resource.kind) \(object.metadata.name)"] = object.content
            }
        }
        try await collect(NetworkPolicy.self)
        try await collect(ServiceAccount.self)
        try await collect(LimitRange.self)
        return content
    }

    /// Who owns fields of what a namespace consists of.
    func managers(of namespace: String) async throws -> Set<String> {
        var managers = try await cluster.object(Namespace.self, namespace)?.managers ?? []
        func collect<Kind: KubernetesObject>(_ kind: Kind.Type) async throws {
            for object in try await cluster.client.listAll(Document<Kind>.self, of: .init(namespace: namespace)) {
                managers.formUnion(object.managers)
            }
        }
        try await collect(NetworkPolicy.self)
        try await collect(ServiceAccount.self)
        try await collect(LimitRange.self)
        return managers
    }
}
