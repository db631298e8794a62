import KubernetesAPI
import Testing

@testable import ControllerRuntime

@Suite("Leader election's state machine")
struct LeaderElectorTests {
    typealias Action = LeaderElector.Action
    typealias Claim = LeaderElector.Claim

    private static let start = ContinuousClock.now

    private static func at(_ seconds: Double) -> LeaderElector.Instant { start + .seconds(seconds) }

    private static func lease(
        _ holder: String?,
        _ version: String,
        seconds: Int? = 15,
        transitions: Int? = 3
    ) -> Lease {
        Lease(
            metadata: ObjectMeta(name: "l", namespace: "n", resourceVersion: .init(version)),
            holder: holder,
            durationSeconds: seconds,
            transitions: transitions
        )
    }

    private static func claim(_ transitions: Int, isNew: Bool) -> Claim {
        Claim(holder: "me", leaseDurationSeconds: 15, transitions: transitions, isNew: isNew)
    }

    /// Follows another, who was first seen to hold the lease, in version 10, at second 0.
    private static func following(seconds: Int? = 15) -> LeaderElector {
        var elector = LeaderElector(identity: "me")
        elector.read(lease("other", "10", seconds: seconds), at: at(0))
        return elector
    }

    /// Leads since an attempt that began at second 0 and was answered at second 1, with version 11.
    private static func leading() -> LeaderElector {
        var elector = LeaderElector(identity: "me")
        elector.read(lease("", "10"), at: at(0))
        elector.wrote(lease("me", "11", transitions: 4), at: at(1), since: at(0))
        return elector
    }

    // MARK: Acquiring

    @Test("reads before it does anything else")
    func first() {
        #expect(LeaderElector(identity: "me").next(at: Self.at(0)) == .read)
    }

    @Test("creates a lease that is not there, and reads one that somebody else was faster to create")
    func create() {
        var elector = LeaderElector(identity: "me")
        elector.read(nil, at: Self.at(0))
        #expect(elector.next(at: Self.at(0)) == .create(Self.claim(0, isNew: true)))
        elector.conflicted(at: Self.at(0))
        #expect(elector.next(at: Self.at(0)) == .rest(until: Self.at(0.5)))
        #expect(elector.next(at: Self.at(0.5)) == .read)
    }

    @Test("E-L7: takes at once what nobody holds, in the version that it was seen in", arguments: [nil, ""])
    func free(holder: String?) {
        var elector = Self.following()
        elector.saw(Self.lease(holder, "12", seconds: 1), at: Self.at(3))
        #expect(elector.next(at: Self.at(3)) == .change(Self.claim(4, isNew: true), .init("12")))
        #expect(elector.holder == nil)
        // It leads when that has succeeded, and not before.
        #expect(elector.leadsUntil == nil)
        elector.conflicted(at: Self.at(3))
        #expect(elector.next(at: Self.at(3.5)) == .read)
    }

    @Test("E-L7: takes a lease also when its transitions can be counted no further", arguments: [Int(Int32.max), .max])
    func transitionsBeyondCounting(transitions: Int) {
        var elector = LeaderElector(identity: "me")
        elector.read(Self.lease("", "10", transitions: transitions), at: Self.at(0))
        #expect(elector.next(at: Self.at(0)) == .change(Self.claim(Int(Int32.max), isNew: true), .init("10")))
    }

    @Test("E-L2: a lease runs out by when its last change was seen here; times in it are not even read")
    func expiry() {
        var elector = Self.following()
        #expect(elector.next(at: Self.at(0)) == .follow(.init("10"), until: Self.at(15)))
        elector.saw(Self.lease("other", "11"), at: Self.at(9))
        #expect(elector.next(at: Self.at(23.9)) == .follow(.init("11"), until: Self.at(24)))
        // The same again is no change.
        elector.saw(Self.lease("other", "11"), at: Self.at(20))
        #expect(elector.next(at: Self.at(23.9)) == .follow(.init("11"), until: Self.at(24)))
    }

    @Test("E-L2: a lease lasts as long as its holder says; as long as ours, if it does not", arguments: [nil, 0, 40])
    func otherDuration(seconds: Int?) {
        let end = seconds == 40 ? 40.0 : 15
        let elector = Self.following(seconds: seconds)
        #expect(elector.next(at: Self.at(end - 1)) == .follow(.init("10"), until: Self.at(end)))
        #expect(elector.next(at: Self.at(end)) == .read)
    }

    @Test("after a watch that was silent to the end, it looks before it takes")
    func silentWatch() {
        var elector = Self.following()
        #expect(elector.next(at: Self.at(15)) == .read)
        var renewed = elector
        renewed.read(Self.lease("other", "14"), at: Self.at(15.25))
        #expect(renewed.next(at: Self.at(15.25)) == .follow(.init("14"), until: Self.at(30.25)))
        elector.read(Self.lease("other", "10"), at: Self.at(15.25))
        #expect(elector.next(at: Self.at(15.25)) == .change(Self.claim(4, isNew: true), .init("10")))
    }

