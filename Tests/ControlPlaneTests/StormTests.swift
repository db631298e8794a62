import FaultProxy
import Foundation
import Hardening
import TestSupport
import Testing

extension ControlPlaneTests.Faults {
    @Test(
        "With every request failing for a minute, and writes due in 40 namespaces, it sends at most 40 requests per watched resource and worker; prints how many",
        arguments: [Fault.internalError, .unavailable, .tooManyRequests]
    )
    func storm(_ fault: Fault) async throws {
        try await FaultScene.play(seed: SeededGenerator().seed) { faults in
            var namespaces = [faults.first]
            for number in 0..<39 { namespaces.append(try await faults.namespace("n\(number)")) }
            try await faults.converged(namespaces, memory: "256Mi")
            let watched = Set(faults.proxy.requests.filter(\.isWatch).map(\.selection)).count
            // Only writes at first, so that there is something to be written, and to be tried again.
            try await faults.proxy.set([FaultRule(fault) { $0.isWrite }])
            try await faults.editProfile(memory: "128Mi")
            try await eventually("all namespaces are tried") {
                let tried = faults.proxy.requests.filter(\.isWrite).filter { $0.fault != nil }.map(\.path)
                return namespaces.allSatisfy { namespace in tried.contains { $0.contains("/\(namespace)/") } }
            }
            let mark = faults.proxy.requests.count
            try await faults.proxy.set([FaultRule(fault)])
            try await Task.sleep(for: .seconds(60))
            let requests = faults.proxy.requests.dropFirst(mark)
            try await faults.proxy.set([])
            let ended = ContinuousClock.now
            try await faults.converged(namespaces, memory: "128Mi")
            let reads = Dictionary(grouping: requests.filter { $0.isWatch || $0.isList }, by: \.selection)
            let most = reads.values.map(\.count).max() ?? 0
            let writes = requests.count - reads.values.map(\.count).reduce(0, +)
            print(
                "storm: \(fault) for a minute | \(requests.count) requests: at most \(most) for each of \(watched) watched resources, \(writes) by \(Self.workers) workers | converged in \((ContinuousClock.now - ended).milliseconds) ms"
            )
            #expect(most <= 40)
            #expect(writes <= 40 * Self.workers)
        }
    }

    // Eight for namespaces, two for profiles, and the one that writes Events.
    private static let workers = 11
}
