import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    @Suite struct Scale {
        @Test("With 300 namespaces of 10 pods it reaches a steady state, and then writes nothing for 60 s")
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
                try await cluster.withOperator { process in
                    let mark = cluster.auditedRequests().count
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 300)
                    try await cluster.delete(LimitRange.self, "hardening-limits", in: "\(scene.name)-0")
                    try await eventually("it works") {
                        try await cluster.object(LimitRange.self, "hardening-limits", in: "\(scene.name)-0") != nil
                    }
                    let writes = cluster.auditedRequests().dropFirst(mark).filter { $0.isWrite && !$0.isStatus }
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
