import Foundation
import Hardening
import KubernetesAPI
import Testing

@testable import KubernetesClient

extension ControlPlaneTests {
    @Suite struct Scale {
        @Test("O8, P11: With 300 namespaces of 10 pods it reaches a steady state, and then writes nothing for 60 s")
        func steadyState() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                try await Self.populate(scene, namespaces: 300, pods: 10)
                let profile = try await scene.profile()
                try await cluster.withOperator { process in
                    let start = cluster.auditedRequests().count
                    try await scene.compliant(profile, namespaces: 300)
                    let writes = cluster.auditedRequests().dropFirst(start).filter(\.isWrite)
                    print(
                        "writes until steady: \(writes.count), of these to status: \(writes.filter(\.isStatus).count)"
                    )

                    let before = try await cluster.writeRequests()
                    let mark = cluster.auditedRequests().count
                    try await Task.sleep(for: .seconds(60))
                    let after = try await cluster.writeRequests()
                    let audited = cluster.auditedRequests().dropFirst(mark)
                    print(
                        "60 s quiet: apiserver_request_total for writes to what we manage \(before) -> \(after); operator's requests of all kinds: \(audited.count)"
                    )
                    print("resident memory of the operator: \(try process.residentKiB / 1024) MiB")
                    #expect(after == before)
                    #expect(audited.filter(\.isWrite).isEmpty)
                }
                // Edited, and never called ready or compliant before all was looked at by the new spec.
                try await cluster.withOperator { process in
                    try await process.ready()
                    let version = try #require(try await cluster.object(HardeningProfile.self, profile)).metadata
                        .resourceVersion
                    let claims = Collected<String>()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            try await cluster.watchForClaims(of: profile, after: version, selecting: 300, into: claims)
                        }
                        for mode in ["Audit", "Enforce"] {
                            try await scene.profile {
                                $0["mode"] = .string(mode)
                                $0["deletionPolicy"] = mode == "Enforce" ? "Release" : "Retain"
                                $0["controls"]?["limitRange"]?["limits"] = [
                                    ["type": "Container", "default": ["memory": "512Mi"]]
                                ]
                            }
                            try await scene.status(of: profile, "looked at") { $0.condition(.ready)?.status == .true }
                        }
                        try await scene.compliant(profile, namespaces: 300)
                        group.cancelAll()
                    }
                    #expect(claims.all == [])
                    try await scene.profile()
                    try await scene.compliant(profile, namespaces: 300)
                }
                try await cluster.withOperator { process in
                    let mark = cluster.auditedRequests().count
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 300)
                    try await cluster.delete(LimitRange.self, "hardening-limits", in: "\(scene.name)-0")
                    try await eventually("it works") {
                        try await cluster.object(LimitRange.self, "hardening-limits", in: "\(scene.name)-0") != nil
                    }
                    // An object is there before the server logs who wrote it.
                    let writes = try await eventually("the repair is logged") {
                        let writes = cluster.auditedRequests().dropFirst(mark).filter { $0.isWrite && !$0.isStatus }
                        return writes.isEmpty ? nil : writes
                    }
                    #expect(writes.count == 1, "a restart in a compliant cluster writes nothing but this repair")
                }
            }
        }

        private static func populate(_ scene: Scene, namespaces: Int, pods: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<namespaces {
                    // So many at a time as the server likes.
                    if number >= 16 { try await group.next() }
                    group.addTask {
                        let namespace = try await scene.namespace("\(number)")
                        try await eventually("\(namespace) has an account") {
                            try await scene.cluster.isDone("default", in: namespace)
                        }
                        for pod in 0..<pods {
                            try await scene.cluster.create(
                                Pod.self,
                                "pod-\(pod)",
                                in: namespace,
                                ["spec": ["containers": [["name": "main", "image": "registry.example.com/app:1"]]]]
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

extension ControlPlane.AuditedRequest {
    fileprivate var isStatus: Bool { requestURI.contains("/hardeningprofiles/") }
}

extension ControlPlane {
    /// Watches a profile until cancelled, and notes each status that claims to be ready or compliant without having looked
    /// at all namespaces by the spec that it speaks of.
    fileprivate func watchForClaims(
        of profile: String,
        after version: ResourceVersion,
        selecting count: Int,
        into claims: Collected<String>
    ) async throws {
        do {
            let selection = Selection(fields: "metadata.name=\(profile)")
            let query = WatchQuery(resourceVersion: version, timeout: .seconds(600))
            try await client.watch(HardeningProfile.self, of: selection, query) { event in
                guard case .modified(let object) = event, let status = object.status,
                    case .success(let spec) = object.spec,
                    status.observedGeneration == object.metadata.generation
                else { return }
                let limits = status.controls.first { $0.name == .limitRange }
                let judged = (limits?.compliant ?? 0) + (limits?.nonCompliant ?? 0)
                let isClaim = [Condition.ConditionType.ready, .compliant].contains {
                    status.condition($0)?.status == .true
                }
                // What is enforced and ready is compliant here; an audit judges without.
                let isTrue =
                    judged == count
                    && (spec.mode != .enforce || status.namespaces.compliant + status.namespaces.unverified == count)
                if isClaim, !isTrue { claims.append("\(status)") }
            }
        } catch is CancellationError {
        }
    }

    /// How many writes the server has counted to the resources that the operator writes to, whoever wrote.
    fileprivate func writeRequests() async throws -> Int {
        let resources = ["namespaces", "networkpolicies", "serviceaccounts", "limitranges", "hardeningprofiles"]
        let verbs = ["POST", "PUT", "PATCH", "APPLY", "DELETE"]
        return try await kubectl("get", "--raw", "/metrics").split(separator: "\n").filter { line in
            line.hasPrefix("apiserver_request_total{")
                && resources.contains { line.contains("resource=\"\($0)\"") }
                && verbs.contains { line.contains("verb=\"\($0)\"") }
        }.reduce(0) { sum, line in
            sum + (line.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) } ?? 0)
        }
    }
}
