import NIOCore
import Testing

@testable import KubernetesClient

@Suite struct HeartbeatTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("T1: after silence the other end is asked, and given up when it does not answer, within 30 s in all")
    func silence() {
        var heartbeat = Heartbeat(at: start)
        #expect(heartbeat.look(at: start) == .look(at: start + .seconds(15)))
        #expect(heartbeat.look(at: start + .seconds(15)) == .ping(lookAgain: start + .seconds(25)))
        #expect(heartbeat.look(at: start + .seconds(25)) == .giveUp)
        #expect(Heartbeat.usualInterval + Heartbeat.usualPatience <= .seconds(30))
    }

    @Test("T1: whatever is heard is a sign of life, the answer to a ping or not")
    func signs() {
        var heartbeat = Heartbeat(at: start)
        heartbeat.heard(at: start + .seconds(14))
        #expect(heartbeat.look(at: start + .seconds(15)) == .look(at: start + .seconds(29)))
        #expect(heartbeat.look(at: start + .seconds(29)) == .ping(lookAgain: start + .seconds(39)))
        heartbeat.heard(at: start + .seconds(30))
        #expect(heartbeat.look(at: start + .seconds(39)) == .look(at: start + .seconds(45)))
    }

    @Test("T1: a look that comes late asks first, and one that comes early gives up nothing")
    func lateAndEarly() {
        var heartbeat = Heartbeat(at: start)
        #expect(heartbeat.look(at: start + .seconds(100)) == .ping(lookAgain: start + .seconds(110)))
        #expect(heartbeat.look(at: start + .seconds(101)) == .look(at: start + .seconds(110)))
    }
}
