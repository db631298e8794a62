import Testing

@testable import ControllerRuntime

@Suite struct WorkQueueTests {
    @Test("Q1: a key added twice before it is taken is taken once")
    func foldsDuplicates() {
        var queue = WorkQueue<String>()
        queue.add("a")
        queue.add("a")
        #expect(queue.take() == "a")
        #expect(queue.take() == nil)
    }
}
