import KubernetesAPI
import Testing

@testable import Hardening

@Suite struct OwnershipContestsTests {
    /// An object, the operator that looks at it once a second, and somebody else.
    private struct Fight {
        var contests = OwnershipContests()
        var now = ContinuousClock.now
        var operation = Operation(namespace: "team-a", target: .limitRange("l"), verb: .apply(["spec": "a"]))
        var isDrifted = false
        var writes: [ContinuousClock.Instant] = []
        var recognised = 0

        var all: [OwnershipContests.Contest] { contests.contests(in: "team-a", at: now) }

        /// Time goes by; what is drifted is looked at, and repaired if it may be. The other undoes that after `undoing`.
        mutating func pass(_ seconds: Int, undoing: Int? = nil) {
            for _ in 0..<seconds {
                now += .seconds(1)
                if let undoing, let last = writes.last, now - last >= .seconds(undoing) { isDrifted = true }
                if isDrifted { look() }
            }
        }

        mutating func look() {
            let ruling = contests.rule(on: operation, of: .limitRange, repairsDrift: false, at: now)
            if ruling.isRecognised { recognised += 1 }
            if ruling.pauseEnd != nil { return }
            write()
        }

        mutating func write() {
            contests.carriedOut(operation, of: .limitRange, at: now)
            writes.append(now)
            isDrifted = false
        }
    }

    @Test("Q9: undone five times within a minute, an object is contested, and then written at most once a minute")
    func contested() {
        var fight = Fight()
        fight.write()
        fight.pass(4, undoing: 1)
        #expect(fight.writes.count == 5 && fight.all.isEmpty)
        fight.pass(1, undoing: 1)
        #expect(fight.writes.count == 5 && fight.all.count == 1)
        fight.pass(600, undoing: 1)
        #expect(fight.writes.count == 15)
        let pauses = zip(fight.writes, fight.writes.dropFirst()).map { $1 - $0 }
        #expect(pauses.dropFirst(4).allSatisfy { $0 >= .seconds(60) })
        #expect(fight.recognised == 1)
    }

    @Test("Undone four times a minute, for hours, it is repaired at once each time")
    func janitor() {
        var fight = Fight()
        fight.write()
        fight.pass(7200, undoing: 15)
        #expect(fight.writes.count == 481 && fight.recognised == 0)
    }

    @Test("It ends when a write has stayed for two minutes, and is recognised anew after that")
    func end() {
        var fight = Fight()
        fight.write()
        fight.pass(100, undoing: 1)
        #expect(fight.all.count == 1)
        let last = fight.writes.last
        #expect(fight.contests.nextEnd(in: "team-a", at: fight.now).map { $0 > fight.now } == true)
        fight.isDrifted = false
        while fight.contests.nextEnd(in: "team-a", at: fight.now) != nil { fight.pass(1) }
        #expect(fight.all.isEmpty && fight.writes.last == last)
        // One more is drift as ever.
        fight.isDrifted = true
        fight.pass(1)
        #expect(fight.all.isEmpty && !fight.isDrifted)
        fight.pass(60, undoing: 1)
        #expect(fight.recognised == 2)
    }

    @Test("While the other comes back before two minutes are over, it goes on")
    func goesOn() {
        var fight = Fight()
        fight.write()
        fight.pass(10, undoing: 1)
        for _ in 0..<10 {
            fight.pass(115)
            #expect(fight.all.count == 1)
            fight.isDrifted = true
        }
        #expect(fight.recognised == 1)
        fight.pass(121)
        #expect(fight.all.isEmpty)
    }

    @Test("Looked at again and again while it waits, one undoing counts once")
    func counted() {
        var fight = Fight()
        fight.write()
        for _ in 0..<100 {
            _ = fight.contests.rule(on: fight.operation, of: .limitRange, repairsDrift: true, at: fight.now)
        }
        #expect(fight.all.isEmpty)
    }

    @Test("The first repair counts, too, of what was written long ago or by a process before")
    func remembered() {
        var fight = Fight()
        for _ in 0..<4 {
            let ruling = fight.contests.rule(on: fight.operation, of: .limitRange, repairsDrift: true, at: fight.now)
            #expect(ruling == .init())
            fight.write()
        }
        let ruling = fight.contests.rule(on: fight.operation, of: .limitRange, repairsDrift: true, at: fight.now)
        #expect(ruling.isRecognised && ruling.showsRival && ruling.pauseEnd == fight.now + .seconds(60))
    }

    @Test("A repair that fails is no second undoing, however often it is tried")
    func failing() {
        var fight = Fight()
        for _ in 0..<100 {
            let ruling = fight.contests.rule(on: fight.operation, of: .limitRange, repairsDrift: true, at: fight.now)
            #expect(ruling == .init())
            fight.now += .milliseconds(100)
        }
        #expect(fight.all.isEmpty)
    }

