import FaultProxy
import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

extension ControlPlaneTests {
    /// What the operator does while something goes wrong between it and the API server. `docs/reliability.md` has the
    /// rows that these tests print.
    @Suite struct Faults {
        @Test(
            "O1: While a fault lasts it neither crashes nor spins nor writes wrongly, and makes good afterwards what changed meanwhile; prints the figures",
            arguments: Fault.allCases
        )
        func alone(_ fault: Fault) async throws {
            let seed = SeededGenerator().seed
            try await FaultScene.play(seed: seed) { faults in
                let mark = faults.proxy.requests.count
                try await faults.proxy.set([FaultRule(fault)])
                let other = try await faults.namespace("other")
                try await faults.drift(in: faults.first)
                try await faults.editProfile(memory: "128Mi")
                // For so long requests are counted; a slow machine makes fewer.
                try await Task.sleep(for: .seconds(5))
                let requests = faults.proxy.requests.dropFirst(mark)
                try await faults.proxy.set([])
                let ended = ContinuousClock.now
                try await faults.converged([faults.first, other], memory: "128Mi")
                let most = requests.mostToOnePath
                print(
                    "fault: \(fault) | \(requests.count) requests in 5 s, at most \(most.count) to one path | converged in \((ContinuousClock.now - ended).milliseconds) ms"
                )
                #expect(most.count <= Self.mostRequests, "\(most.path)")
            }
        }

        // A watch and a list after each wait of 0.8, 1.6 and 3.2 s, five of them where pages fail, and writes of an
        // object after 50 ms doubled: all below this in five seconds. Whatever does not wait makes thousands.
        private static let mostRequests = 25

        @Test(
            "O3: A finalizer that cannot be set is said of the spec that asks for it, and what could not be given back is not enforced, until it can"
        )
        func finalizer() async throws {
            try await FaultScene.play(seed: SeededGenerator().seed) { faults in
                let (scene, profile) = (faults.scene, faults.profile)
                try await faults.proxy.set([
                    FaultRule(.internalError) {
                        $0.method == "PATCH" && $0.path.hasSuffix("/hardeningprofiles/\(profile)")
                    }
                ])
                try await scene.cluster.edit(HardeningProfile.self, profile, ["spec": ["deletionPolicy": "Release"]])
                let status = try await scene.status(of: profile, "the finalizer is refused") {
                    $0.condition(.ready)?.reason == "FinalizerRefused"
                }
                #expect(status.condition(.ready)?.status == .false)
                #expect(status.condition(.ready)?.message.contains("500") == true)
                let other = try await faults.namespace("other")
                try await scene.status(of: profile, "the other namespace is known, and not hardened") {
                    $0.namespaces.selected == 2 && $0.condition(.ready)?.reason == "FinalizerRefused"
                }
                #expect(try await scene.cluster.object(LimitRange.self, "hardening-limits", in: other) == nil)

                try await faults.proxy.set([])
                try await faults.converged([faults.first, other], memory: "256Mi")
                let healed = try await scene.cluster.object(HardeningProfile.self, profile)
                #expect(healed?.metadata.finalizers.contains(Marks.finalizer) == true)
            }
        }

        @Test("While the server serves no status of profiles, an edit is enforced, and the status follows once it does")
        func unservedStatus() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("n")
                let profile = try await scene.profile()
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try await cluster.withoutStatus(of: profile) {
                        let limit: JSONValue = ["memory": "128Mi"]
                        try await scene.profile {
                            $0["controls"]?["limitRange"] = ["limits": [["type": "Container", "default": limit]]]
                        }
                        try await eventually("the edit is enforced") {
                            let range = try await cluster.object(LimitRange.self, "hardening-limits", in: namespace)
                            return range?.json["spec"]?["limits"]?.elements?.first?["default"] == limit
                        }
                        try await eventually("it says that it cannot write the status") {
                            try process.lines.contains { line in
                                line.part == "profile \(profile)" && line.error?.contains("404") == true
                            }
                        }
                    }
                    let restored = ContinuousClock.now
                    try await scene.compliant(profile, namespaces: 1)
                    print(
                        "fault: statuses are not served | the status followed after \((ContinuousClock.now - restored).milliseconds) ms"
                    )
                }
            }
        }

        @Test("With faults mixed at random, from a seed that it prints, it converges once they end")
        func mixed() async throws {
            let seed = SeededGenerator().seed
            print("fault seed: \(seed)")
            try await FaultScene.play(seed: seed) { faults in
                var random = SeededGenerator(seed: seed)
                var namespaces = [faults.first]
                var memory = "256Mi"
                let mark = faults.proxy.requests.count
                for round in 0..<15 {
                    let rules = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                        FaultRule(
                            Fault.allCases.randomElement(using: &random) ?? .silence,
                            share: .random(in: 0.2...1, using: &random)
                        )
                    }
                    try await faults.proxy.set(rules)
                    switch round % 3 {
                    case 0: namespaces.append(try await faults.namespace("n\(round)"))
                    case 1:
                        let one = namespaces[Int.random(in: 0..<namespaces.count, using: &random)]
                        // What is said before that counts as somebody's wish, and is respected.
                        if try await faults.isInForce(.serviceAccountToken, in: one) {
                            try await faults.drift(in: one)
                        }
                    default:
                        memory = "\(100 + round)Mi"
                        try await faults.editProfile(memory: memory)
                    }
                    try await Task.sleep(for: .seconds(2))
                }
                let requests = faults.proxy.requests.dropFirst(mark)
                try await faults.proxy.set([])
                let ended = ContinuousClock.now
                try await faults.converged(namespaces, memory: memory)
                print(
                    "fault: mixed at random | \(requests.count) requests in \(15 * 2) s | converged in \((ContinuousClock.now - ended).milliseconds) ms"
                )
            }
        }
    }
}

extension ControlPlane {
    /// Runs `body` while the server does not serve the statuses of profiles, of which `profile` is one.
    fileprivate func withoutStatus(of profile: String, _ body: () async throws -> Void) async throws {
        let resource = HardeningProfile.resource
        try await kubectl(
            "patch",
            "crd",
            "hardeningprofiles.hardening.dev",
            "--type=json",
            "-p",
            #"[{"op": "remove", "path": "/spec/versions/0/subresources"}]"#
        )
        let result: Result<Void, any Error>
        do {
            try await eventually("the status is not served") {
                do {
                    _ = try await client.get(
                        JSONValue.self,
                        path: "/apis/\(resource.apiVersion)/\(resource.plural)/\(profile)/status"
                    )
                    return false
                } catch let error as APIError where error.isNotFound {
                    return true
                }
            }
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        try await installProfiles()
        try result.get()
    }
}

extension Collection<ProxiedRequest> {
    /// The method and path that most requests were of, and how many.
    var mostToOnePath: (path: String, count: Int) {
        Dictionary(grouping: self) { "\($0.method) \($0.path)" }.mapValues(\.count)
            .max { $0.value < $1.value }.map { ($0.key, $0.value) } ?? ("", 0)
    }
}
