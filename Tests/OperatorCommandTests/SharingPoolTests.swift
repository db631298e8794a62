import Hardening
import Testing

@testable import HardeningController

@Suite("One copy of what is equal")
struct SharingPoolTests {
    @Test("What is equal is one, and what is not, is not")
    func equal() {
        let pool = SharingPool<Shared<String>>()
        let first = pool.shared(Shared("a"))
        #expect(pool.shared(Shared("a")) === first)
        #expect(pool.shared(Shared("b")) !== first)
        #expect(pool.count == 2)
    }

    @Test("Copies that nobody has any more are let go, and the pool does not grow with them")
    func release() {
        let pool = SharingPool<Shared<Int>>(leastSweep: 16)
        weak var gone: Shared<Int>?
        do {
            let copy = pool.shared(Shared(-1))
            gone = copy
        }
        #expect(gone == nil)
        let kept = (0..<100).map { pool.shared(Shared($0)) }
        for number in 100..<10_000 { _ = pool.shared(Shared(number)) }
        // Those that are held, and at most as many again.
        #expect(pool.count <= 2 * kept.count + 16)
        #expect(kept.enumerated().allSatisfy { pool.shared(Shared($0.offset)) === $0.element })
    }

    @Test("Texts are equal to what they were, whoever had them before")
    func texts() {
        let texts = RecentTexts()
        for number in 0..<3 * RecentTexts.capacity {
            let text = "example.com/label-\(number)"
            #expect(texts.shared(text) == text)
        }
        let labels = ["app.kubernetes.io/name": "web", String(repeating: "k", count: 1000): ""]
        #expect(texts.shared(labels) == labels)
    }
}
