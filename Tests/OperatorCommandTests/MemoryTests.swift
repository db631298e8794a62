import ClusterDocuments
import Foundation
import Hardening
import HeapStatistics
import KubernetesAPI
import Testing

// As scripts/sanitize says.
private let isSanitized = ProcessInfo.processInfo.environment["HARDENING_UNIT_RING"] != nil

/// What is kept of a cluster, in bytes of the heap: the difference between so much of it and twice as much. Each runs in
/// a process of its own, where nothing else allocates.
@Suite("Memory", .disabled(if: isSanitized, "a sanitizer has a heap of its own"))
struct MemoryTests {
    private static func name(_ number: Int) -> String { "team-payments-\(10_000 + number)" }

    /// What the second half of `count` things adds for each of them.
    private static func further(_ count: Int, _ add: (Int) async throws -> Void) async throws -> Int {
        for number in 0..<count { try await add(number) }
        let half = heapBytesInUse()
        for number in count..<2 * count { try await add(number) }
        return (Int(heapBytesInUse()) - Int(half)) / count
    }

    @Test("A further pod takes at most 300 bytes, with its share of what ten pods of one ReplicaSet have in common")
    func pod() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            var cluster = try FilledCluster()
            let namespaces = 25
            for number in 0..<namespaces { try cluster.addNamespace(MemoryTests.name(number)) }
            var owners: [(PodDocument, ObjectMeta)] = []
            let workload = try await MemoryTests.further(2 * namespaces) { number in
                let namespace = MemoryTests.name(number % namespaces)
                let document = PodDocument(namespace: namespace, number: number / namespaces)
                owners.append((document, try cluster.addDeployment(document, replicas: 10)))
            }
            // Half of the ReplicaSets first, each with ten pods.
            let pod = try await MemoryTests.further(10 * owners.count / 2) { number in
                let (document, owner) = owners[number / 10]
                try cluster.addPod(document, 7919 * number, owner: owner)
            }
            print("a further pod: \(pod) bytes; a Deployment, its ReplicaSet and its Service: \(workload) bytes")
            #expect(pod <= 300)
        }
        try print(String(decoding: #require(result).standardOutputContent, as: UTF8.self))
    }

    @Test("A further namespace with all in force takes at most 3 KB")
    func namespace() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            var cluster = try FilledCluster()
            let kept = try await MemoryTests.further(200) { try cluster.addNamespace(MemoryTests.name($0)) }
            let known = try await MemoryTests.further(200) { try await cluster.reconcile(MemoryTests.name($0)) }
            print("a further namespace: \(kept + known) bytes, of which \(kept) are its objects")
            #expect(kept + known <= 3 * 1024)
        }
        try print(String(decoding: #require(result).standardOutputContent, as: UTF8.self))
    }

    @Test("What is remembered of the five writes to a new namespace, for two minutes, takes at most 1.25 KB")
    func writes() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            var contests = OwnershipContests()
            let targets: [Hardening.Operation.Target] = [
                .namespace, .serviceAccount(Marks.defaultServiceAccountName), .limitRange(Marks.limitRangeName),
                .networkPolicy(Marks.denyPolicyName), .networkPolicy(Marks.allowPolicyName),
            ]
            let written = try await MemoryTests.further(500) { number in
                for target in targets {
                    let operation = Hardening.Operation(
                        namespace: MemoryTests.name(number),
                        target: target,
                        verb: .apply(ClusterDocuments.namespace(MemoryTests.name(number)))
                    )
                    contests.carriedOut(operation, of: .podSecurity, at: .now)
                }
            }
            print("the writes to a further namespace: \(written) bytes")
            #expect(written <= 1280)
        }
        try print(String(decoding: #require(result).standardOutputContent, as: UTF8.self))
    }
}
