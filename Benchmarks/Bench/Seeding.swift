import ClusterDocuments
import Foundation
import Hardening
import HardeningController
import KubernetesAPI
import KubernetesClient
import Synchronization

/// Fills a cluster with namespaces and what runs in them.
struct Seeding: Sendable {
    /// How many pods a Deployment has.
    private static let podsPerDeployment = 10
    private static let podsPerNode = 30
    private static let atOnce = 64

    let client: KubernetesClient

    static func namespace(_ number: Int) -> String { "team-\(number)" }

    /// The profile, the cluster's DNS and network plugin, which the allowances and the verdicts ask for.
    func furnish() async throws {
        try await create(Service.self, in: "kube-system", ClusterDocuments.clusterDNS)
        try await create(DaemonSet.self, in: "kube-system", Self.networkPlugin)
        try await create(HardeningProfile.self, ClusterDocuments.profile)
    }

    /// Nodes, namespaces and pods, until the cluster is of `size`; `before` is of what size it is already.
    func fill(_ size: Size, beyond before: Size = Size(namespaces: 0, pods: 0)) async throws {
        let numbers = before.namespaces..<size.namespaces
        try await nodes(for: size, beyond: before)
        try await namespaces(numbers)
        try await pods(size, in: numbers, tenths: 0..<10)
    }

    /// The machines that so many pods would need.
    func nodes(for size: Size, beyond before: Size = Size(namespaces: 0, pods: 0)) async throws {
        let numbers = (before.pods > 0 ? Self.nodes(before) : 0)..<Self.nodes(size)
        try await forEach(Array(numbers), atOnce: Self.atOnce) { number in
            let document: JSONValue = [
                "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string("node-\(number)")],
                "status": ["nodeInfo": .object(Self.nodeInformation)],
            ]
            try await create(Node.self, document)
        }
    }

    /// Namespaces with these numbers, and the account in each that the cluster's own controllers would make.
    func namespaces(_ numbers: Range<Int>) async throws {
        try await forEach(Array(numbers), atOnce: Self.atOnce) { number in
            try await create(Namespace.self, ClusterDocuments.namespace(Self.namespace(number)))
            try await create(
                ServiceAccount.self,
                in: Self.namespace(number),
                ClusterDocuments.defaultAccount
            )
        }
    }

    /// Deployments, ReplicaSets and Services for the pods of these `namespaces` of a cluster of `size`, and of each
    /// ReplicaSet's pods those in these `tenths`.
    ///
    /// - Returns: how many pods these are.
    @discardableResult
    func pods(_ size: Size, in namespaces: Range<Int>, tenths: Range<Int>) async throws -> Int {
        let perNamespace = size.podsPerNamespace
        let deployments = max(1, perNamespace / Self.podsPerDeployment)
        let nodes = Self.nodes(size)
        @Sendable func count(of deployment: Int) -> Int {
            perNamespace / deployments + (deployment < perNamespace % deployments ? 1 : 0)
        }
        func places(of deployment: Int) -> Range<Int> {
            let count = count(of: deployment)
            return (count * tenths.lowerBound / 10)..<(count * tenths.upperBound / 10)
        }
        let all = namespaces.flatMap { namespace in
            (0..<deployments).map { (namespace, deployment: $0, places: places(of: $0)) }
        }
        try await forEach(all, atOnce: Self.atOnce) { namespace, deployment, places in
            let document = PodDocument(namespace: Self.namespace(namespace), number: deployment)
            let owner = try await owner(of: document, replicas: count(of: deployment), isNew: tenths.lowerBound == 0)
            for place in places {
                let node = "node-\((namespace * perNamespace + deployment * places.count + place) % nodes)"
                try await pod(document, place, on: node, owner: owner)
            }
        }
        return all.reduce(0) { $0 + $1.places.count }
    }

    private func owner(of document: PodDocument, replicas: Int, isNew: Bool) async throws -> ObjectMeta {
        guard isNew else {
            return try await client.get(
                Receipt<ReplicaSet>.self,
                name: document.replicaSetName,
                namespace: document.namespace
            ).metadata
        }
        try await create(Service.self, in: document.namespace, document.service)
        let deployment = try await create(
            Deployment.self,
            in: document.namespace,
            document.deployment(replicas: replicas)
        )
        return try await create(
            ReplicaSet.self,
            in: document.namespace,
            document.replicaSet(replicas: replicas, owner: deployment)
        )
    }

    private func pod(_ document: PodDocument, _ place: Int, on node: String, owner: ObjectMeta) async throws {
        try await create(Pod.self, in: document.namespace, document.pod(place, on: node, owner: owner))
        _ = try await client.merge(
            Receipt<Pod>.self,
            name: document.podName(place),
            namespace: document.namespace,
            subresource: "status",
            patch: ["status": PodDocument.status()],
            fieldManager: "kubelet"
        )
    }

    @discardableResult
    private func create<Kind: KubernetesObject>(
        _ kind: Kind.Type,
        in namespace: String? = nil,
        _ document: JSONValue
    ) async throws -> ObjectMeta {
        try await client.create(
            Receipt<Kind>.self,
            namespace: namespace,
            document: document,
            fieldManager: "kube-controller-manager"
        ).metadata
    }

    // MARK: Documents

    private static func nodes(_ size: Size) -> Int { size.pods / podsPerNode + 1 }

    private static let nodeInformation: [String: JSONValue] = {
        var information: [String: JSONValue] = [
            "kubeletVersion": "v1.20.2", "kubeProxyVersion": "v1.20.2",
            "containerRuntimeVersion": "containerd://1.6.20",
            "operatingSystem": "linux", "osImage": "Debian GNU/Linux 12 (bookworm)", "kernelVersion": "6.1.0-18-amd64",
            "architecture": "amd64",
        ]
        for field in ["machineID", "systemUUID", "bootID"] {
            information[field] = "7b1c3c5e-5b1f-4b55-9d5c-0d7a4c1f9a11"
        }
        return information
    }()

    private static let networkPlugin: JSONValue = [
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": ["name": "calico-node"],
        "spec": [
            "selector": ["matchLabels": ["k8s-app": "calico-node"]],
            "template": [
                "metadata": ["labels": ["k8s-app": "calico-node"]],
                "spec": ["containers": [["name": "calico-node", "image": "calico/node:v3.30.0"]]],
            ],
        ],
    ]
}

extension Seeding {
    /// How large a pod is as the server answers it, on average of some hundreds.
    func meanPodBytes() async throws -> Int {
        let pods = try await client.listAll(Receipt<Pod>.self).map(\.metadata)
        // One by one, since lists of pods come in protobuf.
        let sample = pods.enumerated().filter { $0.offset % (pods.count / 100 + 1) == 0 }.map(\.element)
        var bytes = 0
        for pod in sample {
            bytes += try await client.get(Whole<Pod>.self, name: pod.name, namespace: pod.namespace).json.json.count
        }
        return bytes / max(1, sample.count)
    }

    func kubernetesVersion() async throws -> String {
        try await client.get(ServerVersion.self, path: "/version").gitVersion
    }
}
