import Testing

@testable import ControllerRuntime

@Suite struct WorkTallyTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("A key waits from the first time it is added until it is taken, however often it is added between")
    func waiting() {
        var tally = WorkTally<String>()
        tally.queued("a", at: at(0))
        tally.queued("a", at: at(5))
        #expect(tally.taken("a", at: at(7)) == .seconds(7))
        // Added while it is worked on: it waits from then on.
        tally.queued("a", at: at(8))
        #expect(tally.finished("a", at: at(10)) == .seconds(3))
        #expect(tally.taken("a", at: at(12)) == .seconds(4))
    }

    @Test("Q6: What is under way is added up, and the longest is known")
    func underWay() {
        var tally = WorkTally<String>()
        #expect(tally.underWay(at: at(0)) == (.zero, .zero))
        for (key, begin) in [("a", 0), ("b", 3)] { _ = tally.taken(key, at: at(begin)) }
        #expect(tally.active == 2)
        #expect(tally.underWay(at: at(10)) == (.seconds(17), .seconds(10)))
        _ = tally.finished("a", at: at(10))
        #expect(tally.underWay(at: at(10)) == (.seconds(7), .seconds(7)))
        _ = tally.finished("b", at: at(10))
        #expect(tally.active == 0)
    }
}
