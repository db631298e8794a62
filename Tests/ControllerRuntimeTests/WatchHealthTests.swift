import Testing

@testable import ControllerRuntime

@Suite("The health of a watch")
struct WatchHealthTests {
    private static let start = ContinuousClock.now
    private func at(_ seconds: Double) -> ContinuousClock.Instant { Self.start + .seconds(seconds) }

    private func listed() -> WatchHealth {
        var health = WatchHealth()
        health.began(at: at(0))
        health.heard(at: at(1))
        return health
    }

    private func expect(
        _ health: inout WatchHealth,
        lost: Bool,
        at seconds: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isLost = health.isLost(at: at(seconds))
        #expect(isLost == lost, sourceLocation: sourceLocation)
    }

    @Test("Nobody misses what is not asked for")
    func idle() {
        var health = WatchHealth()
        expect(&health, lost: false, at: 1000)
        #expect(health.lastHeard == nil)
        health = listed()
        health.ended()
        expect(&health, lost: false, at: 1000)
        #expect(health.lastHeard == nil)
    }

    @Test("What was never listed is lost after half a minute, and so is what no stream follows")
    func silent() {
        var health = WatchHealth()
        health.began(at: at(0))
        expect(&health, lost: false, at: 29)
        expect(&health, lost: true, at: 30)
        health = listed()
        expect(&health, lost: false, at: 30)
        expect(&health, lost: true, at: 31)
    }

    @Test("A list that takes long is not lost while its pages come; but none of them makes true what was lost")
    func pages() {
        var health = WatchHealth()
        health.began(at: at(0))
        for second in stride(from: 20.0, through: 100, by: 20) {
            health.heardPart(at: at(second))
            expect(&health, lost: false, at: second + 19)
            #expect(health.lastHeard == at(second))
        }
        health.listFailed()
        expect(&health, lost: true, at: 101)
        health.heardPart(at: at(102))
        expect(&health, lost: true, at: 103)
        health.heard(at: at(104))
        expect(&health, lost: false, at: 105)
    }

    @Test("A list of which the same page fails each time is lost, however often the others come")
    func failingPage() {
        var health = listed()
        for second in 1...40 {
            health.heardPart(at: at(Double(second)))
            health.listFailed()
        }
        expect(&health, lost: true, at: 41)
    }

    @Test("W2: a stream that stands is not lost, however long it says nothing: a server may send no bookmarks")
    func quiet() {
        var health = listed()
        health.opened(at: at(2))
        expect(&health, lost: false, at: 600)
        #expect(health.lastHeard == at(1))
        // What is lost counts from its end.
        health.closed(at: at(600))
        expect(&health, lost: false, at: 629)
        expect(&health, lost: true, at: 630)
    }

    @Test("A stream that is cut as soon as it is open, each time, vouches for nothing")
    func cut() {
        var health = listed()
        for second in stride(from: 2.0, to: 40, by: 4) {
            health.opened(at: at(second))
            health.closed(at: at(second + 1))
        }
        expect(&health, lost: true, at: 40)
        // Not back by being open alone, nor lost again by each cut.
        health.opened(at: at(41))
        expect(&health, lost: true, at: 45)
        expect(&health, lost: false, at: 46)
    }

    @Test("A stream that has just come has time to show that it stands")
    func young() {
        var health = listed()
        health.opened(at: at(29))
        expect(&health, lost: false, at: 33)
        health.closed(at: at(33))
        expect(&health, lost: true, at: 33)
    }

    @Test("Streams that are short, but say something, are as good as one", arguments: [true, false])
    func eventful(_ isOpen: Bool) {
        var health = listed()
        for second in stride(from: 2.0, to: 80, by: 20) {
            if isOpen { health.opened(at: at(second)) }
            health.heard(at: at(second))
            health.closed(at: at(second))
            expect(&health, lost: false, at: second + 19)
        }
        expect(&health, lost: true, at: 200)
        health.heard(at: at(201))
        expect(&health, lost: false, at: 201)
        #expect(health.lastHeard == at(201))
    }
}
