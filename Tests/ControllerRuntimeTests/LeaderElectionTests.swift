import KubernetesAPI
import KubernetesClient
import Logging
import ScriptedServer
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Leader election", .timeLimit(.minutes(15)))
struct LeaderElectionTests {
    /// A candidate called `me` that takes part by way of a scripted server.
    private struct Scene {
        let server: ScriptedServer
        let election: LeaderElection
        let log: LogRecorder
        let running: Task<Void, any Error>

        /// What was logged for people to read.
        var said: [String] { log.lines.filter { $0.level >= .info }.map(\.text) }

        func wantToLead() -> Task<Bool, Never> { Task { [election] in await election.acquired() } }

        /// Answers the next request, which must be to read the lease.
        func answerRead(_ holder: String?, _ version: String) async throws {
            let exchange = try await server.nextRequest()
            #expect(exchange.request.method == "GET" && exchange.request.query.isEmpty)
            #expect(exchange.request.path == "/apis/coordination.k8s.io/v1/namespaces/n/leases/l")
            try await exchange.respond(200, body: LeaderElectionTests.lease(holder, version))
        }

        /// Takes the next request, which must be to change the lease in `version`.
        func nextChange(of version: String) async throws -> ScriptedExchange {
            let exchange = try await server.nextRequest()
            #expect(exchange.request.method == "PATCH")
            #expect(exchange.request.body.contains(#""metadata":{"resourceVersion":"\#(version)"}"#))
            return exchange
        }

        /// Takes the next request, which must be a watch of the lease from `version` on, and opens its stream.
        func openWatch(from version: String) async throws -> ScriptedExchange {
            let exchange = try await server.nextRequest()
            #expect(exchange.request.query["watch"] == "1")
            #expect(exchange.request.query["resourceVersion"] == version)
            #expect(exchange.request.query["fieldSelector"] == "metadata.name%3Dl")
            try await exchange.begin()
            return exchange
        }

        /// Sees to it that it leads, by version 11 of the lease.
        func lead() async throws {
            let acquired = wantToLead()
            try await answerRead(nil, "10")
            try await nextChange(of: "10").respond(200, body: LeaderElectionTests.lease("me", "11"))
            #expect(await acquired.value)
            #expect(election.isLeading)
        }

        /// That nothing more is asked now: the next thing would come after an hour.
        func expectRest(after count: Int) async {
            for _ in 0..<100 { await Task.yield() }
            #expect(server.received.count == count)
        }
    }

    /// Nothing comes by itself within a test's time.
    private static var calm: LeaderElector.Timing {
        get throws {
            try .init(leaseDuration: .seconds(36000), renewDeadline: .seconds(18000), retryPeriod: .seconds(3600))
        }
    }

    /// Retries come at once, and nobody else's turn within a test's time.
    private static func eager(renewDeadline: Duration = .seconds(18000)) throws -> LeaderElector.Timing {
        try .init(leaseDuration: .seconds(36000), renewDeadline: renewDeadline, retryPeriod: .milliseconds(1))
    }

    private func run(timing: LeaderElector.Timing, _ body: (Scene) async throws -> Void) async throws {
        try await ScriptedServer.run { server in
            let log = LogRecorder()
            let client = try KubernetesClient(
                configuration: ClusterConfiguration(server: server.url, origin: "test"),
                userAgent: "tests/1",
                logger: log.logger
            )
            let election = LeaderElection(
                client: client,
                place: .init(name: "l", namespace: "n"),
                identity: "me",
                timing: timing,
                logger: log.logger
            ) {
                MicroTime(microsecondsSinceEpoch: 1_795_253_400_000_007)
            }
            let running = Task { try await election.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(
                    try await body(Scene(server: server, election: election, log: log, running: running))
                )
            } catch {
                result = .failure(error)
            }
            running.cancel()
            _ = await running.result
            await client.shutdown()
            try result.get()
        }
    }

