import Hardening
import KubernetesAPI
import Testing

@Suite struct DriftTrackerTests {
    private static let controls =
        "networkPolicy: {directions: [Ingress]}, podSecurity: {enforce: restricted}, "
        + "serviceAccountToken: {scope: All}, limitRange: {limits: [{type: Container, default: {memory: 1Gi}}]}"

    /// A room in which all stands that `profile` asks for, and a tracker that has seen so.
    private func settled(_ profile: CompiledProfile) throws -> (Room, DriftTracker) {
        var room = Room()
        room.add(account: "default")
        room.add(account: "worker")
        try room.carryOut(profile.plan(room.view))
        #expect(profile.plan(room.view).isEmpty)
        var tracker = DriftTracker()
        tracker.settled(room.view, under: profile.name)
        return (room, tracker)
    }

    private func repairs(_ profile: CompiledProfile, _ room: Room, _ tracker: DriftTracker) -> Set<String> {
        let operations = profile.plan(room.view).steps.flatMap(\.operations)
        return Set(tracker.repairs(operations, room.view, under: profile.name).map(\.description))
    }

    enum Disturbance: CaseIterable {
        case policyDeleted, policyEdited, labelRemoved, labelWeakened, tokenMounted, limitsDeleted, limitsEdited
    }

    @Test("What somebody changes or deletes is drift, each object of its own", arguments: Disturbance.allCases)
    func drift(_ disturbance: Disturbance) throws {
        let profile = try compiled(Self.controls)
        var (room, tracker) = try settled(profile)
        #expect(repairs(profile, room, tracker) == [])
        let expected: String
        switch disturbance {
        case .policyDeleted:
            room.policies[Marks.denyPolicyName] = nil
            expected = "apply NetworkPolicy team-a/hardening-default-deny"
        case .policyEdited:
            room.policies[Marks.denyPolicyName]?.spec.ingress = [.init()]
            expected = "apply NetworkPolicy team-a/hardening-default-deny"
        case .labelRemoved:
            room.label("pod-security.kubernetes.io/enforce", nil)
            expected = "apply Namespace team-a"
        case .labelWeakened:
            room.label("pod-security.kubernetes.io/enforce", "privileged")
            expected = "apply Namespace team-a"
        case .tokenMounted:
            room.set("worker", automount: nil)
            expected = "apply ServiceAccount team-a/worker"
        case .limitsDeleted:
            room.ranges[Marks.limitRangeName] = nil
            expected = "apply LimitRange team-a/hardening-limits"
        case .limitsEdited:
            room.ranges[Marks.limitRangeName]?.spec.limits[0].default = ["memory": "9Gi"]
            expected = "apply LimitRange team-a/hardening-limits"
        }
        #expect(repairs(profile, room, tracker) == [expected])
        try room.carryOut(profile.plan(room.view))
        tracker.settled(room.view, under: profile.name)
        #expect(repairs(profile, room, tracker) == [], "once repaired, it is none")
    }

    @Test("What is written since something else is asked for is no drift")
    func otherWish() throws {
        let (room, tracker) = try settled(try compiled(Self.controls))
        let other = try compiled(Self.controls.replacing("1Gi", with: "2Gi").replacing("restricted", with: "baseline"))
        #expect(!other.plan(room.view).isEmpty)
        #expect(repairs(other, room, tracker) == [])
    }

    @Test("A new account, and what a control adds that was off, are no drift")
    func newObjects() throws {
        let profile = try compiled(Self.controls.replacing("networkPolicy: {directions: [Ingress]}, ", with: ""))
        var (room, tracker) = try settled(profile)
        room.add(account: "new")
        #expect(!profile.plan(room.view).isEmpty)
        #expect(repairs(profile, room, tracker) == [])
        let more = try compiled(Self.controls)
        #expect(repairs(more, room, tracker) == [])
    }

    @Test("Nothing is drift that was never seen in place, by another profile or in a namespace that was gone")
    func unseen() throws {
        let profile = try compiled(Self.controls)
        var (room, tracker) = try settled(profile)
        room.ranges[Marks.limitRangeName] = nil
        #expect(repairs(profile, room, DriftTracker()) == [])
        #expect(repairs(try compiled(Self.controls, name: "other"), room, tracker) == [])
        #expect(repairs(profile, room, tracker).count == 1)
        var left = tracker
        left.settled(room.view, under: nil)
        #expect(repairs(profile, room, left) == [])
        tracker.forget("team-a")
        #expect(repairs(profile, room, tracker) == [])
    }
}
