import ControllerRuntime
import CoreMetrics
import Foundation
import Hardening
import HardeningController
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

extension ControlPlaneTests {
    @Suite struct Contests {
        // Shorter than the usual, which nobody wants to wait for.
        private static let rules = {
            var rules = OwnershipContests.Rules()
            rules.pause = .seconds(6)
            rules.allowancePause = .seconds(3)
            rules.calm = .seconds(15)
            return rules
        }()

        @Test(
            "Q9: against controllers that undo each repair, writes to an object back off, a finding names the other, one Event says so, and it ends when the other gives in; prints how many"
        )
        func fight() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("fight")
                try await cluster.withController { options in
                    options.contests = Self.rules
                } body: { log in
                    try await scene.compliant(profile, namespaces: 1)
                    let mark = cluster.auditedRequests().count
                    let rivalry = ContinuousClock.now
                    try await withRivals(of: scene, in: namespace) {
                        let status = try await scene.status(of: profile, "three objects are contested") { status in
                            status.contested.count == 3
                                && status.contested[.podSecurity]?.contains("kubectl-edit") == true
                        }
                        #expect(status.contested[.limitRange]?.contains(#"field manager "rival" undoes"#) == true)
                        #expect(status.contested[.networkPolicy]?.contains("someone deletes") == true)
                        #expect(status.contested[.networkPolicy]?.contains("audit log says who") == true)
                        #expect(status.condition(.compliant)?.status == .false)
                        #expect(status.namespaces.nonCompliant == 1)

                        let before = cluster.writes(since: mark, in: namespace)
                        let (clock, began) = (ContinuousClock(), ContinuousClock.now)
                        try await Task.sleep(for: Self.rules.pause * 4)
                        let after = cluster.writes(since: mark, in: namespace)
                        let most = Int((clock.now - began) / Self.rules.pause) + 1
                        // The slowest of the three may take more than a pause to be found out.
                        let mostBefore = 5 + Int((began - rivalry) / Self.rules.pause) + 1
                        for (object, count) in after {
                            let more = count - before[object, default: 0]
                            print(
                                "contested \(object): \(count) writes, \(more) of them in the last \(clock.now - began)"
                            )
                            #expect(more <= most, "\(object)")
                            #expect(before[object, default: 0] <= mostBefore)
                        }
                        #expect(after.count == 3)
                    }
                    try await scene.compliant(profile, namespaces: 1)
                    let status = try await scene.status(of: profile, "the fight is over") { $0.contested.isEmpty }
                    #expect(status.condition(.ready)?.status == .true)
                    let warnings = log.lines.filter { $0.text.hasPrefix("warning: contested") }
                    #expect(warnings.count == 3, "\(warnings.map(\.text))")
                    let events = try await scene.events(of: namespace).filter { $0.reason == "ContestedOwnership" }
                    #expect(events.count == 3 && events.allSatisfy { $0.count == 1 && $0.kind == "Warning" })
                    #expect(events.contains { $0.note.contains(#"field manager "rival" undoes"#) })
                }
            }
        }

        /// Three who want it otherwise: one edits, one relabels, one deletes.
        private func withRivals(
            of scene: Scene,
            in namespace: String,
            _ body: @escaping @Sendable () async throws -> Void
        ) async throws {
            let cluster = scene.cluster
            try await withThrowingTaskGroup(of: Void.self) { group in
                func rival(_ act: @escaping @Sendable () async throws -> Void) {
                    group.addTask {
                        while !Task.isCancelled {
                            try await act()
                            try await Task.sleep(for: .milliseconds(50))
                        }
                    }
                }
                rival {
                    try await cluster.kubectl(
                        "patch",
                        "limitrange",
                        Marks.limitRangeName,
                        "-n",
                        namespace,
                        "--field-manager=rival",
                        "--type=merge",
                        "-p",
                        #"{"spec":{"limits":[{"type":"Container","default":{"memory":"1Gi"}}]}}"#
                    )
                }
                rival {
                    let labels: JSONValue = ["pod-security.kubernetes.io/warn": "baseline"]
                    try await cluster.edit(Namespace.self, namespace, ["metadata": ["labels": labels]])
                }
                rival { try await cluster.delete(NetworkPolicy.self, Marks.denyPolicyName, in: namespace) }
                try await body()
                group.cancelAll()
                // What was under way when they gave in may have been broken off.
                while await group.nextResult() != nil {}
            }
        }
    }
}

extension ProfileStatus {
    /// What is said of the contested object of each control.
    fileprivate var contested: [ControlName: String] {
        let findings = findings.filter { $0.reason == .contestedOwnership }
        return Dictionary(findings.map { ($0.control, $0.message) }, uniquingKeysWith: { $0 + $1 })
    }
}

extension ControlPlane {
    /// How often the operator wrote to which of the objects that are fought over.
    fileprivate func writes(since mark: Int, in namespace: String) -> [String: Int] {
        let objects = [
            "/limitranges/hardening-limits", "/networkpolicies/hardening-default-deny", "/namespaces/\(namespace)?",
        ]
        let writes = auditedRequests().dropFirst(mark).filter { $0.isWrite && $0.requestURI.contains(namespace) }
        return Dictionary(
            writes.compactMap { write in objects.first { write.requestURI.contains($0) }.map { ($0, 1) } },
            uniquingKeysWith: +
        )
    }

    /// Runs the operator in this process for as long as `body` takes: so a test can set what is no option of the program.
    fileprivate func withController(
        _ change: (inout Controller.Options) -> Void,
        body: @escaping @Sendable (LogRecorder) async throws -> Void
    ) async throws {
        let log = LogRecorder()
        let client = try Self.client(kubeconfig: operatorKubeconfig)
        let result: Result<Void, any Error>
        do {
            result = .success(try await run(client, log, change, body))
        } catch {
            print(log.lines.map(\.text).joined(separator: "\n"))
            result = .failure(error)
        }
        await client.shutdown()
        try result.get()
    }

    private func run(
        _ client: KubernetesClient,
        _ log: LogRecorder,
        _ change: (inout Controller.Options) -> Void,
        _ body: @escaping @Sendable (LogRecorder) async throws -> Void
    ) async throws {
        let server = try await Startup.waitForCluster(client, timeout: .seconds(30), logger: log.logger)
        var options = Controller.Options(serverMinor: server.minorNumber)
        options.events = EventRecorder(
            client: client,
            source: .init(
                controller: "hardening.dev/operator",
                instance: "tests",
                fieldManager: Marks.fieldManager,
                serverMinor: server.minorNumber
            ),
            logger: log.logger,
            metrics: NOOPMetricsHandler.instance
        ) {
            MicroTime(microsecondsSinceEpoch: Int64(Date.now.timeIntervalSince1970 * 1e6))
        }
        change(&options)
        let controller = Controller(client: client, options: options, logger: log.logger) {
            Timestamp(secondsSinceEpoch: Int64(Date.now.timeIntervalSince1970))
        }
        let running = Task { try await controller.run() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(log)) } catch { result = .failure(error) }
        controller.stop()
        try await running.value
        try result.get()
    }
}
