import KubernetesAPI
import Testing

@testable import Hardening

@Suite("What objects have in common")
struct SharingTests {
    /// Hands out one copy of what is equal, and counts how many there are.
    private final class Copies {
        var all: Set<Shared<ObservedWorkload.Common>> = []

        func observed(_ yaml: String) throws -> ObservedWorkload {
            let pod = try read(Workload<WorkloadKinds.Pod>.self, yaml)
            return ObservedWorkload(pod, facts: nil) { all.insert($0).memberAfterInsert }
        }
    }

    private static func owner(_ kind: String, _ name: String) -> String {
        "ownerReferences: [{apiVersion: apps/v1, kind: \(kind), name: \(name), uid: u, controller: true}]"
    }

    @Test("Pods of one ReplicaSet differ in name and uid only")
    func replicaSet() throws {
        let copies = Copies()
        let pods = try ["x2x9k", "b7bqw"].map { suffix in
            try copies.observed(
                """
                metadata: {name: web-7d4b9c8f6d-\(suffix), uid: \(suffix), labels: {app: web},
                  \(Self.owner("ReplicaSet", "web-7d4b9c8f6d"))}
                """
            )
        }
        #expect(copies.all.count == 1)
        #expect(pods.map(\.name) == ["web-7d4b9c8f6d-x2x9k", "web-7d4b9c8f6d-b7bqw"])
        #expect(pods.map(\.uid) == ["x2x9k", "b7bqw"])
        #expect(pods.map(\.labels) == [["app": "web"], ["app": "web"]] && pods[0] != pods[1])
        #expect(pods.sorted(by: ObservedWorkload.isBefore).map(\.uid) == ["b7bqw", "x2x9k"])
    }

    @Test("So do those of a StatefulSet, whose labels repeat their names and numbers")
    func statefulSet() throws {
        let copies = Copies()
        let pods = try (0..<12).map { number in
            try copies.observed(
                """
                metadata: {name: db-\(number), uid: u\(number), \(Self.owner("StatefulSet", "db")), labels:
                  {app: db, statefulset.kubernetes.io/pod-name: db-\(number), apps.kubernetes.io/pod-index: "\(number)"}}
                """
            )
        }
        #expect(copies.all.count == 1)
        for (number, pod) in pods.enumerated() {
            let labels = [
                "app": "db", "statefulset.kubernetes.io/pod-name": "db-\(number)",
                "apps.kubernetes.io/pod-index": "\(number)",
            ]
            #expect(pod.name == "db-\(number)" && pod.labels == labels && pod.podLabels == labels)
        }
    }

    @Test(
        "A name that is not its owner's and little more is kept as it is",
        arguments: [
            ("web", "web"), ("web", "web-"), ("web", "website-1"), ("web", "db-0"), ("", "-0"),
            ("web", "web-a-very-long-rest"),
            ("web", "web-0"), ("web", "web--"),
        ]
    )
    func names(owner: String, name: String) throws {
        let pod = try Copies().observed(
            "metadata: {name: \"\(name)\", uid: u, labels: {a: \"\(name)\"}, \(Self.owner("ReplicaSet", "\"\(owner)\""))}"
        )
        #expect(pod.name == name && pod.labels == ["a": name])
    }

    @Test("A copy is kept for as long as somebody has it")
    func copies() {
        var values = CopiesByKey<Int, String>()
        for key in 0..<100 { values[key] = key < 50 ? "even" : "odd" }
        #expect(values.distinct == 2 && values[0] == "even" && values[99] == "odd")
        for key in 0..<50 { values[key] = nil }
        #expect(values.distinct == 1 && values[0] == nil)
        values[99] = "odd"
        for key in 50..<100 { values[key] = "other" }
        #expect(values.distinct == 1 && values[50] == "other")
    }

    @Test("LimitRanges that say the same in other words do not stand for one another")
    func words() throws {
        func range(_ memory: String) throws -> ObservedLimitRange {
            ObservedLimitRange(
                try read(
                    LimitRange.self,
                    "{metadata: {name: l, uid: u}, spec: {limits: [{type: Container, max: {memory: \(memory)}}]}}"
                )
            )
        }
        #expect(try range("1Gi").limits == range("1024Mi").limits)
        #expect(try range("1Gi") != range("1024Mi"))
        #expect(try range("1Gi") == range("1Gi"))
    }
}
