import KubernetesAPI
import TestSupport
import Testing

@testable import ControllerRuntime

@Suite("Leader election among several")
struct LeaderElectorPropertyTests {
    @Test(
        "E-L2, E-L3: never do two lead at a time, whatever is lost, late or stopped, and afterwards somebody leads soon",
        arguments: seeds
    )
    func oneLeader(seed: UInt64) throws {
        var world = try World(seed: seed)
        let leaders = world.run()
        #expect(world.violation == nil, "seed \(seed)")
        // Else nothing was shown.
        #expect(leaders > 1, "seed \(seed)")
    }
}

/// Several electors, each with a clock of its own, and one value that is written under optimistic locking, in simulated
/// time. It has steps of 50 ms: everything happens at one.
private struct World {
    typealias Instant = LeaderElector.Instant

    private static let step = Duration.milliseconds(50)
    private static let faultySteps = 6000
    private static let start = ContinuousClock.now

    /// The lease, as a plain value with a version.
    private struct Register {
        var version = 0
        var holder = ""
        var duration = 1
        var transitions = 0
        var renewed = -1

        var lease: Lease {
            Lease(
                metadata: ObjectMeta(name: "l", namespace: "n", resourceVersion: .init("\(version)")),
                holder: holder,
                durationSeconds: duration,
                transitions: transitions
            )
        }
    }

    private enum Request {
        case read
        case create(LeaderElector.Claim, time: Int)
        case change(LeaderElector.Claim, ResourceVersion, time: Int)

        var isWrite: Bool { if case .read = self { false } else { true } }
    }

    private enum Answer {
        case read(Lease?)
        case written(Lease)
        case conflict
        case none
    }

    /// A request on its way: reaches the register at one step, and is answered at another.
    private struct Message {
        var request: Request
        var sender: Int
        var id: Int
        var arrives: Int
        var answers: Int
        var answer: Answer?
    }

    private struct Process {
        var elector: LeaderElector
        var offset: Duration
        var awaits: (id: Int, since: Int)?
        // How many of the register's states its watch has shown; `nil` for none.
        var watch: (shown: Int, isSilent: Bool)?
        var stoppedUntil = 0

        func clock(_ step: Int) -> Instant { World.start + offset + World.step * step }
    }

