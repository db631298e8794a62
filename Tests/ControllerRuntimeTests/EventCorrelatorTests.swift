import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Events") struct EventCorrelatorTests {
    /// A correlator, the server that it writes to, and the time.
    private struct Stage {
        struct Written {
            var write: EventCorrelator.Write
            var at: Duration
        }

        static let start = ContinuousClock.now
        var correlator = EventCorrelator()
        var now = Stage.start
        var written: [Written] = []
        var drops: [EventCorrelator.Drop] = []
        var random = SeededGenerator()
        var answer: (EventCorrelator.Write) -> EventCorrelator.Outcome = { _ in .done }

        /// Something is said, and there is time to write.
        @discardableResult
        mutating func say(_ content: EventContent) -> EventCorrelator.Reception {
            let since = (now - Stage.start).components.seconds
            let reception = correlator.say(content, at: now, MicroTime(microsecondsSinceEpoch: since * 1_000_000))
            if reception == .dropped { drops.append(.full) }
            return reception
        }

        /// Writes what is to be written until `duration` has gone by.
        mutating func pass(_ duration: Duration) {
            let end = now + duration
            while true {
                switch correlator.next(at: now) {
                case .write(let write):
                    written.append(Written(write: write, at: now - Stage.start))
                    if let drop = correlator.finished(write, answer(write), at: now, using: &random) {
                        drops.append(drop)
                    }
                case .wait(let until) where until <= end: now = until
                case .wait, .rest:
                    now = end
                    return
                }
            }
        }
    }

    private static func content(_ name: String = "team-a", action: String = "Repair", note: String = "n")
        -> EventContent
    {
        EventContent(
            .normal,
            reason: "DriftRepaired",
            action: action,
            regarding: ObjectReference(Thing.self, name: name, uid: "u-\(name)"),
            note: note
        )
    }

    @Test("E2: what is said 200 times is one Event, whose count is written ever more rarely, and whole in the end")
    func storm() {
        var stage = Stage()
        for number in 0..<200 {
            stage.say(Self.content(note: "the \(number)th"))
            stage.pass(.milliseconds(300))
        }
        #expect(stage.written.prefix(2).map(\.write.count) == [1, 2])
        // After 0, 0.3, 10.3 and 30.3 s.
        #expect(stage.written.map { $0.at.components.seconds } == [0, 0, 10, 30])
        stage.pass(.seconds(600))
        #expect(stage.written.map(\.write.isCreated) == [false, true, true, true, true])
        #expect(stage.written.last?.write.count == 200)
        #expect(stage.written.last?.write.last.microsecondsSinceEpoch == 59_000_000)
        #expect(Set(stage.written.map(\.write.name)).count == 1)
        #expect(stage.written.allSatisfy { $0.write.content.note == "the 0th" })
        #expect(stage.correlator.count == 0)
    }

    @Test("E2: what is said again within six minutes belongs to the series, and later is an Event of its own")
    func series() {
        var stage = Stage()
        for pause in [359, 359, 361] {
            stage.say(Self.content())
            stage.pass(.seconds(pause))
        }
        #expect(stage.written.map(\.write.count) == [1, 2, 3])
        stage.say(Self.content())
        stage.pass(.seconds(1))
        #expect(stage.written.map(\.write.count) == [1, 2, 3, 1])
        #expect(Set(stage.written.map(\.write.name)).count == 2)
    }

    @Test("E2: another object or another action is another Event")
    func keys() {
        var stage = Stage()
        for content in [Self.content(), Self.content("team-b"), Self.content(action: "Release")] { stage.say(content) }
        stage.pass(.seconds(1))
        #expect(stage.written.count == 3 && stage.written.allSatisfy { $0.write.count == 1 })
        #expect(Set(stage.written.map(\.write.name)).count == 3)
    }

    @Test("E5: an Event that the server has lost is created anew, with all that was counted")
    func lost() {
        var stage = Stage()
        stage.say(Self.content())
        stage.pass(.seconds(1))
        stage.answer = { $0.isCreated ? .gone : .done }
        stage.say(Self.content())
        stage.pass(.seconds(1))
        #expect(stage.written.map(\.write.isCreated) == [false, true, false])
        #expect(stage.written.last?.write.count == 2)
        #expect(stage.drops.isEmpty)
    }

    @Test("E3: when there is no room, what was written is forgotten first, and nothing that is new then is kept")
    func full() {
        var stage = Stage()
        for number in 0..<EventCorrelator.capacity { stage.say(Self.content("n\(number)")) }
        #expect(stage.say(Self.content("one-more")) == .dropped)
        #expect(stage.say(Self.content("n7")) == .counted)
        #expect(stage.correlator.count == EventCorrelator.capacity)
        // The first is written, which makes room for one.
        stage.pass(.zero)
        #expect(stage.written.count == EventCorrelator.burst)
        #expect(stage.say(Self.content("one-more")) == .news)
        #expect(stage.correlator.count == EventCorrelator.capacity)
        #expect(stage.drops == [.full])
    }

    @Test("Many Events at once are written at a bounded rate")
    func rate() {
        var stage = Stage()
        for number in 0..<EventCorrelator.capacity { stage.say(Self.content("n\(number)")) }
        stage.pass(.seconds(20))
        let counts = [1, 10, 20].map { second in stage.written.count { $0.at < .seconds(second) } }
        #expect(counts == [59, 149, 249])
        stage.pass(.seconds(100))
        #expect(stage.written.count == EventCorrelator.capacity)
    }

    @Test("E3: a server that fails is asked ever more rarely, and after twelve attempts the Event is dropped")
    func failing() {
        var stage = Stage()
        stage.answer = { _ in .failed(retryAfter: nil) }
        stage.say(Self.content())
        stage.pass(.seconds(3600))
        #expect(stage.written.count == EventCorrelator.tries)
        #expect(stage.written.dropFirst().first.map { $0.at >= .milliseconds(800) } == true)
        let pauses = zip(stage.written, stage.written.dropFirst()).map { $1.at - $0.at }
        #expect(pauses.suffix(4).allSatisfy { $0 >= .seconds(30) })
        #expect(stage.drops == [.unreachable])
        #expect(stage.correlator.count == 0)
    }

    @Test("What the server asks to wait for is waited for")
    func retryAfter() {
        var stage = Stage()
        stage.answer = { _ in .failed(retryAfter: .seconds(90)) }
        stage.say(Self.content())
        stage.pass(.seconds(89))
        #expect(stage.written.count == 1)
    }

    @Test("E3: what is refused is dropped at once, and what is said next waits, longer each time")
    func refused() {
        var stage = Stage()
        stage.answer = { _ in .refused }
        for number in 0..<1000 {
            stage.say(Self.content("n\(number)"))
            stage.pass(.milliseconds(600))
        }
        // Ten minutes; by then once in 30 to 60 s.
        #expect(stage.written.count < 30)
        #expect(stage.drops.allSatisfy { $0 == .refused || $0 == .full })
        #expect(stage.correlator.count <= EventCorrelator.capacity)
    }

    @Test(
        "Names are the object's, as far as they fit, with something that is never twice the same",
        arguments: ["team-a", String(repeating: "a", count: 199) + "-" + String(repeating: "b", count: 50)]
    )
    func names(object: String) throws {
        var stage = Stage()
        for action in ["A", "B", "C"] { stage.say(Self.content(object, action: action)) }
        stage.pass(.seconds(1))
        let names = stage.written.map(\.write.name)
        #expect(Set(names).count == 3)
        for name in names {
            #expect(name.utf8.count <= 253 && name.hasPrefix(object.prefix(199)))
            #expect(name.wholeMatch(of: #/[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/#) != nil)
        }
    }

    @Test("E1: notes are cleaned, and no longer than the server takes, in bytes")
    func notes() {
        let note = Self.content(note: "a\u{1b}[31m\n" + String(repeating: "é", count: 2000)).note
        #expect(note.hasPrefix(#"a\u{1b}[31m\n"#) && note.hasSuffix("é..."))
        #expect(note.utf8.count <= EventContent.noteLimit && note.utf8.count > EventContent.noteLimit - 4)
        #expect(Self.content(note: String(repeating: "a", count: 1024)).note.count == 1024)
    }
}