    private static func lease(_ holder: String?, _ version: String) -> String {
        let holder = holder.map { #""holderIdentity":"\#($0)","# } ?? ""
        return
            #"{"metadata":{"name":"l","namespace":"n","resourceVersion":"\#(version)"},"spec":{\#(holder)"leaseDurationSeconds":36000,"leaseTransitions":3,"strategy":"OldestEmulationVersion","preferredHolder":"x"}}"#
    }

    private static func event(_ type: String, _ holder: String?, _ version: String) -> String {
        #"{"type":"\#(type)","object":\#(lease(holder, version))}"# + "\n"
    }

    private func spec(_ exchange: ScriptedExchange) -> Substring {
        exchange.request.body.firstRange(of: #""spec":"#).map { exchange.request.body[$0.upperBound...].dropLast() }
            ?? ""
    }

    // MARK: Acquiring

    @Test("E-L8: takes no part before somebody is ready to lead")
    func notYet() async throws {
        try await run(timing: Self.calm) { scene in
            await scene.expectRest(after: 0)
            #expect(scene.election.isAlive && !scene.election.isLeading)
            _ = scene.wantToLead()
            try await scene.answerRead("other", "10")
        }
    }

    @Test("creates the lease where there is none")
    func create() async throws {
        try await run(timing: Self.calm) { scene in
            let acquired = scene.wantToLead()
            try await scene.server.nextRequest().respond(404, body: #"{"kind":"Status","status":"Failure","code":404}"#)
            let create = try await scene.server.nextRequest()
            #expect(create.request.method == "POST")
            #expect(
                spec(create)
                    == #"{"acquireTime":"2026-11-21T09:30:00.000007Z","holderIdentity":"me","leaseDurationSeconds":36000,"leaseTransitions":0,"renewTime":"2026-11-21T09:30:00.000007Z"}"#
            )
            try await create.respond(201, body: Self.lease("me", "1"))
            #expect(await acquired.value)
            #expect(scene.said == ["notice: leading"])
        }
    }

    @Test("E-L7, E-L9: takes a lease that is given back as soon as it sees that, by a merge that leaves all else in it")
    func handedOver() async throws {
        try await run(timing: Self.calm) { scene in
            let acquired = scene.wantToLead()
            try await scene.answerRead("other", "10")
            let watch = try await scene.openWatch(from: "10")
            try await watch.send(chunk: Self.event("MODIFIED", nil, "12"))
            let change = try await scene.nextChange(of: "12")
            #expect(change.request.header("Content-Type") == "application/merge-patch+json")
            #expect(
                change.request.body
                    == #"{"metadata":{"resourceVersion":"12"},"spec":{"acquireTime":"2026-11-21T09:30:00.000007Z","holderIdentity":"me","leaseDurationSeconds":36000,"leaseTransitions":4,"renewTime":"2026-11-21T09:30:00.000007Z"}}"#
            )
            #expect(!scene.election.isLeading)
            #expect(throws: NotLeading.self) { try scene.election.requireLeadership() }
            try await change.respond(200, body: Self.lease("me", "13"))
            #expect(await acquired.value)
            try scene.election.requireLeadership()
            #expect(scene.election.obstacle == nil)
            #expect(scene.said == ["info: another replica leads", "notice: leading"])
        }
    }

    @Test("Q10: a follower says once who leads, however often the lease is renewed, and again when it is another")
    func saysWhoLeads() async throws {
        try await run(timing: Self.calm) { scene in
            _ = scene.wantToLead()
            try await scene.answerRead("a", "10")
            let watch = try await scene.openWatch(from: "10")
            for version in 11...14 { try await watch.send(chunk: Self.event("MODIFIED", "a", "\(version)")) }
            try await watch.send(chunk: Self.event("MODIFIED", "b", "15"))
            try await until { scene.election.leader == "b" && scene.said.count == 2 }
            #expect(scene.log.lines.filter { $0.level >= .info }.map { $0.metadata["leader"] } == ["a", "b"])
            #expect(scene.log.lines.last?.metadata["lease"] == "n/l")
        }
    }

    /// How a watch ends.
    enum WatchEnd: CaseIterable { case expired, errorEvent, closed, unreadable, forbidden }

    @Test("W3, W6: a watch that ends at once, however it does, is not begun anew at once", arguments: WatchEnd.allCases)
    func watchEnds(end: WatchEnd) async throws {
        try await run(timing: Self.calm) { scene in
            _ = scene.wantToLead()
            try await scene.answerRead("other", "10")
            let failure = #"{"kind":"Status","status":"Failure","code":410,"reason":"Expired"}"#
            switch end {
            case .expired: try await scene.server.nextRequest().respond(410, body: failure)
            case .forbidden: try await scene.server.nextRequest().respond(403)
            case .closed: try await scene.openWatch(from: "10").end()
            case .errorEvent:
                try await scene.openWatch(from: "10").send(chunk: #"{"type":"ERROR","object":\#(failure)}"# + "\n")
            case .unreadable: try await scene.openWatch(from: "10").send(chunk: "nonsense\n")
            }
            await scene.expectRest(after: 2)
            #expect(scene.said == ["info: another replica leads"])
        }
    }

    @Test("a watch that ended is followed by a look, and goes on from what that shows")
    func watchGoesOn() async throws {
        try await run(timing: try Self.eager()) { scene in
            _ = scene.wantToLead()
            for version in 10...14 {
                try await scene.answerRead("other", "\(version)")
                try await scene.openWatch(from: "\(version)").end()
            }
        }
    }

    // MARK: Failures

    @Test("Q10: nothing is logged for each retry: that it fails, once, and that it works again, once")
    func failures() async throws {
        try await run(timing: try Self.eager()) { scene in
            _ = scene.wantToLead()
            for count in 0..<20 { try await scene.server.nextRequest().respond(500, body: "\(count)") }
            try await until { scene.said.count == 1 }
            // A watch that is refused again and again while reading works is one thing, too.
            for _ in 0..<20 {
                try await scene.answerRead("other", "10")
                try await scene.server.nextRequest().respond(403)
            }
            try await scene.answerRead("other", "10")
            _ = try await scene.openWatch(from: "10")
            try await until { scene.said.count >= 5 }
            #expect(
                scene.said == [
                    "warning: the API server refuses, trying on", "info: the API server accepts again",
                    "info: another replica leads", "warning: the API server refuses, trying on",
                    "info: the API server accepts again",
                ]
            )
        }
    }

    @Test("E-L4: an attempt that hangs is given up in time for another, and the lead is kept")
    func hangs() async throws {
        try await run(timing: try Self.eager(renewDeadline: .seconds(20))) { scene in
            try await scene.lead()
            let hung = try await scene.nextChange(of: "11")
            try await hung.closed()
            // Whether it was written is not known.
            try await scene.answerRead("me", "12")
            try await scene.nextChange(of: "12").respond(200, body: Self.lease("me", "13"))
            _ = try await scene.nextChange(of: "13")
            #expect(scene.election.isLeading)
        }
    }

    @Test("E-L5: who cannot renew leads no more at the deadline, says so, ends with an error and writes nothing more")
    func lost() async throws {
        // Long enough that a busy machine answers what comes before.
        try await run(timing: try Self.eager(renewDeadline: .seconds(20))) { scene in
            try await scene.lead()
            await #expect(throws: LeadershipLost.notRenewed(for: .seconds(20))) { try await scene.running.value }
            #expect(!scene.election.isLeading)
            #expect(scene.election.obstacle?.contains("could not be renewed") == true)
            #expect(throws: NotLeading.self) { try scene.election.requireLeadership() }
            #expect(await scene.election.acquired() == false)
            #expect(!scene.server.received.contains { $0.body.contains("null") })
        }
    }

    @Test("E-L5: who finds the lease taken leads no more, and ends with an error")
    func taken() async throws {
        try await run(timing: try Self.eager()) { scene in
            try await scene.lead()
            try await scene.nextChange(of: "11").respond(409)
            try await scene.answerRead("other", "12")
            await #expect(throws: LeadershipLost.taken(by: "other")) { try await scene.running.value }
            #expect(scene.election.obstacle?.contains("other") == true)
        }
    }

    @Test("E-L10: it is alive while its loop runs, and not when that has not run for three lease durations")
    func alive() async throws {
        try await run(timing: Self.calm) { scene in
            let later = ContinuousClock.now + .seconds(3 * 36000)
            // Not begun: a cluster that cannot be reached is no reason to be restarted.
            #expect(scene.election.isAlive(at: later + .seconds(3600)))
            _ = scene.wantToLead()
            try await scene.answerRead("other", "10")
            _ = try await scene.openWatch(from: "10")
            #expect(scene.election.isAlive(at: later - .seconds(3600)))
            #expect(!scene.election.isAlive(at: later + .seconds(3600)))
        }
    }

    // MARK: The end

    @Test("E-L6: gives the lease back when it is told that nothing is written any more, and ends")
    func resign() async throws {
        try await run(timing: Self.calm) { scene in
            try await scene.lead()
            scene.election.resign()
            #expect(!scene.election.isLeading)
            let release = try await scene.nextChange(of: "11")
            #expect(
                spec(release)
                    == #"{"holderIdentity":null,"leaseDurationSeconds":1,"leaseTransitions":3,"renewTime":"2026-11-21T09:30:00.000007Z"}"#
            )
            try await release.respond(200, body: Self.lease(nil, "12"))
            try await scene.running.value
            #expect(scene.said == ["notice: leading", "notice: gave the lease back"])
        }
    }

