import KubernetesClient
import Synchronization
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Failures of watches")
struct WatchFailuresTests {
    /// A watch that is lost when the test says so.
    private final class Watch: Reflecting {
        let name: String
        let state = Mutex(false)

        init(_ name: String) { self.name = name }

        var isLost: Bool {
            get { state.withLock(\.self) }
            set { state.withLock { $0 = newValue } }
        }
        var lastHeard: ContinuousClock.Instant? { nil }
        var isSynced: Bool { true }
        func isLost(at now: ContinuousClock.Instant) -> Bool { isLost }
        func run() async {}
        func fill() async throws {}
        func clear() {}
    }

    private let log = LogRecorder()
    private let outages: OutageLog
    private let failures: WatchFailures
    private let watches = ["pods", "services"].map(Watch.init)

    init() {
        outages = OutageLog(logger: log.logger)
        failures = WatchFailures(outages: outages, logger: log.logger)
    }

    private func look() -> Bool { failures.look(at: watches, now: .now) }

    @Test("says once which watches are lost, and once that they are back")
    func lost() {
        #expect(!look() && failures.current.isEmpty)
        watches.forEach { $0.isLost = true }
        #expect(look())
        #expect(!look())
        #expect(failures.current == ["pods": .unanswered, "services": .unanswered])
        watches[0].isLost = false
        #expect(look() && failures.current == ["services": .unanswered])
        watches[1].isLost = false
        #expect(look() && failures.current.isEmpty)
        #expect(
            log.lines.map(\.text) == [
                "warning: not watched any more, trying on: what is known may be out of date",
                "info: watched again", "info: watched again",
            ]
        )
        #expect(log.lines.map { $0.metadata["resources"] } == ["pods, services", "pods", "services"])
    }

    @Test("Q10: is silent about what the log of outages has said, and gives a refusal as the reason")
    func covered() {
        for _ in 0..<2 { outages.failed("pods", APIError(request: "", code: 403)) }
        outages.failed("services", TransportError(.connect, "nobody listens"))
        #expect(failures.current == ["pods": .refused(403)])
        let said = log.lines.count
        watches.forEach { $0.isLost = true }
        #expect(look())
        #expect(failures.current == ["pods": .refused(403), "services": .unanswered])
        watches.forEach { $0.isLost = false }
        #expect(look())
        #expect(log.lines.count == said)
    }

    @Test("Q10: says of a watch that is not back after an outage only if that lasts")
    func aftermath() {
        let start = ContinuousClock.now
        func look(_ seconds: Int) { _ = failures.look(at: watches, now: start + .seconds(seconds)) }
        watches.forEach { $0.isLost = true }
        outages.failed("services", TransportError(.connect, "nobody listens"))
        look(0)
        outages.worked("services")
        let said = log.lines.count
        look(29)
        #expect(log.lines.count == said)
        watches[0].isLost = false
        look(30)
        #expect(log.lines.dropFirst(said).map { $0.metadata["resources"] } == ["services"])
    }
}
