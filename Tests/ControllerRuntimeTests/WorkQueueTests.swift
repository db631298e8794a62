import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("A work queue")
struct WorkQueueTests {
    private static let start = ContinuousClock.now

    private func takeAll(_ queue: inout WorkQueue<String>) -> [String] {
        var taken: [String] = []
        while let key = queue.take() { taken.append(key) }
        return taken
    }

    @Test("Q1: a key that is added twice before it is taken is taken once")
    func foldsDuplicates() {
        var queue = WorkQueue<String>()
        queue.add("a")
        queue.add("a")
        queue.add("a", priority: .low)
        #expect(queue.count == 1)
        #expect(takeAll(&queue) == ["a"])
    }

    @Test("Q1: a key that is added while it is worked on is taken once more, and not before that work has ended")
    func again() {
        var queue = WorkQueue<String>()
        queue.add("a")
        #expect(queue.take() == "a")
        queue.add("a")
        queue.add("a")
        #expect(queue.take() == nil)
        queue.done("a")
        #expect(takeAll(&queue) == ["a"])
        queue.done("a")
        #expect(queue.take() == nil)
    }

    @Test("keys of one priority go in the order in which they came")
    func order() {
        var queue = WorkQueue<String>()
        for key in ["c", "a", "b", "a"] { queue.add(key) }
        #expect(takeAll(&queue) == ["c", "a", "b"])
    }

    @Test("Q3: what has changed goes before what was found at start")
    func priorities() {
        var queue = WorkQueue<String>()
        for key in ["a", "b", "c"] { queue.add(key, priority: .low) }
        queue.add("x")
        // Raised, and counted once.
        queue.add("b")
        #expect(queue.count == 4)
        #expect(takeAll(&queue) == ["x", "b", "a", "c"])
    }

    @Test("Q3: adding a key again never makes it less urgent")
    func neverLowered() {
        var queue = WorkQueue<String>()
        queue.add("a")
        queue.add("b", priority: .low)
        queue.add("a", priority: .low)
        #expect(takeAll(&queue) == ["a", "b"])
    }

    @Test("Q3: a key that is added while it is worked on keeps the highest of the priorities asked for")
    func priorityAgain() {
        var queue = WorkQueue<String>()
        queue.add("a")
        _ = queue.take()
        queue.add("b", priority: .low)
        queue.add("a", priority: .low)
        queue.add("a")
        queue.add("a", priority: .low)
        queue.done("a")
        #expect(takeAll(&queue) == ["a", "b"])
    }

    @Test("Q4: a key that is put off is taken when it is due, once, and the earliest time asked for wins")
    func delayed() {
        var queue = WorkQueue<String>()
        queue.add("a", at: Self.start + .seconds(5))
        queue.add("a", at: Self.start + .seconds(3))
        queue.add("a", at: Self.start + .seconds(4))
        queue.add("b", at: Self.start + .seconds(4))
        #expect(queue.nextDue == Self.start + .seconds(3))
        queue.promote(at: Self.start + .seconds(2.9))
        #expect(queue.take() == nil)
        queue.promote(at: Self.start + .seconds(3))
        #expect(takeAll(&queue) == ["a"])
        queue.done("a")
        queue.promote(at: Self.start + .seconds(100))
        #expect(takeAll(&queue) == ["b"])
        #expect(queue.nextDue == nil)
    }

    @Test("Q4: a key that comes due while it is worked on is taken once more afterwards")
    func dueWhileWorkedOn() {
        var queue = WorkQueue<String>()
        queue.add("a", at: Self.start)
        queue.add("a")
        #expect(queue.take() == "a")
        queue.promote(at: Self.start)
        #expect(queue.take() == nil)
        queue.done("a")
        #expect(queue.take() == "a")
    }

    @Test("Q2: each failure of a key in a row doubles its delay up to the cap, plus up to a quarter", arguments: seeds)
    func retries(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var queue = WorkQueue<String>(firstRetry: .milliseconds(50), retryCap: .seconds(1))
        var now = Self.start
        for base in [0.05, 0.1, 0.2, 0.4, 0.8] + Array(repeating: 1, count: 100) {
            queue.retry("a", at: now, using: &generator)
            let due = try #require(queue.nextDue)
            #expect(now + .seconds(base) <= due)
            #expect(due <= now + .seconds(base * 1.25) + .nanoseconds(1))
            now = due
            queue.promote(at: now)
            #expect(queue.take() == "a")
            queue.done("a")
        }
        queue.forget("a")
        queue.retry("a", at: now, using: &generator)
        #expect(try #require(queue.nextDue) < now + .milliseconds(63))
    }

    @Test("Q2: one key's failures do not put off another's")
    func independentRetries() throws {
        var generator = SeededGenerator(seed: 1)
        var queue = WorkQueue<String>()
        for _ in 0..<10 { queue.retry("a", at: Self.start, using: &generator) }
        queue.retry("b", at: Self.start + .seconds(1), using: &generator)
        queue.promote(at: Self.start + .seconds(1.1))
        #expect(Set(takeAll(&queue)) == ["a", "b"])
    }

    @Test("R1: a retry comes no sooner than the server asked for")
    func atLeast() throws {
        var generator = SeededGenerator(seed: 1)
        var queue = WorkQueue<String>()
        queue.retry("a", at: Self.start, atLeast: .seconds(60), using: &generator)
        #expect(try #require(queue.nextDue) >= Self.start + .seconds(60))
    }