    @Test("E-L6: a conflict does not keep it from giving the lease back, unless the lease is another's by now")
    func resignConflict() async throws {
        for holder in ["me", "other"] {
            try await run(timing: Self.calm) { scene in
                try await scene.lead()
                scene.election.resign()
                try await scene.nextChange(of: "11").respond(409)
                try await scene.answerRead(holder, "12")
                if holder == "me" {
                    try await scene.nextChange(of: "12").respond(200, body: Self.lease(nil, "13"))
                }
                try await scene.running.value
                #expect(scene.said.contains("notice: gave the lease back") == (holder == "me"))
            }
        }
    }

    @Test("E-L6: told to stop in the middle of a renewal, it waits for the answer and gives back what that left")
    func resignWhileRenewing() async throws {
        try await run(timing: try Self.eager()) { scene in
            try await scene.lead()
            let renewal = try await scene.nextChange(of: "11")
            scene.election.resign()
            try await renewal.respond(200, body: Self.lease("me", "12"))
            let release = try await scene.nextChange(of: "12")
            #expect(release.request.body.contains(#""holderIdentity":null"#))
            try await release.respond(200, body: Self.lease(nil, "13"))
            try await scene.running.value
        }
    }

    @Test(
        "D2: told to stop before anybody wanted to lead, it ends, and has asked for nothing",
        arguments: [true, false]
    )
    func endsBeforeItBegins(resigns: Bool) async throws {
        try await run(timing: Self.calm) { scene in
            if resigns { scene.election.resign() } else { scene.election.withdraw() }
            try await scene.running.value
            #expect(await scene.election.acquired() == false)
            #expect(scene.server.received.isEmpty && scene.election.obstacle == nil)
        }
    }

    @Test("a follower that is told to stop ends at once, and leaves the lease alone")
    func withdraw() async throws {
        try await run(timing: Self.calm) { scene in
            let acquired = scene.wantToLead()
            try await scene.answerRead("other", "10")
            let watch = try await scene.openWatch(from: "10")
            scene.election.withdraw()
            #expect(await acquired.value == false)
            try await watch.closed()
            try await scene.running.value
            #expect(scene.server.received.count == 2)
        }
    }

    @Test("E-L6: who is told to stop while it acquires the lease does not begin to lead, and gives it back")
    func withdrawWhileAcquiring() async throws {
        try await run(timing: Self.calm) { scene in
            let acquired = scene.wantToLead()
            try await scene.answerRead(nil, "10")
            let change = try await scene.nextChange(of: "10")
            scene.election.withdraw()
            #expect(await acquired.value == false)
            try await change.respond(200, body: Self.lease("me", "11"))
            try await scene.nextChange(of: "11").respond(200, body: Self.lease(nil, "12"))
            try await scene.running.value
            #expect(scene.said == ["notice: gave the lease back"])
        }
    }
}
