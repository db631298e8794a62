import TestSupport
import Testing

@testable import ControllerRuntime

@Suite struct DueQueueTests {
    private static let start = ContinuousClock.now

    private static func time(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test("Keys come in the order of their times, and those of one time in the order in which it was set")
    func order() {
        var queue = DueQueue<String>()
        for (key, time) in [("c", 2), ("a", 1), ("b", 1), ("d", 0)] { queue.set(key, at: Self.time(time)) }
        var keys: [String] = []
        while let first = queue.first {
            keys.append(first.key)
            queue.remove(first.key)
        }
        #expect(keys == ["d", "a", "b", "c"])
    }

    @Test("Whatever is set and taken out, the first is the key with the least time, and no more is kept than there is")
    func law() {
        var random = SeededGenerator()
        var queue = DueQueue<Int>()
        var model: [Int: Int] = [:]
        for _ in 0..<3000 {
            let key = Int.random(in: 0..<40, using: &random)
            if Int.random(in: 0..<3, using: &random) == 0 {
                queue.remove(key)
                model[key] = nil
            } else {
                let time = Int.random(in: 0..<100, using: &random)
                queue.set(key, at: Self.time(time))
                model[key] = time
            }
            #expect(queue.first?.due == model.values.min().map(Self.time), "seed \(random.seed)")
            #expect(queue.first.map { model[$0.key].map(Self.time) == $0.due } ?? model.isEmpty, "seed \(random.seed)")
            #expect(queue.due(of: key) == model[key].map(Self.time), "seed \(random.seed)")
            #expect(queue.size <= 2 * model.count + 16, "seed \(random.seed)")
        }
    }
}
