import ClusterDocuments
import CoreMetrics
import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging
import PodSecurity
import TestSupport

@testable import ControllerRuntime
@testable import HardeningController

/// What the operator keeps of a cluster in which all is in force, with nothing around it that speaks to an API server.
///
/// Every object is read from the JSON text that a server sends, and kept as its reflector keeps it. What is in force in a
/// namespace is what the operator itself plans there; then the namespace is looked at as after a restart.
struct FilledCluster {
    private let cache = ClusterCache(serverMinor: 34, networkPolicyProvider: "calico")
    private let registry: ProfileRegistry
    private let ledger = SharedLedger()
    private let reconciler: NamespaceReconciler
    private let announcer: Announcer
    private let contests = SharedContests(rules: .init())
    private let protectedNamespaces: Set<String> = []
    private var generator = SeededGenerator(seed: 1)
    private var version = 104_482_910
    private static let now = Timestamp(secondsSinceEpoch: 1_780_000_000)

    /// A cluster with a profile and nothing that it selects.
    init() throws {
        let cache = cache
        let ledger = ledger
        let logger = Logger(label: "filled-cluster") { _ in SwiftLogNoOpLogHandler() }
        let registry = ProfileRegistry(profiles: cache.profiles) { Self.now }
        self.registry = registry
        announcer = Announcer(recorder: nil, registry: registry, logger: logger)
        let client = try KubernetesClient(
            configuration: ClusterConfiguration(server: "https://192.0.2.1", origin: "nowhere"),
            userAgent: "tests/0",
            logger: logger
        )
        reconciler = NamespaceReconciler(
            cache: cache,
            registry: registry,
            writer: ClusterWriter(client: client),
            protectedNamespaces: protectedNamespaces,
            contests: contests,
            drift: DriftCounter(registry: registry, metrics: ComplianceMetrics(factory: NOOPMetricsHandler.instance)),
            announcer: announcer,
            now: { Self.now },
            logger: logger
        ) { namespace, record, revision in
            _ = ledger.record(record, for: namespace)
            _ = revision.map { registry.lookedAt(namespace, asOf: $0) }
        }
        try add(ClusterDocuments.profile, to: cache.profiles, ObservedProfile.init)
        for dns in cache.facts.dns where dns.location.service == "kube-dns" {
            try add(ClusterDocuments.clusterDNS, in: "kube-system", to: dns.place.services) { (service: Service) in
                service
            }
        }
        _ = cache.facts.setPodSecurityAdmission(.found("it refuses a level that there is not"))
        _ = cache.facts.refresh()
        registry.changed([ClusterDocuments.profileName], [])
    }

    /// Something that the profile asks for is not so.
    struct Unsettled: Error {
        var description: String
    }

    /// Adds a namespace in which all is in force and nothing runs.
    mutating func addNamespace(_ name: String) throws {
        var present: [Hardening.Operation.Target: JSONValue] = [
            .namespace: ClusterDocuments.namespace(name), .serviceAccount("default"): ClusterDocuments.defaultAccount,
        ]
        try observe(.namespace, present[.namespace] ?? [:], in: name)
        try observe(.serviceAccount("default"), ClusterDocuments.defaultAccount, in: name)
        for _ in 0..<5 {
            guard let view = cache.view(of: name, at: Self.now) else { throw Unsettled(description: "no view") }
            let judgement = judgement(view)
            if let policy = judgement.question { answer(about: policy, view) }
            cache.take(.notExempt, for: name)
            for operation in judgement.plan.steps.flatMap(\.operations) {
                guard case .apply(let applied) = operation.verb else { throw Unsettled(description: "\(operation)") }
                let document = (present[operation.target] ?? [:]).applying(applied, by: Marks.fieldManager)
                present[operation.target] = document
                try observe(operation.target, document, in: name)
            }
        }
    }

    /// Looks at a namespace as after a restart.
    func reconcile(_ name: String) async throws {
        guard let view = cache.view(of: name, at: Self.now) else { throw Unsettled(description: "no view") }
        if let policy = judgement(view).question { answer(about: policy, view) }
        guard judgement(view).plan.isEmpty else { throw Unsettled(description: "\(judgement(view).plan)") }
        switch await reconciler.reconcile(name) {
        case .done, .lookAgain: return
        case let outcome: throw Unsettled(description: "\(outcome)")
        }
    }

