import Hardening
import KubernetesAPI
import Testing

@testable import KubernetesClient

extension ControlPlaneTests {
    @Suite struct Governance {
        @Test("Of two profiles one governs and the other counts the namespace as shadowed, whatever becomes of either")
        func twoProfiles() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("shared")
                let high = try await scene.profile("high") { $0["priority"] = 200 }
                let low = try await scene.profile("low") {
                    $0["priority"] = 100
                    $0["controls"]?["networkPolicy"] = ["directions": ["Ingress"]]
                }

                @Sendable func governs(_ governor: String, over shadowed: String?) async throws {
                    try await scene.compliant(governor, namespaces: 1)
                    if let shadowed {
                        try await scene.status(of: shadowed, "shadowed") {
                            $0.namespaces.shadowed == 1 && $0.namespaces.selected == 0
                                && $0.condition(.compliant)?.status == .unknown
                        }
                    }
                    let labels = try await cluster.object(Namespace.self, namespace)?.metadata.labels
                    #expect(labels?["hardening.dev/profile"] == governor)
                    for policy in try await cluster.client.listAll(NetworkPolicy.self, of: .init(namespace: namespace))
                    {
                        #expect(policy.metadata.labels["hardening.dev/profile"] == governor)
                    }
                }

                try await cluster.withOperator { process in
                    try await process.ready()
                    try await eventually("the namespace is denied by default") {
                        try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace) != nil
                    }
                    let version = try #require(try await cluster.object(Namespace.self, namespace)).metadata
                        .resourceVersion
                    let gaps = Collected<String>()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await cluster.watchForGaps(in: namespace, after: version, into: gaps) }

                        try await governs(high, over: low)
                        // Edited: the other has the higher priority now.
                        try await cluster.edit(HardeningProfile.self, low, ["spec": ["priority": 300]])
                        try await governs(low, over: high)
                        // Suspended, it still governs: nobody else takes its namespaces for that.
                        try await cluster.edit(HardeningProfile.self, low, ["spec": ["suspend": true]])
                        try await governs(low, over: high)
                        try await cluster.edit(HardeningProfile.self, low, ["spec": ["suspend": false]])
                        try await governs(low, over: high)
                        // Does not select the namespace any more.
                        try await cluster.edit(
                            HardeningProfile.self,
                            low,
                            ["spec": ["excludedNamespaces": [.string(namespace)]]]
                        )
                        try await governs(high, over: nil)
                        try await cluster.edit(HardeningProfile.self, low, ["spec": ["excludedNamespaces": []]])
                        try await governs(low, over: high)
                        // Equal priority: the older one.
                        try await cluster.edit(HardeningProfile.self, low, ["spec": ["priority": 200]])
                        try await governs(high, over: low)
                        // Gone: with what it enforced kept, and then with it given back.
                        try await cluster.delete(HardeningProfile.self, high)
                        try await governs(low, over: nil)
                        let third = try await scene.profile("third") { $0["priority"] = 400 }
                        try await governs(third, over: low)
                        try await cluster.edit(HardeningProfile.self, third, ["spec": ["deletionPolicy": "Release"]])
                        try await eventually("the finalizer is there") {
                            try await cluster.object(HardeningProfile.self, third)?.metadata.finalizers.isEmpty == false
                        }
                        try await cluster.delete(HardeningProfile.self, third)
                        try await eventually("\(third) is gone") {
                            try await cluster.object(HardeningProfile.self, third) == nil
                        }
                        try await governs(low, over: nil)
                        group.cancelAll()
                    }
                    #expect(gaps.all == [], "ingress was denied by default all along")
                }
            }
        }

        @Test("Profiles of equal priority and age: the lesser name governs")
        func equalAge() async throws {
            try await Scene.play { scene in
                // Created within one second, usually; the rule must hold when they were not, too.
                let names = ["b", "a", "c"]
                for name in names { try await scene.profile(name) { $0["mode"] = "Audit" } }
                try await scene.namespace("tie")
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    let profiles = try await scene.cluster.client.listAll(HardeningProfile.self)
                        .filter { $0.metadata.name.hasPrefix(scene.name) }
                    let oldest = profiles.compactMap(\.metadata.creationTimestamp).min()
                    let governor = profiles.filter { $0.metadata.creationTimestamp == oldest }.map(\.metadata.name)
                        .min()
                    for profile in profiles.map(\.metadata.name) {
                        try await scene.status(of: profile, "selected or shadowed") {
                            profile == governor
                                ? $0.namespaces.selected == 1 && $0.namespaces.shadowed == 0
                                : $0.namespaces.selected == 0 && $0.namespaces.shadowed == 1
                        }
                    }
                }
            }
        }
    }
}

extension ControlPlane {
    /// Watches the default-deny policy of a namespace until cancelled, and notes every moment in which it is not there
    /// or does not deny ingress.
    fileprivate func watchForGaps(
        in namespace: String,
        after version: ResourceVersion,
        into gaps: Collected<String>
    ) async throws {
        do {
            try await client.watch(
                NetworkPolicy.self,
                of: .init(namespace: namespace, fields: "metadata.name=hardening-default-deny"),
                WatchQuery(resourceVersion: version, timeout: .seconds(600))
            ) { event in
                switch event {
                case .added(let policy), .modified(let policy):
                    if !ObservedNetworkPolicy(policy).denied.contains(.ingress) { gaps.append("\(policy.spec)") }
                case .deleted: gaps.append("deleted")
                case .bookmark: break
                default: gaps.append("\(event)")
                }
            }
        } catch is CancellationError {
        }
    }
}
