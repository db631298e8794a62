import Foundation
import Hardening
import KubernetesAPI
import TestSupport
import Testing

extension ControlPlaneTests {
    /// Two replicas at a time, each with the token of a pod of its own, by which the API server's audit log tells them apart.
    @Suite struct Leadership {
        @Test("E-L6, E-L8, E-L10: one writes, the other is ready; told to stop, the first hands over; prints how fast")
        func handOver() async throws {
            try await Replicas.play { scene, replicas in
                let (port, metricsPort) = (try freePort(), try freePort())
                let arguments = ["--health-port", "\(port)", "--metrics-port", "\(metricsPort)"]
                @Sendable func leads(_ status: String) async -> Bool {
                    (await get("metrics", metricsPort) ?? "").split(separator: "\n").contains {
                        $0.hasPrefix("leader_election_master_status{") && $0.hasSuffix(" \(status)")
                    }
                }
                try await replicas.run("a", timing: .patient) { leader in
                    try await leader.leads()
                    try await replicas.run("b", timing: .patient, arguments) { follower in
                        try await follower.follows()
                        try await eventually("the follower is ready") {
                            await get("readyz", port) == "200 ok\n"
                        }
                        #expect(await get("livez", port) == "200 ok\n")
                        #expect(await leads("0"))

                        // The follower learns of the profile later, and must not take that for when it began.
                        try follower.suspend()
                        let profile = try await scene.profile()
                        for number in 0..<3 { try await scene.settledNamespace("n\(number)") }
                        let status = try await scene.compliant(profile, namespaces: 3)
                        let began = try #require(status.condition(.enforcing)?.lastTransitionTime)
                        try await eventually("the clock shows another second") {
                            Int64(Date.now.timeIntervalSince1970) > began.secondsSinceEpoch
                        }
                        try follower.resume()
                        try await scene.settledNamespace("n3")
                        try await scene.compliant(profile, namespaces: 4)
                        #expect(!replicas.requests(of: "b").contains { $0.isChange })
                        #expect(try !follower.lines.contains { $0.message == "leading" })

                        try leader.terminate()
                        // Its next attempt would come after 40 s: before that, only a watch can tell.
                        try await follower.leads(within: .seconds(30))
                        #expect(await leads("1"))
                        // It is at work, and finds nothing to do in what the first left.
                        try await scene.settledNamespace("n4")
                        try await scene.compliant(profile, namespaces: 5)
                        let again = replicas.requests(of: "b").filter { request in
                            request.isWrite
                                && (0..<4).contains { request.requestURI.contains("/namespaces/\(scene.name)-n\($0)") }
                        }
                        #expect(again.isEmpty)
                    }
                }
                let (release, acquisition) = try replicas.takeover()
                print("clean hand-over: \(release.milliseconds(before: acquisition)) ms from release to acquisition")
                // Released when nothing is written any more, but for an Event that was under way and that nobody waits for.
                #expect(replicas.requests(of: "a").last { $0.isWrite }?.stageTimestamp == release.stageTimestamp)
                replicas.expectOnlyLeadersWrote()
            }
        }

        @Test("E-L2: killed, the leader is followed when its lease has run out, not before; prints how fast")
        func crash() async throws {
            try await Replicas.play { scene, replicas in
                let profile = try await scene.profile()
                try await scene.settledNamespace("crash")
                try await replicas.run("a", timing: .quick, isKilled: true) { leader in
                    try await leader.leads()
                    try await replicas.run("b", timing: .quick) { follower in
                        try await follower.follows()
                        try await scene.compliant(profile, namespaces: 1)
                        try leader.kill()
                        let killed = ContinuousClock.now
                        try await follower.leads()
                        print("after a crash, the other led within \((ContinuousClock.now - killed).milliseconds) ms")
                        try await scene.settledNamespace("after")
                        try await scene.compliant(profile, namespaces: 2)
                    }
                }
                let (renewal, acquisition) = try replicas.takeover()
                let waited = renewal.milliseconds(before: acquisition)
                print("after a crash: \(waited) ms from the last renewal to the acquisition, of a lease of 10,000 ms")
                #expect(waited >= 10_000)
                replicas.expectOnlyLeadersWrote()
            }
        }

