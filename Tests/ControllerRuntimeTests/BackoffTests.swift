import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("A back-off")
struct BackoffTests {
    private static let start = ContinuousClock.now

    @Test("W7: doubles from 0.8 s up to 30 s, each delay lengthened by up to as much again", arguments: seeds)
    func bounds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var backoff = Backoff()
        var now = Self.start
        for base in [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30, 30] {
            let delay = backoff.delay(at: now, using: &generator)
            #expect((.seconds(base)..<(.seconds(base) * 2)).contains(delay))
            now += delay
        }
    }

    @Test("W7: is really random: a thousand clients that fail together come back spread out")
    func spread() {
        var generator = SeededGenerator(seed: 1)
        let delays = (0..<1000).map { _ in
            var backoff = Backoff()
            return backoff.delay(at: Self.start, using: &generator)
        }
        // A quarter of them in each quarter of the span, give or take.
        for quarter in 0..<4 {
            let lower = Duration.milliseconds(800 + quarter * 200)
            let count = delays.count { lower <= $0 && $0 < lower + .milliseconds(200) }
            #expect((150...350).contains(count))
        }
    }

    @Test("W8: never gives up and never overflows", arguments: [Duration.seconds(30), .seconds(1_000_000_000)])
    func never(cap: Duration) {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff(cap: cap)
        var now = Self.start
        for _ in 0..<1000 {
            let delay = backoff.delay(at: now, using: &generator)
            #expect(delay > .zero && delay <= cap * 2)
            now += delay
        }
    }

    @Test("W7: begins anew after two healthy minutes, which the delay itself does not count towards")
    func reset() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff()
        func next(_ health: Duration, at now: inout ContinuousClock.Instant) -> Duration {
            now += health
            let delay = backoff.delay(at: now, using: &generator)
            now += delay
            return delay
        }
        var now = Self.start
        _ = next(.zero, at: &now)
        #expect(next(.seconds(119), at: &now) >= .seconds(1.6))
        #expect(next(.seconds(119), at: &now) >= .seconds(3.2))
        #expect(next(.seconds(120), at: &now) < .seconds(1.6))
        // The server's own wish makes the delay long, not healthy.
        var other = Backoff()
        let wished = other.delay(at: now, retryAfter: .seconds(600), using: &generator)
        #expect(other.delay(at: now + wished, using: &generator) >= .seconds(1.6))
    }

    @Test("R1, R6: waits at least as long as the server says, and some more at random", arguments: seeds)
    func retryAfter(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var backoff = Backoff()
        let first = backoff.delay(at: Self.start, retryAfter: .seconds(5), using: &generator)
        #expect(first > .seconds(5) && first <= .seconds(5.8))
        let second = backoff.delay(at: Self.start, retryAfter: .milliseconds(1), using: &generator)
        #expect(second >= .seconds(1.6))
    }
}
