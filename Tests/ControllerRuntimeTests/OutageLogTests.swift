import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("The log of outages")
struct OutageLogTests {
    private let log = LogRecorder()
    private let outages: OutageLog

    private let gone = TransportError(.connect, "nobody listens")

    init() { outages = OutageLog(logger: log.logger) }

    @Test("says once that the API server is gone and once that it is back, whoever notices and however often")
    func once() {
        for _ in 0..<3 {
            for part in ["pods", "services", "writes"] { outages.failed(part, gone) }
        }
        #expect(log.lines.map(\.text) == ["warning: the API server cannot be reached, trying on"])
        #expect(outages.broken == ["pods", "services", "writes"])
        for part in ["services", "pods", "services"] { outages.worked(part) }
        #expect(log.lines.map(\.text).count == 1)
        #expect(outages.broken == ["writes"])
        outages.worked("writes")
        #expect(log.lines.map(\.text).dropFirst() == ["notice: the API server can be reached again"])
        #expect(outages.broken.isEmpty)
    }

    @Test("says so again at the next outage")
    func nextOutage() {
        for _ in 0..<2 {
            outages.failed("pods", gone)
            outages.worked("pods")
        }
        #expect(log.lines.map(\.text).count == 4)
    }

    @Test("is silent as long as all is well")
    func silent() {
        for _ in 0..<3 { outages.worked("pods") }
        #expect(log.lines.map(\.text).isEmpty)
    }

    @Test("Q10: says of each part once what it is refused again, and once more when that changes")
    func refused() {
        // A server that has just started refuses once what it grants a moment later.
        outages.failed("services", APIError(request: "", code: 403))
        #expect(log.lines.map(\.text).isEmpty)
        for code in [403, 403, 403, 500, 500, 500] { outages.failed("pods", APIError(request: "", code: code)) }
        #expect(log.lines.map(\.text) == Array(repeating: "warning: the API server refuses, trying on", count: 2))
        #expect(outages.broken == ["pods", "services"])
        #expect(outages.refusals == ["pods": 500])
        outages.worked("pods")
        outages.worked("pods")
        outages.worked("services")
        #expect(log.lines.map(\.text).dropFirst(2) == ["info: the API server accepts again"])
        #expect(outages.broken.isEmpty)
        #expect(outages.refusals.isEmpty)
    }

    @Test("forgets what is not tried any more, without a word", arguments: [1, 2, 5])
    func ended(_ count: Int) {
        for _ in 0..<count { outages.failed("httproutes", APIError(request: "", code: 404)) }
        let said = log.lines.count
        outages.ended("httproutes")
        #expect(outages.refusals.isEmpty && outages.broken.isEmpty)
        #expect(log.lines.count == said)
    }

    @Test("does not wait for what is not tried any more to say that the API server is back")
    func endedUnreachable() {
        for part in ["pods", "httproutes"] { outages.failed(part, gone) }
        outages.ended("httproutes")
        outages.worked("pods")
        #expect(log.lines.map(\.text).last == "notice: the API server can be reached again")
    }

    @Test("takes an expired version for everyday life, and a cancelled task for no outage at all")
    func everyday() {
        outages.failed("pods", APIError(request: "", code: 410))
        outages.failed("pods", CancellationError())
        #expect(outages.broken.isEmpty)
        outages.worked("pods")
        #expect(log.lines.map(\.text).isEmpty)
    }
}