        @Test(
            "E-L11: a leader that may not list namespaces ends when its patience does, and another, who may, hardens"
        )
        func blind() async throws {
            try await Replicas.play { scene, replicas in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                try await scene.settledNamespace("seen")
                let rights = try Right.granted().filter { $0.resource != "namespaces" || $0.verb != "list" }
                try await cluster.withOperator(
                    arguments: Replicas.Timing.quick.arguments,
                    kubeconfig: cluster.grant(rights),
                    fails: true
                ) { blind in
                    try await blind.leads()
                    try await replicas.run("b", timing: .quick) { follower in
                        try await follower.follows()
                        try await eventually("the first ends, and says why") {
                            try blind.text.contains("cannot list namespaces: ending, so that another replica may lead")
                        }
                        let ended = ContinuousClock.now
                        #expect(try blind.lines.contains { $0.message == "gave the lease back" })
                        try await follower.leads()
                        print("blind: the other led within \((ContinuousClock.now - ended).milliseconds) ms of the end")
                        try await scene.compliant(profile, namespaces: 1)
                    }
                }
                try await cluster.kubectl("delete", "clusterrole,clusterrolebinding", "part-for-tests")
            }
        }

        @Test(
            "E-L3, E-L5: stopped beyond its lease and continued, in the middle of writing, it ends and has written nothing",
            arguments: 0..<5
        )
        func stopped(_ round: Int) async throws {
            var random = SeededGenerator()
            let moment = Duration.milliseconds(Int.random(in: 0...2000, using: &random))
            print("round \(round): stopped \(moment.milliseconds) ms after changes began (TEST_SEED=\(random.seed))")
            try await Replicas.play { scene, replicas in
                let profile = try await scene.profile {
                    $0["controls"]?["serviceAccountToken"] = ["scope": "All"]
                }
                let namespaces = [try await scene.settledNamespace("x"), try await scene.settledNamespace("y")]
                try await replicas.run("a", timing: .quick, fails: true) { leader in
                    try await leader.leads()
                    try await replicas.run("b", timing: .quick) { follower in
                        try await follower.follows()
                        try await scene.compliant(profile, namespaces: 2)
                        try await scene.whileChanging(namespaces) {
                            try await Task.sleep(for: moment)
                            try leader.suspend()
                            try await follower.leads()
                            try await eventually("the follower writes") {
                                replicas.requests(of: "b").contains { $0.isWrite && !$0.isOfLease }
                            }
                            try leader.resume()
                            try await eventually("the first ends") { try leader.text.contains("leadership lost") }
                        }
                        try await scene.compliant(profile, namespaces: 2)
                    }
                }
                replicas.expectOnlyLeadersWrote()
                let writes = ["a", "b"].map { replicas.requests(of: $0).filter { $0.isWrite && !$0.isOfLease } }
                let counts = writes.map { $0.count(where: \.isCarriedOut) }
                print(
                    "round \(round): \(counts[0]) writes by the first and \(counts[1]) by the other, each as the holder; "
                        + "\(writes[0].count - counts[0]) of the first broken off"
                )
            }
        }
    }
}

extension Scene {
    /// Gives the operator something new to write in these namespaces, again and again, for as long as `body` takes. (What
    /// is undone again and again would be contested, and written once a minute.)
    fileprivate func whileChanging(_ namespaces: [String], _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for namespace in namespaces {
                group.addTask {
                    var number = 0
                    while !Task.isCancelled {
                        number += 1
                        try await cluster.create(ServiceAccount.self, "a\(number)", in: namespace)
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
            }
            try await body()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }
}

extension OperatorProcess {
    fileprivate func leads(within limit: Duration = .seconds(90)) async throws {
        try await eventually("it leads", within: limit) { try lines.contains { $0.message == "leading" } }
    }

    /// Waits until it could work, and knows that another does.
    fileprivate func follows() async throws {
        try await ready()
        try await eventually("it follows") { try lines.contains { $0.message == "another replica leads" } }
    }
}

// MARK: - Replicas

/// Several operators that elect a leader, each in the name of a pod of its own.
private struct Replicas: Sendable {
    enum Timing {
        /// A lease that nobody takes by waiting, and retries so rare that they explain nothing.
        case patient
        /// A lease of 10 s: long enough for a machine that stands still for some seconds.
        case quick

        var arguments: [String] {
            let (lease, renew, retry) =
                switch self {
                case .patient: ("60s", "55s", "40s")
                case .quick: ("10s", "8s", "500ms")
                }
            return [
                "--leader-elect", "--leader-elect-lease-duration", lease, "--leader-elect-renew-deadline", renew,
                "--leader-elect-retry-period", retry,
            ]
        }
    }

    let scene: Scene
    private let mark: Int

    /// Runs `body` with pods for two, and with no lease.
    static func play(_ body: @escaping @Sendable (Scene, Replicas) async throws -> Void) async throws {
        try await Scene.play { scene in
            let cluster = scene.cluster
            try await cluster.delete(Lease.self, "hardening-operator", in: "hardening-system")
            let replicas = Replicas(scene: scene, mark: cluster.auditedRequests().count)
            for name in ["a", "b"] {
                let pod = replicas.pod(name)
                try await cluster.create(
                    Pod.self,
                    pod,
                    in: "hardening-system",
                    [
                        "spec": [
                            "serviceAccountName": "hardening-operator",
                            "containers": [Scene.restrictedContainer],
                        ]
                    ]
                )
                try await cluster.writeKubeconfig(
                    replicas.kubeconfig(name),
                    serviceAccount: "hardening-operator",
                    pod: pod
                )
            }
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(scene, replicas))
            } catch {
                result = .failure(error)
            }
            for name in ["a", "b"] { try? await cluster.delete(Pod.self, replicas.pod(name), in: "hardening-system") }
            try result.get()
        }
    }

