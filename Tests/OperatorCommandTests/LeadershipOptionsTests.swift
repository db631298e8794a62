import ArgumentParser
import Testing

@testable import hardening_operator

@Suite struct LeadershipOptionsTests {
    @Test("Nobody is elected unless asked for, and the usual timing needs no flag")
    func usual() throws {
        #expect(try !LeadershipOptions.parse([]).leaderElect)
        let options = try LeadershipOptions.parse(["--leader-elect"])
        #expect(options.leaderElect)
        #expect(options.leaderElectLeaseDuration.duration == .seconds(15))
        #expect(options.leaderElectRenewDeadline.duration == .seconds(10))
        #expect(options.leaderElectRetryPeriod.duration == .seconds(2))
        #expect(options.leaderElectResourceName == "hardening-operator")
        #expect(LeadershipOptions.helpMessage().contains("(default: 15s)"))
    }

    @Test("E-L11: a leader that cannot begin ends after four lease durations, and where nobody else could lead, never")
    func blindPatience() throws {
        #expect(try LeadershipOptions.parse([]).blindPatience == nil)
        #expect(try LeadershipOptions.parse(["--leader-elect"]).blindPatience == .seconds(60))
        let short = ["--leader-elect-lease-duration", "20s"]
        #expect(try LeadershipOptions.parse(["--leader-elect"] + short).blindPatience == .seconds(80))
        #expect(try LeadershipOptions.parse(short).blindPatience == nil)
    }

    @Test("E-L1: timing is written as Kubernetes writes it, and what could make two lead is refused with the rule")
    func timing() throws {
        let options = try LeadershipOptions.parse(
            [
                "--leader-elect-lease-duration", "1m", "--leader-elect-renew-deadline", "2500ms",
                "--leader-elect-retry-period", "0.5s",
            ]
        )
        #expect(options.leaderElectLeaseDuration.duration == .seconds(60))
        #expect(options.leaderElectRenewDeadline.duration == .milliseconds(2500))
        #expect(options.leaderElectRetryPeriod.duration == .milliseconds(500))
        let error = #expect(throws: (any Error).self) {
            try LeadershipOptions.parse(["--leader-elect-lease-duration", "10s"])
        }
        let message = error.map { LeadershipOptions.message(for: $0) } ?? ""
        #expect(message.contains("must be longer than the renew deadline"))
        #expect(throws: (any Error).self) { try LeadershipOptions.parse(["--leader-elect-retry-period", "soon"]) }
    }
}
