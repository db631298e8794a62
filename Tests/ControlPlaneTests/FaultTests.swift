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

extension Collection<ProxiedRequest> {
    /// The method and path that most requests were of, and how many.
    var mostToOnePath: (path: String, count: Int) {
        Dictionary(grouping: self) { "\($0.method) \($0.path)" }.mapValues(\.count)
            .max { $0.value < $1.value }.map { ($0.key, $0.value) } ?? ("", 0)
    }
}