    @Test("E-L7: a conflict means to look again, and not to write again")
    func conflict() {
        var elector = Self.following()
        elector.read(Self.lease("other", "10"), at: Self.at(15))
        elector.conflicted(at: Self.at(15))
        #expect(elector.next(at: Self.at(15.5)) == .read)
        elector.read(Self.lease("third", "11"), at: Self.at(15.5))
        #expect(elector.next(at: Self.at(15.5)) == .follow(.init("11"), until: Self.at(30.5)))
        #expect(elector.holder == "third")
    }

    @Test("E-L7: takes at once what it acquired without learning of it, and leads from then on only")
    func lostAnswer() {
        var elector = LeaderElector(identity: "me")
        elector.read(Self.lease("", "10"), at: Self.at(0))
        elector.failed(at: Self.at(5), since: Self.at(0), writing: true)
        #expect(elector.next(at: Self.at(5.5)) == .read)
        elector.read(Self.lease("me", "11", transitions: 4), at: Self.at(6))
        #expect(elector.leadsUntil == nil)
        #expect(elector.next(at: Self.at(6)) == .change(Self.claim(4, isNew: true), .init("11")))
        elector.wrote(Self.lease("me", "12", transitions: 4), at: Self.at(7), since: Self.at(6))
        #expect(elector.leadsUntil == Self.at(16))
    }

    @Test(
        "what was held when it was deleted may still be believed in: its time is waited for, and then it is made anew"
    )
    func deleted() {
        var elector = Self.following()
        elector.saw(nil, at: Self.at(10))
        #expect(elector.next(at: Self.at(10)) == .rest(until: Self.at(12)))
        // Looked for again and again meanwhile, since whoever leads makes it anew.
        #expect(elector.next(at: Self.at(12)) == .read)
        elector.read(nil, at: Self.at(14.5))
        #expect(elector.next(at: Self.at(14.5)) == .rest(until: Self.at(15)))
        var back = elector
        back.read(Self.lease("other", "13"), at: Self.at(15))
        #expect(back.next(at: Self.at(15)) == .follow(.init("13"), until: Self.at(30)))
        elector.read(nil, at: Self.at(15))
        #expect(elector.next(at: Self.at(15)) == .create(Self.claim(0, isNew: true)))
    }

    @Test("what nobody held when it was deleted is made anew at once")
    func deletedFree() {
        var elector = LeaderElector(identity: "me")
        elector.read(Self.lease("", "10"), at: Self.at(0))
        elector.saw(nil, at: Self.at(1))
        #expect(elector.next(at: Self.at(1)) == .create(Self.claim(0, isNew: true)))
    }

    @Test("a watch that ends means to look, at most once in a retry period, however soon it ends")
    func watchEnds() {
        var elector = Self.following()
        elector.lostSight(at: Self.at(5), since: Self.at(1), failed: false)
        #expect(elector.next(at: Self.at(5)) == .read)
        elector.read(Self.lease("other", "10"), at: Self.at(5))
        elector.lostSight(at: Self.at(5), since: Self.at(5), failed: false)
        #expect(elector.next(at: Self.at(5)) == .rest(until: Self.at(7)))
        elector.lostSight(at: Self.at(8), since: Self.at(5), failed: true)
        #expect(elector.next(at: Self.at(8)) == .rest(until: Self.at(10)))
    }

    // MARK: Leading

    @Test("E-L2: leads for the renew deadline, counted from the beginning of the last attempt that succeeded")
    func leads() {
        var elector = Self.leading()
        #expect(elector.leadsUntil == Self.at(10))
        #expect(elector.holder == "me")
        #expect(elector.next(at: Self.at(1)) == .rest(until: Self.at(2)))
        #expect(elector.next(at: Self.at(2)) == .change(Self.claim(4, isNew: false), .init("11")))
        elector.wrote(Self.lease("me", "12"), at: Self.at(6), since: Self.at(2))
        #expect(elector.leadsUntil == Self.at(12))
        // It was slow, so the next is due already.
        #expect(elector.next(at: Self.at(6)) == .change(Self.claim(3, isNew: false), .init("12")))
    }

    @Test("a renewal that changed nothing was seen by nobody, and does not count")
    func renewalWithoutEffect() {
        var elector = Self.leading()
        elector.wrote(Self.lease("me", "11"), at: Self.at(2.1), since: Self.at(2))
        #expect(elector.leadsUntil == Self.at(10))
        #expect(elector.next(at: Self.at(2.6)) == .read)
    }

    @Test("E-L4: after an attempt that took long, the next follows soon; after one that was quick, in its time")
    func failures() {
        var elector = Self.leading()
        elector.failed(at: Self.at(2.1), since: Self.at(2), writing: true)
        #expect(elector.next(at: Self.at(2.1)) == .rest(until: Self.at(4)))
        // What became of it is not known: look first.
        #expect(elector.next(at: Self.at(4)) == .read)
        elector.failed(at: Self.at(9), since: Self.at(4), writing: false)
        #expect(elector.next(at: Self.at(9)) == .rest(until: Self.at(9.5)))
        #expect(elector.leadsUntil == Self.at(10))
    }

