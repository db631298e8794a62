import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("A hold-up")
struct HoldupTests {
    private static let start = ContinuousClock.now

    @Test("R5: begins only after more failures in a row than may be the keys' own")
    func tolerates() {
        var generator = SeededGenerator(seed: 1)
        var holdup = Holdup()
        for _ in 0..<3 {
            for _ in 0..<Holdup.tolerated { holdup.failed(at: Self.start, using: &generator) }
            #expect(holdup.end == nil)
            holdup.succeeded()
        }
        for _ in 0...Holdup.tolerated { holdup.failed(at: Self.start, using: &generator) }
        #expect(holdup.end != nil)
    }

    @Test("R5: lets through few keys in a minute in which all fail, and none more than 20 s late", arguments: seeds)
    func bounded(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var holdup = Holdup()
        var now = Self.start
        var tried = 0
        while now < Self.start + .seconds(60) {
            // Eight workers, all of which have a key.
            for _ in 0..<8 {
                tried += 1
                holdup.failed(at: now, using: &generator)
            }
            guard let end = holdup.end else { continue }
            #expect(end - now <= .seconds(20))
            now = end
            holdup.look(at: now)
        }
        #expect(tried <= 8 * 12)
        #expect(holdup.end == nil)
    }

    @Test("R5: ends with the first success, and the next is short again")
    func ends() throws {
        var generator = SeededGenerator(seed: 1)
        var holdup = Holdup()
        for _ in 0..<100 {
            holdup.failed(at: Self.start, using: &generator)
            holdup.look(at: Self.start + .seconds(60))
        }
        holdup.failed(at: Self.start, using: &generator)
        #expect(holdup.end != nil)
        holdup.succeeded()
        #expect(holdup.end == nil)
        for _ in 0...Holdup.tolerated { holdup.failed(at: Self.start, using: &generator) }
        #expect(try #require(holdup.end) - Self.start <= .seconds(1))
    }
}