    func pod(_ name: String) -> String { "\(scene.name)-\(name)" }
    private func kubeconfig(_ name: String) -> String { "\(scene.cluster.directory)/\(pod(name)).conf" }

    /// Runs the replica `name`.
    func run(
        _ name: String,
        timing: Timing,
        _ arguments: [String] = [],
        isKilled: Bool = false,
        fails: Bool = false,
        body: @escaping @Sendable (OperatorProcess) async throws -> Void
    ) async throws {
        try await scene.cluster.withOperator(
            arguments: timing.arguments + arguments,
            kubeconfig: kubeconfig(name),
            isKilled: isKilled,
            fails: fails,
            body: body
        )
    }

    /// Their requests so far.
    private var requests: [ControlPlane.AuditedRequest] {
        scene.cluster.auditedRequests().dropFirst(mark).filter { $0.pod?.hasPrefix("\(scene.name)-") == true }
    }

    func requests(of name: String) -> [ControlPlane.AuditedRequest] { requests.filter { $0.pod == pod(name) } }

    /// The last change of the lease by the first, and the first by the other.
    func takeover() throws -> (last: ControlPlane.AuditedRequest, first: ControlPlane.AuditedRequest) {
        let changes = leaseChanges
        let first = try #require(changes.firstIndex { $0.pod == pod("b") })
        #expect(first > 0 && changes[..<first].allSatisfy { $0.pod == pod("a") })
        return (changes[max(first - 1, 0)], changes[first])
    }

    /// The changes of the lease that succeeded.
    private var leaseChanges: [ControlPlane.AuditedRequest] {
        requests.filter { $0.isOfLease && $0.isCarriedOut }
    }

    /// Compares every write that was carried out with who had acquired the lease by then, and with who had asked for it since.
    func expectOnlyLeadersWrote() {
        let changes = leaseChanges
        let writes = requests.filter { !$0.isOfLease && $0.isCarriedOut }
        #expect(!writes.isEmpty && !changes.isEmpty)
        for write in writes {
            // RFC 3339 in UTC, always with six digits: in order of time.
            let answered = changes.last { $0.stageTimestamp < write.requestReceivedTimestamp }
            let asked = changes.last { $0.requestReceivedTimestamp < write.requestReceivedTimestamp }
            #expect(
                answered?.pod == write.pod && asked?.pod == write.pod,
                "\(write.pod ?? "") wrote \(write) at \(write.requestReceivedTimestamp), when \(asked?.pod ?? "nobody") held the lease"
            )
        }
        let denied = requests.filter(\.isDenied)
        #expect(denied.isEmpty, "manifests/rbac.yaml grants all that the operator asks for: \(denied)")
    }
}

extension ControlPlane.AuditedRequest {
    fileprivate var isOfLease: Bool { requestURI.contains("/leases") }

    /// Not so one of which only the head came, since its body was held back: the server answers that with 500.
    fileprivate var isCarriedOut: Bool { isChange && (200..<300).contains(responseStatus?.code ?? 0) }

    fileprivate func milliseconds(before other: Self) -> Int {
        guard let mine = receivedAt, let others = other.receivedAt else { return -1 }
        return Int((others.timeIntervalSince(mine) * 1000).rounded())
    }
}