    @Test("What is asked for anew is no fight, however often; another object is another matter")
    func others() {
        var fight = Fight()
        for number in 0..<100 {
            fight.operation.verb = .apply(["spec": .string("\(number)")])
            fight.look()
            fight.operation.target = .limitRange("l\(number)")
            fight.look()
            fight.operation.target = .limitRange("l")
        }
        #expect(fight.writes.count == 200 && fight.all.isEmpty)
    }

    @Test("A write that names a version or an object asks for the same in another")
    func versions() {
        for verbs: (Int) -> Operation.Verb in [
            { .merge(["metadata": ["resourceVersion": .string("\($0)"), "labels": ["a": .null]]]) },
            { .delete(uid: "\($0)") },
        ] {
            var fight = Fight()
            for number in 0..<10 {
                fight.operation.verb = verbs(number)
                fight.look()
            }
            #expect(fight.writes.count == 5 && fight.all.count == 1)
        }
    }

    @Test("Once it is contested, whatever is written to the object waits")
    func anyWrite() {
        var fight = Fight()
        fight.write()
        fight.pass(10, undoing: 1)
        fight.operation.verb = .apply(["spec": "else"])
        let ruling = fight.contests.rule(on: fight.operation, of: .limitRange, repairsDrift: false, at: fight.now)
        #expect(ruling.pauseEnd == fight.writes.last.map { $0 + .seconds(60) })
    }

    @Test(
        "The allowances never wait long, since without them a denial cuts off what works; nor does giving back",
        arguments: [Marks.allowPolicyName, Marks.derivedPolicyNames[15], nil]
    )
    func allowances(_ policy: String?) {
        var fight = Fight()
        if let policy {
            fight.operation.target = .networkPolicy(policy)
        } else {
            fight.operation.verb = .delete(uid: "a")
        }
        fight.write()
        fight.pass(65, undoing: 1)
        #expect(fight.all.count == 1)
        #expect(zip(fight.writes, fight.writes.dropFirst()).map { $1 - $0 }.suffix(5).allSatisfy { $0 == .seconds(10) })
    }

    @Test("Who undoes it is named once it is known, and not forgotten for nobody")
    func rival() {
        var fight = Fight()
        fight.contests.noticed(.manager("early"), in: fight.operation)
        fight.write()
        fight.pass(10, undoing: 1)
        #expect(fight.all.map(\.rival) == [.unknown])
        for rival in [OwnershipContests.Rival.manager("argocd"), .unknown] {
            fight.contests.noticed(rival, in: fight.operation)
            #expect(fight.all.map(\.rival) == [.manager("argocd")])
        }
        #expect(
            fight.all.map(\.description)
                == ["field manager \"argocd\" undoes again and again what the operator writes to LimitRange team-a/l"]
        )
        fight.contests.noticed(.deleter, in: fight.operation)
        let finding = fight.all.first?.finding
        #expect(finding?.reason == .contestedOwnership && finding?.isViolation == true)
        #expect(finding?.message.hasPrefix("someone deletes again and again") == true)
        #expect(finding?.message.contains("the API server's audit log says who") == true)
    }

    @Test("What was left alone is forgotten, so that it does not grow with all that was ever written")
    func bounded() {
        var contests = OwnershipContests()
        let start = ContinuousClock.now
        for number in 0..<10_000 {
            let operation = Operation(namespace: "n\(number)", target: .namespace, verb: .apply(["a": "b"]))
            contests.carriedOut(operation, of: .podSecurity, at: start + .seconds(number))
        }
        #expect(contests.count < 600)
        // All in one namespace, too.
        for number in 0..<10_000 {
            let operation = Operation(namespace: "n", target: .serviceAccount("a\(number)"), verb: .apply(["a": "b"]))
            contests.carriedOut(operation, of: .serviceAccountToken, at: start + .seconds(20_000 + number))
        }
        #expect(contests.count < 600)
    }

    @Test("What was written at start is forgotten once it is over, though nothing is written after it")
    func startForgotten() {
        var contests = OwnershipContests()
        let start = ContinuousClock.now
        contests.forgetWhatIsOver(at: start)
        for number in 0..<100 {
            let operation = Operation(namespace: "n\(number)", target: .namespace, verb: .apply(["a": "b"]))
            contests.carriedOut(operation, of: .podSecurity, at: start + .seconds(number))
        }
        contests.forgetWhatIsOver(at: start + .seconds(119))
        #expect(contests.count == 100)
        contests.forgetWhatIsOver(at: start + .seconds(150))
        #expect(contests.count == 69)
        contests.forgetWhatIsOver(at: start + .seconds(270))
        #expect(contests.count == 0)
    }

    @Test("An operation says which fields it asks for")
    func fields() {
        let verb = Operation.Verb.apply([
            "apiVersion": "v1", "kind": "K",
            "metadata": ["name": "n", "labels": ["l": "x"], "annotations": ["a": "y"]],
            "spec": [:],
        ])
        let operation = Operation(namespace: "team-a", target: .namespace, verb: verb)
        #expect(operation.fields == FieldSet(labels: ["l"], annotations: ["a"], topLevel: ["spec"]))
    }
}
