import Testing

@testable import Hardening

@Suite struct RepairLimiterTests {
    private let start = ContinuousClock.now

    private func operation(_ number: Int = 0, in namespace: String = "team-a", spec: String = "a") -> Operation {
        Operation(namespace: namespace, target: .limitRange("l\(number)"), verb: .apply(["spec": .string(spec)]))
    }

    @Test(
        "Q9: The same write has to wait only after it was made many times in a row, and then ever longer up to a bound"
    )
    func pauses() {
        var limiter = RepairLimiter()
        var now = start
        for _ in 0..<RepairLimiter.burst {
            #expect(limiter.pause(of: operation(), at: now) == nil)
            limiter.carriedOut(operation(), at: now)
            now += .milliseconds(20)
        }
        var pauses: [Duration] = []
        for _ in 0..<9 {
            guard let end = limiter.pause(of: operation(), at: now) else { break }
            pauses.append(end - now)
            #expect(limiter.pause(of: operation(), at: end) == nil)
            now = end
            limiter.carriedOut(operation(), at: now)
        }
        let expected = [2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) }
        #expect(Array(pauses.dropFirst()) == expected)
    }

    @Test("Another object, another namespace and another content do not wait for it")
    func others() {
        var limiter = RepairLimiter()
        for _ in 0..<RepairLimiter.burst { limiter.carriedOut(operation(), at: start) }
        #expect(limiter.pause(of: operation(), at: start) != nil)
        #expect(limiter.pause(of: operation(1), at: start) == nil)
        #expect(limiter.pause(of: operation(in: "team-b"), at: start) == nil)
        #expect(limiter.pause(of: operation(spec: "b"), at: start) == nil)
        limiter.carriedOut(operation(spec: "b"), at: start)
        #expect(limiter.pause(of: operation(), at: start) == nil)
    }

    @Test("An object that was left alone for a while starts anew")
    func calm() {
        var limiter = RepairLimiter()
        for _ in 0..<RepairLimiter.burst { limiter.carriedOut(operation(), at: start) }
        let later = start + RepairLimiter.firstPause + RepairLimiter.calm
        limiter.carriedOut(operation(), at: later)
        #expect(limiter.pause(of: operation(), at: later) == nil)
    }

    @Test("Who undoes a repair now and then is answered at once each time, however long that goes on")
    func janitor() {
        var limiter = RepairLimiter()
        for minute in 0..<1000 {
            let now = start + .seconds(60 * minute)
            #expect(limiter.pause(of: operation(), at: now) == nil)
            limiter.carriedOut(operation(), at: now)
        }
    }

    @Test("The allowances never wait long, since without them a denial cuts off what works")
    func allowances() {
        var limiter = RepairLimiter()
        let allow = Operation(
            namespace: "team-a",
            target: .networkPolicy(Marks.allowPolicyName),
            verb: .apply(["spec": "a"])
        )
        var now = start
        for _ in 0..<RepairLimiter.burst + 10 {
            now = limiter.pause(of: allow, at: now) ?? now
            limiter.carriedOut(allow, at: now)
        }
        #expect(limiter.pause(of: allow, at: now) == now + RepairLimiter.firstPause)
    }

    @Test("What was left alone is forgotten, so that it does not grow with all that was ever written")
    func bounded() {
        var limiter = RepairLimiter()
        for number in 0..<10_000 {
            limiter.carriedOut(operation(number), at: start + .seconds(number))
        }
        #expect(limiter.count < 600)
    }
}