    /// What is owed to each key, kept in the simplest way.
    private struct Ledger {
        var owed: Set<Int> = []
        var dues: [Int: ContinuousClock.Instant] = [:]
        var working: Set<Int> = []

        mutating func pass(to now: ContinuousClock.Instant) {
            for (key, due) in dues where due <= now {
                dues[key] = nil
                owed.insert(key)
            }
        }
    }

    @Test(
        "never gives a key to two at once, loses none, and makes none up, in whatever order things happen",
        arguments: seeds
    )
    func anySchedule(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var queue = WorkQueue<Int>()
        var ledger = Ledger()
        var now = Self.start
        let keys = 0..<5
        func take() -> Bool {
            guard let key = queue.take() else { return false }
            #expect(!ledger.working.contains(key), "given out twice")
            #expect(ledger.owed.remove(key) != nil, "made up")
            ledger.working.insert(key)
            return true
        }
        for _ in 0..<2000 {
            let key = Int.random(in: keys, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1:
                queue.add(key, priority: Bool.random(using: &generator) ? .low : .normal)
                ledger.owed.insert(key)
            case 2:
                let due = now + .milliseconds(Int.random(in: 0...2000, using: &generator))
                queue.add(key, at: due)
                ledger.dues[key] = min(ledger.dues[key] ?? due, due)
            case 3, 4:
                _ = take()
            case 5, 6:
                guard let done = ledger.working.sorted().first else { continue }
                ledger.working.remove(done)
                queue.done(done)
            default:
                now += .milliseconds(Int.random(in: 0...1000, using: &generator))
                queue.promote(at: now)
                ledger.pass(to: now)
            }
            #expect(queue.count <= keys.count)
            #expect(queue.size <= 5 * keys.count + 32)
        }
        // All that is owed comes, once there is nothing else to do.
        now += .seconds(10)
        queue.promote(at: now)
        ledger.pass(to: now)
        while !ledger.owed.isEmpty {
            for key in ledger.working { queue.done(key) }
            ledger.working = []
            guard take() else { break }
        }
        #expect(ledger.owed.isEmpty, "lost")
    }

    @Test("S6: its size is bounded by its keys, also where entries that are passed over could pile up")
    func bounded() {
        var generator = SeededGenerator(seed: 1)
        var queue = WorkQueue<String>()
        var now = Self.start
        // Found at start, changed before its turn comes, over and over, while something more urgent never lets up.
        for _ in 0..<1000 {
            queue.add("a", priority: .low)
            queue.add("a")
            #expect(queue.take() == "a")
            queue.done("a")
            queue.add("b", priority: .low)
        }
        // Put off for long by a failure, and brought forward by a change.
        for _ in 0..<1000 {
            queue.retry("c", at: now, first: .seconds(300), using: &generator)
            queue.add("c", at: now + .milliseconds(1))
            now += .milliseconds(1)
            queue.promote(at: now)
            #expect(queue.take() == "c")
            queue.done("c")
        }
        #expect(queue.size < 60)
        #expect(queue.take() == "b")
        #expect(queue.take() == nil)
    }

    @Test("R1: a key that the server wants to be left alone is not brought back earlier by changes", arguments: seeds)
    func leftAlone(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var queue = WorkQueue<String>()
        queue.add("a", at: Self.start + .seconds(1))
        queue.add("a")
        #expect(queue.take() == "a")
        // One change while it is worked on, others afterwards.
        queue.add("a")
        queue.retry("a", at: Self.start, atLeast: .seconds(5), using: &generator)
        queue.done("a")
        queue.add("a")
        queue.add("a", at: Self.start + .seconds(2))
        queue.promote(at: Self.start + .milliseconds(4999))
        #expect(queue.take() == nil)
        let due = try #require(queue.nextDue)
        queue.promote(at: due)
        #expect(takeAll(&queue) == ["a"])
        queue.done("a")
        queue.add("a")
        #expect(takeAll(&queue) == ["a"])
    }

    @Test("a key that failed without such a wish is brought back by a change at once")
    func notLeftAlone() {
        var generator = SeededGenerator(seed: 1)
        var queue = WorkQueue<String>()
        queue.add("a")
        #expect(queue.take() == "a")
        queue.retry("a", at: Self.start, using: &generator)
        queue.done("a")
        queue.add("a")
        #expect(takeAll(&queue) == ["a"])
    }

    @Test("Q12: nothing is kept of a key that was taken and done, or that was put off and taken")
    func keepsNothing() {
        final class Key: Hashable, Sendable {
            static func == (left: Key, right: Key) -> Bool { left === right }
            func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
        }
        var queue = WorkQueue<Key>()
        weak var kept: Key?
        for isDelayed in [false, true] {
            var key: Key? = Key()
            kept = key
            if let key {
                if isDelayed {
                    queue.add(key, at: Self.start)
                    _ = queue.promote(at: Self.start)
                } else {
                    queue.add(key)
                }
                let taken = queue.take()
                #expect(taken === key)
                queue.done(key)
                queue.forget(key)
            }
            key = nil
            #expect(kept == nil)
        }
        #expect(queue.count == 0)
    }
}