    @Test("E-L5: has lost when it could not renew in time, whatever it was about to do, and does not rest beyond that")
    func lost() {
        var elector = Self.leading()
        let lost = Action.lose(.notRenewed(for: .seconds(10)))
        #expect(elector.next(at: Self.at(10)) == lost)
        #expect(elector.next(at: Self.at(1000)) == lost)
        elector.failed(at: Self.at(9), since: Self.at(9), writing: true)
        #expect(elector.next(at: Self.at(9)) == .rest(until: Self.at(10)))
        #expect(elector.next(at: Self.at(10)) == lost)
        // Also when an answer comes after all, too late: whoever was stopped must not go on.
        elector.wrote(Self.lease("me", "12"), at: Self.at(100), since: Self.at(2))
        #expect(elector.leadsUntil == Self.at(12))
        #expect(elector.next(at: Self.at(100)) == lost)
    }

    @Test("E-L5: has lost at once when another holds the lease, or nobody", arguments: ["other", ""])
    func taken(by holder: String) {
        var elector = Self.leading()
        elector.conflicted(at: Self.at(2))
        elector.read(Self.lease(holder, "20"), at: Self.at(3))
        #expect(elector.leadsUntil == nil)
        #expect(elector.next(at: Self.at(3)) == .lose(.taken(by: holder)))
    }

    @Test("goes on after somebody else has written to the lease without taking it")
    func annotated() {
        var elector = Self.leading()
        elector.conflicted(at: Self.at(2))
        #expect(elector.next(at: Self.at(2.5)) == .read)
        elector.read(Self.lease("me", "12"), at: Self.at(3))
        #expect(elector.leadsUntil == Self.at(10))
        #expect(elector.next(at: Self.at(3)) == .change(Self.claim(3, isNew: false), .init("12")))
    }

    @Test("makes its lease anew when that was deleted, and does not lead until it has")
    func ownDeleted() {
        var elector = Self.leading()
        elector.conflicted(at: Self.at(2))
        elector.read(nil, at: Self.at(3))
        #expect(elector.leadsUntil == nil)
        #expect(elector.next(at: Self.at(3)) == .create(Self.claim(0, isNew: true)))
        elector.wrote(Self.lease("me", "1"), at: Self.at(4), since: Self.at(3))
        #expect(elector.leadsUntil == Self.at(13))
    }

    // MARK: Releasing

    @Test("E-L6: gives back what it holds: nobody holds it, for the second that the API demands; no transition")
    func release() {
        let claim = Claim(holder: "", leaseDurationSeconds: 1, transitions: 4, isNew: false)
        #expect(Self.leading().release() == .change(claim, .init("11")))
        #expect(Self.following().release() == nil)
        #expect(LeaderElector(identity: "me").release() == nil)
    }

    @Test("E-L6: looks first when it does not know what its last attempt came to, also the one to acquire")
    func releaseUnsure() {
        var elector = Self.leading()
        elector.conflicted(at: Self.at(2))
        #expect(elector.release() == .read)
        elector.read(Self.lease("other", "12"), at: Self.at(2))
        #expect(elector.release() == nil)

        var candidate = Self.following()
        candidate.failed(at: Self.at(2), since: Self.at(1), writing: true)
        #expect(candidate.release() == .read)
        candidate.read(Self.lease("me", "12", transitions: 4), at: Self.at(3))
        #expect(candidate.release() != nil)
        candidate.failed(at: Self.at(4), since: Self.at(3), writing: false)
        #expect(candidate.release() == nil)
    }

    // MARK: Timing

    @Test("E-L1: the usual timing is that of Kubernetes' own components")
    func standard() throws {
        let timing = try LeaderElector.Timing(
            leaseDuration: .seconds(15),
            renewDeadline: .seconds(10),
            retryPeriod: .seconds(2)
        )
        #expect(timing == .standard)
        // E-L4: two attempts fit in.
        #expect(timing.attemptLimit == .seconds(5))
    }

    @Test(
        "E-L1: timing by which two could lead at a time, or nobody, is refused",
        arguments: [
            (15.0, 15.0, 2.0), (10, 15, 2), (15, 2.4, 2), (15, 2, 2), (15.5, 10, 2), (15, 10, 0), (15, 10, -1),
        ]
    )
    func invalid(lease: Double, renew: Double, retry: Double) {
        let error = #expect(throws: LeaderElector.InvalidTiming.self) {
            try LeaderElector.Timing(
                leaseDuration: .seconds(lease),
                renewDeadline: .seconds(renew),
                retryPeriod: .seconds(retry)
            )
        }
        #expect(error?.description.contains("must be longer than") == true)
    }
}
