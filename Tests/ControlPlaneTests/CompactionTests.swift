import FaultProxy
import Foundation
import KubernetesAPI
import Subprocess
import TestSupport
import Testing

extension ControlPlaneTests.Faults {
    @Test("What changed while it was cut off, and etcd has compacted since, is made good by lists; prints the figures")
    func compaction() async throws {
        try await FaultScene.play(seed: SeededGenerator().seed) { faults in
            let cluster = faults.cluster
            try await faults.proxy.set([FaultRule(.connectionsRefused)])
            let other = try await faults.namespace("other")
            try await faults.drift(in: faults.first)
            try await faults.editProfile(memory: "128Mi")
            let last = try #require(try await cluster.object(Namespace.self, other)).metadata.resourceVersion
            // A server that has just started has no memory of what etcd has forgotten.
            try await cluster.controlPlane("stop", "kube-apiserver")
            try await cluster.compact(to: last)
            try await cluster.controlPlane("start", "kube-apiserver")
            let mark = faults.proxy.requests.count
            try await faults.proxy.set([])
            let ended = ContinuousClock.now
            try await faults.converged([faults.first, other], memory: "128Mi")
            let requests = faults.proxy.requests.dropFirst(mark)
            #expect(requests.contains { $0.isList }, "watches could not go on from where they were")
            print(
                "fault: etcd compaction | \(requests.count) requests, at most \(requests.mostToOnePath.count) to one path | converged in \((ContinuousClock.now - ended).milliseconds) ms"
            )
            #expect(requests.mostToOnePath.count <= 25)
        }
    }
}

extension ControlPlane {
    /// Has etcd forget all revisions before this version (etcd API, `KV.Compact`, over its JSON gateway).
    fileprivate func compact(to version: ResourceVersion) async throws {
        let ports = try String(contentsOfFile: "\(directory)/ports", encoding: .utf8)
        let port = try #require(
            ports.split(separator: "\n").first { $0.hasPrefix("etcd ") }?.split(separator: " ").last
        )
        let result = try await Subprocess.run(
            .name("curl"),
            arguments: [
                "--silent", "--show-error", "--fail", "--cacert", "\(directory)/pki/etcd-ca.crt",
                "--cert", "\(directory)/pki/etcd.crt", "--key", "\(directory)/pki/etcd.key",
                "--data", #"{"revision":"\#(version.rawValue)"}"#, "https://127.0.0.1:\(port)/v3/kv/compaction",
            ],
            output: .string(limit: 1 << 16),
            error: .string(limit: 1 << 16)
        )
        guard result.terminationStatus.isSuccess else { throw Unmet(description: "curl: \(result.standardError)") }
    }
}