    private var random: SeededGenerator
    private let timing: LeaderElector.Timing
    // How finely renewals write the time: one that writes the same again changes nothing.
    private let grain: Int
    private var now = 0
    // All states so far, the first of which is "not there".
    private var history: [(step: Int, state: Register?)] = [(0, nil)]
    private var messages: [Message] = []
    private var processes: [Process] = []
    private var nextID = 0
    private var leaders: Set<String> = []
    /// What went wrong.
    private(set) var violation: String?

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        let timings = [(15.0, 10.0, 2.0), (4, 2.5, 0.5), (4, 3.9, 0.5), (30, 3, 2)]
        let (lease, renew, retry) = timings[Int.random(in: 0..<timings.count, using: &random)]
        timing = try LeaderElector.Timing(
            leaseDuration: .seconds(lease),
            renewDeadline: .seconds(renew),
            retryPeriod: .seconds(retry)
        )
        grain = Bool.random(using: &random) ? 1 : 20
        for _ in 0..<Int.random(in: 2...4, using: &random) { processes.append(newProcess()) }
    }

    private func steps(_ duration: Duration) -> Int { Int((duration / Self.step).rounded(.up)) }

    private var isFaulty: Bool { now < Self.faultySteps }

    private mutating func chance(_ probability: Double) -> Bool {
        isFaulty && Double.random(in: 0..<1, using: &random) < probability
    }

    private mutating func newProcess() -> Process {
        nextID += 1
        return Process(
            elector: LeaderElector(identity: "p\(nextID)", timing: timing),
            offset: .milliseconds(Int.random(in: -3_600_000...3_600_000, using: &random))
        )
    }

    /// Runs it with faults, then without until somebody must lead.
    ///
    /// - Returns: how many led.
    mutating func run() -> Int {
        // A watch that says nothing, and a lease that is seen late: each once over; and the attempts between.
        let bound =
            Self.faultySteps + steps(timing.leaseDuration * 2 + timing.attemptLimit * 3 + timing.retryPeriod * 3)
        while violation == nil {
            reachRegister()
            for index in processes.indices { advance(index) }
            if !isFaulty, now > bound {
                if !processes.contains(where: { leads($0) }) { violation = "nobody leads at step \(now)" }
                break
            }
            now += 1
        }
        return leaders.count
    }

    private func leads(_ process: Process) -> Bool {
        process.elector.leadsUntil.map { $0 > process.clock(now) } ?? false
    }

    private mutating func check() {
        let leading = processes.indices.filter { leads(processes[$0]) }
        if leading.count > 1 { violation = "\(leading) lead at step \(now)" }
    }

    // MARK: The register

    private mutating func reachRegister() {
        for index in messages.indices where messages[index].arrives == now {
            messages[index].answer = carryOut(messages[index].request)
        }
    }

    private mutating func carryOut(_ request: Request) -> Answer {
        let current = history[history.count - 1].state
        switch request {
        case .read:
            return .read(current?.lease)
        case .create(let claim, let time):
            guard current == nil else { return .conflict }
            return write(claim, time, over: Register())
        case .change(let claim, let version, let time):
            guard let current, "\(current.version)" == version.rawValue else { return .conflict }
            return write(claim, time, over: current)
        }
    }

    private mutating func write(_ claim: LeaderElector.Claim, _ time: Int, over current: Register) -> Answer {
        var next = current
        (next.holder, next.duration) = (claim.holder, claim.leaseDurationSeconds)
        (next.transitions, next.renewed) = (claim.transitions, time)
        let isSame =
            current.version > 0 && next.holder == current.holder && next.duration == current.duration
            && next.transitions == current.transitions && next.renewed == current.renewed
        if !isSame {
            next.version += 1
            history.append((now, next))
        }
        return .written(next.lease)
    }

    // MARK: A process

    private mutating func advance(_ index: Int) {
        guard now >= processes[index].stoppedUntil else { return }
        if chance(0.0005) {
            // Killed, and begun anew by another name.
            processes[index] = newProcess()
            processes[index].stoppedUntil = now + Int.random(in: 0...200, using: &random)
            return
        }
        if chance(0.001) {
            let longest = steps(timing.leaseDuration * 2)
            processes[index].stoppedUntil = min(now + Int.random(in: 1...longest, using: &random), Self.faultySteps)
            return
        }
        hear(index)
        check()
        watch(index)
        if processes[index].awaits == nil { act(index) }
        check()
        if leads(processes[index]) { leaders.insert("\(index) \(processes[index].offset)") }
    }

    private mutating func hear(_ index: Int) {
        guard let awaits = processes[index].awaits,
            let place = messages.firstIndex(where: { $0.id == awaits.id })
        else { return }
        let message = messages[place]
        let clock = processes[index].clock(now)
        let since = processes[index].clock(awaits.since)
        if now >= message.answers, message.arrives <= now, let answer = message.answer {
            processes[index].awaits = nil
            messages.remove(at: place)
            switch answer {
            case .read(let lease): processes[index].elector.read(lease, at: clock)
            case .written(let lease): processes[index].elector.wrote(lease, at: clock, since: since)
            case .conflict: processes[index].elector.conflicted(at: clock)
            case .none:
                processes[index].elector.failed(at: clock, since: since, writing: message.request.isWrite)
            }
        } else if clock - since >= timing.attemptLimit {
            // Given up; it may arrive nevertheless.
            processes[index].awaits = nil
            processes[index].elector.failed(at: clock, since: since, writing: message.request.isWrite)
        }
    }

    private mutating func watch(_ index: Int) {
        guard var watch = processes[index].watch else { return }
        let clock = processes[index].clock(now)
        while !watch.isSilent, watch.shown < history.count, history[watch.shown].step < now {
            processes[index].elector.saw(history[watch.shown].state?.lease, at: clock)
            watch.shown += 1
        }
        processes[index].watch = watch
        if chance(0.002) {
            processes[index].watch = nil
            processes[index].elector.lostSight(at: clock, since: clock, failed: Bool.random(using: &random))
        }
    }

    private mutating func act(_ index: Int) {
        let time = (steps(processes[index].offset) + now) / grain
        switch processes[index].elector.next(at: processes[index].clock(now)) {
        case .rest: processes[index].watch = nil
        case .follow(let version, _):
            if processes[index].watch == nil {
                let seen = history.lastIndex { "\($0.state?.version ?? 0)" == version.rawValue } ?? 0
                processes[index].watch = (seen + 1, chance(0.1))
            }
        case .read: send(.read, index)
        case .create(let claim): send(.create(claim, time: time), index)
        case .change(let claim, let version):
            if chance(0.001), let action = processes[index].elector.release(),
                case .change(let claim, let version) = action
            {
                // Stopped in an orderly way: it leads no more from before this is sent.
                processes[index] = newProcess()
                return send(.change(claim, version, time: time), index, isLast: true)
            }
            send(.change(claim, version, time: time), index)
        case .lose:
            processes[index] = newProcess()
            processes[index].stoppedUntil = now + 20
        }
    }

    private mutating func send(_ request: Request, _ index: Int, isLast: Bool = false) {
        nextID += 1
        let limit = steps(timing.attemptLimit)
        let slow = chance(0.05) ? limit * 3 : 2
        let arrives = now + Int.random(in: 1...slow, using: &random)
        var message = Message(
            request: request,
            sender: index,
            id: nextID,
            arrives: arrives,
            answers: arrives + Int.random(in: 1...slow, using: &random)
        )
        if chance(0.05) { message.arrives = .max }
        if chance(0.05) { message.answers = .max }
        messages.append(message)
        if isLast { return }
        processes[index].watch = nil
        processes[index].awaits = (nextID, now)
    }
}
