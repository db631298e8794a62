import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    /// What happens by the clock, and by nothing else. To the second it is shown by unit tests with a clock of their own.
    @Suite struct Rollout {
        @Test(
            "A clean namespace is promoted once it was observed for long enough, and not before, also across a restart"
        )
        func promoted() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("clean")
                let profile = try await scene.profile { $0["controls"] = Self.controls(observing: 25) }
                let since = try await cluster.withOperator { process in
                    try await process.ready()
                    let since = try await eventually("it is observed") { try await scene.cleanSince(namespace) }
                    try await scene.status(of: profile, "pending") { $0.obstacles(of: .podSecurity) == 1 }
                    #expect(try await scene.enforcedLevel(namespace) == nil)
                    return since
                }
                let mark = cluster.auditedRequests().count
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.status(of: profile, "promoted") {
                        $0.obstacles(of: .podSecurity) == 0 && $0.condition(.ready)?.status == .true
                    }
                    #expect(try await scene.enforcedLevel(namespace) == "restricted")
                }
                let writes = cluster.auditedRequests().dropFirst(mark).filter {
                    $0.isWrite && $0.requestURI.contains("/namespaces/\(namespace)?")
                        && !$0.requestURI.contains("dryRun")
                }
                let first = try #require(writes.compactMap(\.receivedAt).min())
                print("promoted \(first.timeIntervalSince(since)) s after it was seen to be clean")
                // Were the time counted from the restart, that would be written down first, and so too early.
                #expect(first.timeIntervalSince(since) >= 25)
            }
        }

        @Test("A violation that comes in between starts the time anew")
        func violated() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("dirty")
                let profile = try await scene.profile { $0["controls"] = Self.controls(observing: 20) }
                try await cluster.withOperator { process in
                    try await process.ready()
                    let before = try await eventually("it is observed") { try await scene.cleanSince(namespace) }
                    try await cluster.kubectl(
                        "create",
                        "deployment",
                        "web",
                        "--image=example.com/web",
                        "--replicas=0",
                        "-n",
                        namespace
                    )
                    try await scene.status(of: profile, "the violation") {
                        $0.findings.contains { $0.reason == .podsRefused && $0.workload == "Deployment/web" }
                    }
                    #expect(try await scene.cleanSince(namespace) == nil)
                    try await cluster.kubectl("delete", "deployment", "web", "-n", namespace)
                    let after = try await eventually("it is observed anew") { try await scene.cleanSince(namespace) }
                    #expect(after >= before)
                    // By then, the server has logged the write that said so.
                    try await scene.status(of: profile, "pending again") { status in
                        status.obstacles(of: .podSecurity) == 1
                            && !status.findings.contains { $0.reason == .podsRefused }
                    }
                    let mark = cluster.auditedRequests().count
                    try await eventually("it is promoted") { try await scene.enforcedLevel(namespace) == "restricted" }
                    let writes = cluster.auditedRequests().dropFirst(mark).filter {
                        $0.isWrite && $0.requestURI.contains("/namespaces/\(namespace)?")
                            && !$0.requestURI.contains("dryRun")
                    }
                    #expect(try #require(writes.compactMap(\.receivedAt).min()).timeIntervalSince(after) >= 20)
                }
            }
        }

        @Test(
            "A time in Audit starts the time anew, also across a restart, since nobody wrote down what happened in it"
        )
        func audited() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("paused")
                let profile = try await scene.profile { $0["controls"] = Self.controls(observing: 3600) }
                let before = try await cluster.withOperator { process in
                    try await process.ready()
                    let since = try await eventually("it is observed") { try await scene.cleanSince(namespace) }
                    try await scene.status(of: profile, "writing") { $0.condition(.enforcing)?.status == .true }
                    try await cluster.edit(HardeningProfile.self, profile, ["spec": ["mode": "Audit"]])
                    try await scene.status(of: profile, "audited") { $0.condition(.enforcing)?.status == .false }
                    #expect(try await scene.cleanSince(namespace) == since)
                    return since
                }
                try await cluster.edit(HardeningProfile.self, profile, ["spec": ["mode": "Enforce"]])
                try await cluster.withOperator { process in
                    try await process.ready()
                    let after = try await eventually("it is observed anew") {
                        try await scene.cleanSince(namespace).flatMap { $0 > before ? $0 : nil }
                    }
                    let status = try await scene.status(of: profile, "writing") {
                        $0.condition(.enforcing)?.status == .true
                    }
                    let since = try #require(status.condition(.enforcing)?.lastTransitionTime.secondsSinceEpoch)
                    #expect(after.timeIntervalSince1970 >= Double(since))
                }
            }
        }

        @Test("An exemption ends by the clock, without an event, also across a restart", arguments: [false, true])
        func expired(_ restarts: Bool) async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("exempt")
                let end = Timestamp(secondsSinceEpoch: Int64(Date().timeIntervalSince1970) + 40)
                let profile = try await scene.profile {
                    $0["controls"] = [
                        "limitRange": ["limits": [["type": "Container", "default": ["memory": "256Mi"]]]]
                    ]
                    $0["exemptions"] = [
                        [
                            "name": "migration", "reason": "moves out tonight", "controls": ["limitRange"],
                            "namespaces": [.string(namespace)], "expiresAt": .string(end.description),
                        ]
                    ]
                }
                @Sendable func exempt() async throws {
                    let status = try await scene.status(of: profile, "exempt") {
                        $0.namespaces.exempt == 1 && $0.condition(.ready)?.status == .true
                    }
                    #expect(status.controls.map(\.exempt) == [1] && status.controls.map(\.nonCompliant) == [0])
                    #expect(status.exemptions?.expiring == 1)
                    #expect(try await cluster.object(LimitRange.self, "hardening-limits", in: namespace) == nil)
                }
                if restarts {
                    try await cluster.withOperator { process in
                        try await process.ready()
                        try await exempt()
                    }
                }
                let mark = cluster.auditedRequests().count
                try await cluster.withOperator { process in
                    try await process.ready()
                    if !restarts { try await exempt() }
                    let status = try await scene.compliant(profile, namespaces: 1)
                    #expect(status.namespaces.exempt == 0)
                    try await scene.status(of: profile, "expired") {
                        $0.exemptions?.expired == 1 && $0.exemptions?.active == 0
                    }
                    let written = try #require(
                        cluster.auditedRequests().dropFirst(mark)
                            .first { $0.isWrite && $0.requestURI.contains("/namespaces/\(namespace)/limitranges/") }
                    )
                    let time = try #require(written.receivedAt).timeIntervalSince1970
                    print("enforced \(time - Double(end.secondsSinceEpoch)) s after the exemption ended")
                    #expect(time >= Double(end.secondsSinceEpoch))
                }
            }
        }

        private static func controls(observing seconds: Int) -> JSONValue {
            ["podSecurity": ["enforce": "restricted", "rollout": ["observe": .string("\(seconds)s")]]]
        }
    }
}

extension Scene {
    /// Since when the operator has seen nothing in the way of Pod Security.
    fileprivate func cleanSince(_ namespace: String) async throws -> Date? {
        let annotations = try await cluster.object(Namespace.self, namespace)?.metadata.annotations
        return annotations?["hardening.dev/clean-since"].flatMap { CleanSince($0) }
            .map { Date(timeIntervalSince1970: TimeInterval($0.time.secondsSinceEpoch)) }
    }

    fileprivate func enforcedLevel(_ namespace: String) async throws -> String? {
        try await cluster.object(Namespace.self, namespace)?.metadata.labels["pod-security.kubernetes.io/enforce"]
    }
}
