import ControllerRuntime
import Hardening
import KubernetesAPI

/// A write that put back what somebody had changed or deleted.
struct Repair: Sendable {
    var control: ControlName
    var operation: Operation
    /// Whether the object was gone, and not only changed.
    var wasDeleted: Bool
}

/// How a namespace stands, as far as Events tell of it.
struct NamespaceStanding: Sendable, Hashable {
    /// What is in force, and how far.
    var inForce: [ControlName: String] = [:]
    /// What is not, since something is in the way, and what that is.
    var blockers: [ControlName: String] = [:]

    init() {}

    /// Of a namespace that was judged like this, about which was decided so.
    ///
    /// - Parameter verdicts: those of `judgement`, or none for a standing without ``blockers``.
    init(_ judgement: Judgement, _ verdicts: [Verdict], _ decision: Governance.Decision) {
        guard decision.governor?.isWriting == true else { return }
        inForce = judgement.inForce
        for verdict in verdicts { blockers[verdict.control] = verdict.blocker }
    }
}

/// What there is to say of one namespace after it was looked at, in the words of Events.
///
/// Pure: who may say it, how often and to whom is decided elsewhere.
struct NamespaceNews: Sendable {
    /// One thing to say.
    struct Item: Sendable, Equatable {
        enum Reason: String {
            case enforced = "Enforced"
            case released = "Released"
            case held = "Held"
            case driftRepaired = "DriftRepaired"
            case contestedOwnership = "ContestedOwnership"
        }

        var kind: EventContent.Kind
        var reason: Reason
        var action: String
        var note: String
    }

    private let namespace: String

    /// News of `namespace`.
    init(of namespace: String) {
        self.namespace = namespace
    }

    /// What is in force now that was not, or not so far.
    func enforced(from before: NamespaceStanding, to after: NamespaceStanding) -> [Item] {
        let controls = after.inForce.filter { before.inForce[$0.key] != $0.value }.keys.sorted()
        if controls.isEmpty { return [] }
        return [
            Item(
                kind: .normal,
                reason: .enforced,
                action: "Enforce",
                note: "\(Self.list(controls)): enforced in namespace \(namespace)"
            )
        ]
    }

    /// What is not in force any more, or nobody's to enforce, and was given back by these writes.
    func released(_ controls: some Sequence<ControlName>) -> [Item] {
        let controls = Set(controls).sorted()
        if controls.isEmpty { return [] }
        return [
            Item(
                kind: .normal,
                reason: .released,
                action: "Release",
                note:
                    "\(Self.list(controls)): no longer enforced in namespace \(namespace); what was there before is back"
            )
        ]
    }

    /// What is in the way that was not.
    func held(from before: NamespaceStanding, to after: NamespaceStanding) -> [Item] {
        after.blockers.filter { before.blockers[$0.key] == nil }.sorted { $0.key < $1.key }.map { control, blocker in
            Item(
                kind: .warning,
                reason: .held,
                action: Self.action("Enforce", control),
                note: "\(control.rawValue) in namespace \(namespace): \(blocker)"
            )
        }
    }

    /// What was repaired, each for itself: of a series, who reads it wants to know how much.
    func repaired(_ repairs: some Sequence<Repair>) -> [Item] {
        repairs.map { repair in
            let object =
                switch repair.operation.target {
                case .namespace: "labels"
                case .networkPolicy(let name): "NetworkPolicy \(name)"
                case .serviceAccount(let name): "ServiceAccount \(name)"
                case .limitRange(let name): "LimitRange \(name)"
                }
            return Item(
                kind: .normal,
                reason: .driftRepaired,
                action: Self.action("Repair", repair.control),
                note: "\(repair.control.rawValue): \(repair.wasDeleted ? "deleted" : "changed") \(object) restored in "
                    + "namespace \(namespace)"
            )
        }
    }

    /// What is fought over.
    func contested(_ contests: some Sequence<OwnershipContests.Contest>) -> [Item] {
        contests.map { contest in
            Item(
                kind: .warning,
                reason: .contestedOwnership,
                action: Self.action("Repair", contest.control),
                note: "\(contest.control.rawValue): \(contest.finding.message)"
            )
        }
    }

    private static func list(_ controls: [ControlName]) -> String {
        controls.map(\.rawValue).joined(separator: ", ")
    }

    // Of each control a series of its own.
    private static func action(_ verb: String, _ control: ControlName) -> String {
        verb + control.rawValue.prefix(1).uppercased() + control.rawValue.dropFirst()
    }
}