    /// Adds a Deployment with its ReplicaSet and its Service.
    ///
    /// - Returns: the ReplicaSet.
    mutating func addDeployment(_ document: PodDocument, replicas: Int) throws -> ObjectMeta {
        try add(document.service, in: document.namespace, to: cache.services, cache.projections.observed)
        let deployment = try addWorkload(
            WorkloadKinds.Deployment.self,
            document.deployment(replicas: replicas),
            in: document.namespace
        )
        return try addWorkload(
            WorkloadKinds.ReplicaSet.self,
            document.replicaSet(replicas: replicas, owner: deployment),
            in: document.namespace
        )
    }

    /// Adds the pod of a place among a ReplicaSet's.
    mutating func addPod(_ document: PodDocument, _ place: Int, owner: ObjectMeta) throws {
        var pod = document.pod(place, on: "node-\(place)", owner: owner)
        pod["status"] = PodDocument.status()
        _ = try addWorkload(WorkloadKinds.Pod.self, pod, in: document.namespace)
    }

    private mutating func addWorkload<Kind: WorkloadKind>(
        _: Kind.Type,
        _ document: JSONValue,
        in namespace: String
    ) throws -> ObjectMeta {
        let cache = cache
        let store = cache.workloads[Kind.resource.kind] ?? Store()
        return try add(document, in: namespace, to: store) { (object: Workload<Kind>) in
            try cache.projections.observed(object)
        }
    }

    private func judgement(_ view: NamespaceView) -> Judgement {
        let governance = registry.governance.0
        return Judgement(governance.decide(view.namespace, isProtected: false, traces: view.traces), view)
    }

    private func answer(about policy: Policy, _ view: NamespaceView) {
        let answer = AdmissionAnswer(policy: policy, warnings: [], asOf: view.podsFingerprint, askedAt: Self.now)
        cache.take(answer, for: view.namespace.name)
    }

    private mutating func observe(_ target: Hardening.Operation.Target, _ document: JSONValue, in namespace: String)
        throws
    {
        switch target {
        case .namespace: try add(document, to: cache.namespaces, cache.projections.observed)
        case .serviceAccount:
            try add(document, in: namespace, to: cache.serviceAccounts, cache.projections.observed)
        case .networkPolicy: try add(document, in: namespace, to: cache.networkPolicies, cache.projections.observed)
        case .limitRange: try add(document, in: namespace, to: cache.limitRanges, cache.projections.observed)
        }
    }

    @discardableResult
    private mutating func add<Object: KubernetesObject, Value>(
        _ document: JSONValue,
        in namespace: String? = nil,
        to store: Store<Value>,
        _ project: (Object) throws -> Value
    ) throws -> ObjectMeta {
        var document = document
        version += 1
        if let namespace { document["metadata"]?["namespace"] = .string(namespace) }
        if document["metadata"]?["uid"] == nil { document["metadata"]?["uid"] = .string(uid()) }
        document["metadata"]?["resourceVersion"] = .string("\(version)")
        document["metadata"]?["creationTimestamp"] = "2026-02-03T08:15:00Z"
        let object = try JSONReader.read(Object.self, from: JSONEncoder().encode(document))
        let metadata = object.metadata
        _ = try store.observe(ObjectKey(metadata), project(object), metadata.resourceVersion, fromWatch: false)
        // Read for itself, so that nothing of what is kept is held here.
        return try JSONReader.read(Object.self, from: JSONEncoder().encode(document)).metadata
    }

    // Of version 4, in lower case.
    private mutating func uid() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { String(format: "%02x", $0) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}

extension JSONValue {
    /// What this document comes to once `manager` has applied `document`, and the server's record of it.
    fileprivate func applying(_ document: JSONValue, by manager: String) -> JSONValue {
        func fields(_ value: JSONValue) -> JSONValue {
            guard case .object(let members) = value else { return [:] }
            return .object(
                Dictionary(uniqueKeysWithValues: members.map { ("f:\($0)", fields($1)) })
            )
        }
        func merged(_ present: JSONValue?, _ applied: JSONValue) -> JSONValue {
            guard case .object(let members) = applied, case .object(var result)? = present else { return applied }
            for (key, value) in members { result[key] = merged(result[key], value) }
            return .object(result)
        }
        var applied = document
        applied["metadata"]?["name"] = .none
        applied["metadata"]?["namespace"] = .none
        applied["apiVersion"] = .none
        applied["kind"] = .none
        var result = merged(self, document)
        result["metadata"]?["managedFields"] = [
            [
                "manager": .string(manager), "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
                "time": "2026-02-03T08:15:00Z", "fieldsV1": fields(applied),
            ]
        ]
        return result
    }
}
