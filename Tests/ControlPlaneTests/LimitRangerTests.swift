import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

extension ControlPlaneTests {
    @Suite struct LimitRangers {
        private static let rounds = 30
        private static let podsPerRound = 20

        @Test("What is foretold of LimitRanges is what the API server says, pod by pod")
        func foretold() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let minor = try await cluster.minor()
                var random = SeededGenerator()
                let seed = random.seed
                var counts: [String: Int] = [:]
                var probe = try await LimitRangeProbe(scene)
                for round in 0..<Self.rounds {
                    let namespace = try await scene.settledNamespace("limits-\(round)")
                    let ranges = try await Self.createRanges(in: namespace, cluster, using: &random)
                    let ranger = LimitRanger(ranges, serverMinor: minor)
                    try await probe.settle()
                    for _ in 0..<Self.podsPerRound {
                        let spec = Self.pod(using: &random)
                        let resources = PodResources(try spec.decoded(as: PodSpec.self))
                        let foretold = ranger.refusals(of: resources)
                        let said = try await cluster.refusal(ofPod: spec, in: namespace)
                        let context: Comment = """
                            seed \(seed), round \(round): \(ranges) and \(spec): foretold \(foretold), \
                            said \(said ?? "admitted")
                            """
                        if foretold.contains(where: { $0.kind == .certain }) {
                            #expect(said != nil, context)
                            counts["refused", default: 0] += 1
                        } else if !foretold.contains(where: { $0.kind == .possible }) {
                            #expect(said == nil, context)
                            counts[foretold.isEmpty ? "admitted" : "undefined default", default: 0] += 1
                        } else {
                            counts["undefined, \(said == nil ? "admitted" : "refused")", default: 0] += 1
                        }
                    }
                }
                // Else it would say little.
                let summary: Comment = "seed \(seed): \(counts)"
                #expect(counts["refused", default: 0] > 30, summary)
                #expect(counts["admitted", default: 0] > 30, summary)
                print("LimitRanger, seed \(seed): \(counts.sorted { $0.key < $1.key })")
            }
        }

        @Test("What a remedy says to set makes the API server admit the pod")
        func remedy() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("limits")
                let items: JSONValue = [["type": "Container", "default": ["memory": "1Gi"]]]
                try await cluster.create(LimitRange.self, "limits", in: namespace, ["spec": ["limits": items]])
                var probe = try await LimitRangeProbe(scene)
                try await probe.settle()
                var spec: JSONValue = [
                    "containers": [
                        ["name": "app", "image": "example.com/app", "resources": ["requests": ["memory": "2Gi"]]]
                    ]
                ]
                let said = try await cluster.refusal(ofPod: spec, in: namespace)
                #expect(said?.contains("must be less than or equal to memory limit") == true)
                let range = try #require(try await cluster.object(LimitRange.self, "limits", in: namespace))
                let ranger = LimitRanger(
                    [.init(name: "limits", limits: ObservedLimitRange(range.value).limits)],
                    serverMinor: try await cluster.minor()
                )
                let refusal = try #require(ranger.refusals(of: PodResources(spec.decoded(as: PodSpec.self))).first)
                #expect(refusal.remedies == ["spec.containers[0].resources.limits.memory: 2Gi"])
                spec["containers"] = [
                    [
                        "name": "app", "image": "example.com/app",
                        "resources": ["requests": ["memory": "2Gi"], "limits": ["memory": "2Gi"]],
                    ]
                ]
                #expect(try await cluster.refusal(ofPod: spec, in: namespace) == nil)
            }
        }

        private static func createRanges(
            in namespace: String,
            _ cluster: ControlPlane,
            using random: inout SeededGenerator
        ) async throws -> [LimitRanger.Range] {
            var ranges: [LimitRanger.Range] = []
            let count = Int.random(in: 1...3, using: &random)
            while ranges.count < count {
                let types = ["Container", "Pod"].filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
                let items = types.map { item($0, using: &random) }
                let name = "range-\(ranges.count)"
                do {
                    let range = try await cluster.create(
                        LimitRange.self,
                        name,
                        in: namespace,
                        ["spec": ["limits": .array(items)]]
                    )
                    ranges.append(.init(name: name, limits: ObservedLimitRange(range.value).limits))
                } catch let error as APIError where error.code == 422 {
                    // Out of order: the next one.
                }
            }
            return ranges
        }

        // Of each resource, ascending; few, so that they meet.
        private static let amounts: [(resource: String, amounts: [String])] = [
            ("cpu", ["0", "100m", "100.5m", "250m", "500m", "1", "1500m", "2"]),
            ("memory", ["100m", "1500m", "128Mi", "256Mi", "0.25Gi", "512Mi", "1Gi", "2Gi"]),
            ("example.com/gpu", ["0", "1", "2", "4"]),
        ]

        private static func item(_ type: String, using random: inout SeededGenerator) -> JSONValue {
            var item: JSONValue = ["type": .string(type)]
            let fields = type == "Container" ? ["min", "defaultRequest", "default", "max"] : ["min", "max"]
            for (resource, amounts) in amounts where Int.random(in: 0..<2, using: &random) == 0 {
                // Mostly in the order that the server wants.
                var least = 0
                for field in fields where Int.random(in: 0..<3, using: &random) == 0 {
                    let floor = field == "max" ? max(least, amounts.count / 2) : least
                    least = Int.random(in: floor..<amounts.count, using: &random)
                    var values = item[field] ?? [:]
                    values[resource] = .string(amounts[least])
                    item[field] = values
                }
                if Int.random(in: 0..<8, using: &random) == 0 {
                    let ratio = ["1", "2", "4", "1500m", "16100m"].randomElement(using: &random) ?? "1"
                    item["maxLimitRequestRatio"] = [resource: .string(ratio)]
                }
            }
            return item
        }

        private static func pod(using random: inout SeededGenerator) -> JSONValue {
            func containers(_ prefix: String, _ range: ClosedRange<Int>) -> JSONValue {
                .array(
                    (0..<Int.random(in: range, using: &random)).map { index in
                        var requests: [String: JSONValue] = [:]
                        var limits: [String: JSONValue] = [:]
                        for (resource, amounts) in amounts
                        where Int.random(in: 0..<(resource.contains("/") ? 6 : 2), using: &random) == 0 {
                            let request = Int.random(in: amounts.indices, using: &random)
                            // Mostly what is admitted without LimitRanges.
                            let isOrdered = Int.random(in: 0..<12, using: &random) > 0
                            let limit = Int.random(in: (isOrdered ? request : 0)..<amounts.count, using: &random)
                            let which = Int.random(in: 0..<3, using: &random)
                            if which != 0 { limits[resource] = .string(amounts[limit]) }
                            if which != 1, !isOrdered || !resource.contains("/") {
                                requests[resource] = .string(amounts[request])
                            }
                        }
                        return [
                            "name": .string("\(prefix)\(index)"), "image": "example.com/app",
                            "resources": ["requests": .object(requests), "limits": .object(limits)],
                        ]
                    }
                )
            }
            return ["containers": containers("c", 1...3), "initContainers": containers("i", 0...1)]
        }
    }
}

