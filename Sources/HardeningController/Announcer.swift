import ControllerRuntime
import Hardening
import KubernetesAPI
import Logging
import Synchronization

/// Says in Events what happens in namespaces: each time of the namespace, and of the profile on whose behalf it happens.
///
/// What is said of a profile is one series for each kind of news, of however many namespaces; its note is about the first.
/// Both are cluster-scoped, so their Events are in one namespace: see ``EventRecorder/Source/clusterScopedNamespace``.
final class Announcer: Sendable {
    private let recorder: EventRecorder?
    private let registry: ProfileRegistry
    private let logger: Logger
    // Of the namespaces of which there is something to remember.
    private let standings = Mutex(CopiesByKey<String, NamespaceStanding>())

    init(recorder: EventRecorder?, registry: ProfileRegistry, logger: Logger) {
        self.recorder = recorder
        self.registry = registry
        self.logger = logger
    }

    /// A namespace was looked at, and this came of it.
    func announce(_ look: Look) {
        let name = look.after.namespace.name
        let standing = NamespaceStanding(look.judgementAfter, look.verdictsAfter, look.decision)
        let before = standings.withLock { standings in
            defer { standings[name] = standing == NamespaceStanding() ? nil : standing }
            return standings[name] ?? look.remembered
        }
        let news = NamespaceNews(of: name)
        let held = news.held(from: before, to: standing)
        // Writes have been logged one by one; this is none.
        for item in held { logger.info("\(item.reason.rawValue)", metadata: ["message": "\(item.note)"]) }
        guard let recorder else { return }
        let items =
            news.enforced(from: before, to: standing) + news.released(look.released(from: before, to: standing))
            + held + news.repaired(look.repairs)
        let contested = news.contested(look.contests)
        if items.isEmpty, contested.isEmpty { return }
        let namespace = ObjectReference(Namespace.self, name: name, uid: "\(look.after.namespace.uid)")
        let profiles = look.profiles.compactMap { registry.profile($0) }
            .map { ObjectReference(HardeningProfile.self, name: $0.name, uid: $0.uid) }
        func record(_ item: NamespaceNews.Item, _ regarding: ObjectReference, _ related: ObjectReference?) {
            recorder.record(
                EventContent(
                    item.kind,
                    reason: item.reason.rawValue,
                    action: item.action,
                    regarding: regarding,
                    related: related,
                    note: item.note
                )
            )
        }
        for item in items {
            record(item, namespace, profiles.first)
            for profile in profiles { record(item, profile, nil) }
        }
        // Once: the fight is over an object of the namespace.
        for item in contested { record(item, namespace, profiles.first) }
    }

    /// The namespace is gone.
    func forget(_ namespace: String) { standings.withLock { $0[namespace] = nil } }
}

/// What came of one look at a namespace.
struct Look: Sendable {
    let decision: Governance.Decision
    /// As it was found.
    let before: NamespaceView
    let judgementBefore: Judgement
    /// As it is now.
    let after: NamespaceView
    let judgementAfter: Judgement
    let verdictsAfter: [Verdict]
    /// What was to be carried out.
    let plan: Plan
    /// What of it was.
    let done: Set<Operation>
    /// What of it repaired drift.
    let repairs: [Repair]
    /// What was recognised as contested.
    let contests: [OwnershipContests.Contest]

    /// How it stood by what is remembered on the namespace, which others have told before this process began.
    var remembered: NamespaceStanding {
        NamespaceStanding(judgementBefore, [], decision)
    }

    /// On whose behalf: who governs, or whose writes were given back.
    var profiles: [String] { decision.governor.map { [$0.name] } ?? decision.releasing.sorted() }

    /// The controls of which something was given back.
    func released(from before: NamespaceStanding, to after: NamespaceStanding) -> [ControlName] {
        if done.isEmpty { return [] }
        // Others than the governor wrote down what was in force for them.
        let inForce = Set(before.inForce.keys).union(self.before.namespace.inForce.keys)
        return plan.steps.filter { step in
            inForce.contains(step.control) && after.inForce[step.control] == nil
                && !done.isDisjoint(with: step.operations)
        }.map(\.control)
    }
}
