import FaultProxy
import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

extension ControlPlaneTests {
    /// What stops being known is not shown as if it were. The tests print how soon that is said; it is to be within a
    /// minute.
    @Suite struct Staleness {
        @Test(
            "A watch that fails without an HTTP answer, while writes work, is said by Ready, /readyz, a metric and one line; prints when",
            arguments: [
                (Fault.silence, "networkpolicies", Condition.Value.false), (.cutMidFrame, "networkpolicies", .false),
                (.silence, "pods", .unknown),
            ]
        )
        func unanswered(_ fault: Fault, _ plural: String, _ expected: Condition.Value) async throws {
            let (health, metrics) = (try freePort(), try freePort())
            try await FaultScene.play(
                seed: SeededGenerator().seed,
                arguments: ["--health-port", "\(health)", "--metrics-port", "\(metrics)"]
            ) { faults in
                let mark = try faults.process.lines.count
                #expect(await get("readyz", health) == "200 ok\n")
                try await faults.proxy.set([FaultRule(fault) { $0.isWatch && $0.path.hasSuffix("/\(plural)") }])
                let began = ContinuousClock.now
                // Something to be cut.
                try await faults.drift(in: faults.first)
                let status = try await faults.scene.status(of: faults.profile, "\(plural) are not watched") {
                    $0.condition(.ready)?.reason == "WatchFailing"
                }
                print("stale: \(plural), \(fault) | said after \((ContinuousClock.now - began).milliseconds) ms")
                let ready = try #require(status.condition(.ready))
                #expect(ready.status == expected)
                #expect(ready.message.contains(plural) && ready.message.contains("(no answer)"), "\(ready.message)")
                if expected == .false { #expect(status.condition(.compliant)?.status == .unknown) }

                let readiness = try #require(await get("readyz", health))
                #expect(
                    readiness.hasPrefix(expected == .false ? "503" : "200") && readiness.contains("failing: \(plural)")
                )
                let age = try await scrape(metrics).filter { $0.labels["resource"]?.hasPrefix(plural) == true }
                #expect((age.first { $0.name == "hardening_watch_last_event_age_seconds" }?.value ?? 0) >= 25)

                // Others are watched and written meanwhile.
                let other = try await faults.namespace("other")
                try await eventually("another namespace is hardened") {
                    try await faults.cluster.object(LimitRange.self, "hardening-limits", in: other) != nil
                }
                try await faults.proxy.set([])
                try await faults.converged([faults.first, other], memory: "256Mi")
                try await eventually("it is ready") { await get("readyz", health) == "200 ok\n" }
                let said = try faults.process.lines.dropFirst(mark).filter { $0.level == "warning" }
                #expect(said.map(\.message) == ["not watched any more, trying on: what is known may be out of date"])
                #expect(said.first?.resources?.hasPrefix(plural) == true)
            }
        }

        @Test("A status that may not be written is said by /readyz, a metric and one line; once it may be, it follows")
        func unwritten() async throws {
            let (health, metrics) = (try freePort(), try freePort())
            try await Scene.play { scene in
                let cluster = scene.cluster
                let kubeconfig = try await cluster.grantAll(but: "hardeningprofiles/status")
                try await cluster.grantAll()
                let profile = try await scene.profile()
                try await scene.settledNamespace("one")
                try await cluster.withOperator(
                    ["--health-port", "\(health)", "--metrics-port", "\(metrics)"],
                    kubeconfig: kubeconfig
                ) { process in
                    func age() async throws -> Double? {
                        try await scrape(metrics).value("hardening_status_unwritten_seconds", ["profile": profile])
                    }
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    #expect(try await age() == 0)
                    #expect(await get("readyz", health) == "200 ok\n")
                    try await cluster.grantAll(but: "hardeningprofiles/status")
                    let mark = try process.lines.count
                    let began = ContinuousClock.now
                    try await eventually("the rights are gone, and there is something to say") {
                        try await scene.namespace("n\(UUID().uuidString.prefix(4).lowercased())")
                        try await Task.sleep(for: .seconds(2))
                        return try await (age() ?? 0) > 0
                    }
                    try await eventually("it is not ready, and says why") {
                        let readiness = await get("readyz", health) ?? ""
                        return readiness.hasPrefix("503 ") && readiness.contains(": \(profile)\n")
                            && readiness.contains("status not written for ")
                    }
                    print("stale: a status | said after \((ContinuousClock.now - began).milliseconds) ms")
                    let said = try process.lines.dropFirst(mark).filter { $0.level == "warning" }
                    #expect(said.map(\.message) == ["the API server refuses, trying on"])
                    #expect(said.first?.part == "profile \(profile)")
                    try await cluster.grantAll()
                    let count = try await cluster.client.listAll(
                        Namespace.self,
                        of: .init(labels: "test=\(scene.name)")
                    ).count
                    // The tries are far apart by now; a change brings the next one.
                    try await eventually("the status says all there is", within: .seconds(300)) {
                        try await cluster.object(HardeningProfile.self, profile)?.value.status?.namespaces.selected
                            == count
                    }
                    try await eventually("it is ready") { await get("readyz", health) == "200 ok\n" }
                    #expect(try await age() == 0)
                }
                try await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "part-for-tests")
            }
        }

        @Test(
            "Who starts without the right to watch something essential says that nothing is known of what an earlier run has published",
            arguments: [[], ["--leader-elect"]]
        )
        func blindFromTheStart(_ arguments: [String]) async throws {
            let health = try freePort()
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                try await scene.settledNamespace("one")
                let before = try await cluster.withOperator { process in
                    try await process.ready()
                    return try await scene.compliant(profile, namespaces: 1)
                }
                let kubeconfig = try await cluster.grantAll(but: "networkpolicies")
                try await cluster.withOperator(
                    arguments + ["--health-port", "\(health)"],
                    kubeconfig: kubeconfig
                ) { process in
                    let began = ContinuousClock.now
                    let status = try await scene.status(of: profile, "policies are not watched") {
                        $0.condition(.ready)?.reason == "WatchFailing"
                    }
                    print("stale: blind from the start | said after \((ContinuousClock.now - began).milliseconds) ms")
                    #expect(status.condition(.ready)?.status == .false)
                    #expect(
                        status.condition(.ready)?.message.contains("networkpolicies.networking.k8s.io (403)") == true
                    )
                    #expect(status.condition(.compliant)?.status == .unknown)
                    #expect(status.namespaces == before.namespaces, "what was known last stays")
                    let readiness = await get("readyz", health) ?? ""
                    #expect(readiness.hasPrefix("503 ") && readiness.contains("not synced: networkpolicies"))
                    try await cluster.grantAll()
                    try await scene.compliant(profile, namespaces: 1)
                    try await eventually("it is ready") { await get("readyz", health) == "200 ok\n" }
                }
                try await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "part-for-tests")
            }
        }
    }
}