/// Tells when the server's admission, which looks into a cache of its own, knows the LimitRanges that were made so far.
///
/// That cache takes them in as they come, of whichever namespace: it knows all that are older than the last that it
/// knows. Only where it has none in a namespace does the server look for itself, so there is always one.
private struct LimitRangeProbe {
    private let cluster: ControlPlane
    private let namespace: String
    private var bound = 1000

    init(_ scene: Scene) async throws {
        cluster = scene.cluster
        namespace = try await scene.settledNamespace("probe")
        try await settle()
    }

    /// Waits until it knows them all.
    mutating func settle() async throws {
        let pod: JSONValue = [
            "containers": [
                ["name": "a", "image": "a", "resources": ["limits": ["ephemeral-storage": .string("\(bound)Mi")]]]
            ]
        ]
        bound -= 1
        let item: JSONValue = ["type": "Container", "max": ["ephemeral-storage": .string("\(bound)Mi")]]
        let name = "probe-\(bound)"
        try await cluster.create(LimitRange.self, name, in: namespace, ["spec": ["limits": [item]]])
        try await eventually("\(name) is known to the server's admission") {
            try await cluster.refusal(ofPod: pod, in: namespace) != nil
        }
    }
}

extension ControlPlane {
    /// N of the server's version 1.N.
    fileprivate func minor() async throws -> Int {
        let version = try await client.get(JSONValue.self, path: "/version")["minor"]?.string ?? ""
        return try #require(Int(version.prefix { $0.isNumber }))
    }

    /// What the server says when it refuses a pod, which is never made; `nil` if it would admit it.
    fileprivate func refusal(ofPod spec: JSONValue, in namespace: String) async throws -> String? {
        do {
            _ = try await client.create(
                Pod.self,
                namespace: namespace,
                document: ["apiVersion": "v1", "kind": "Pod", "metadata": ["generateName": "p-"], "spec": spec],
                fieldManager: "tests",
                dryRun: true
            )
            return nil
        } catch let error as APIError where error.code == 403 || error.code == 422 {
            return error.status?.message ?? "\(error)"
        }
    }
}

extension JSONValue {
    fileprivate func decoded<Value: JSONReadable>(as type: Value.Type) throws -> Value {
        try JSONReader.read(type, from: JSONEncoder().encode(self))
    }
}
