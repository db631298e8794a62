import KubernetesAPI
import PodSecurity

// What the API server is asked of its Pod Security admission, each time by a write that it is not to carry out. It looks at
// all pods of the namespace for that, so a namespace is asked about at most once a minute: what was answered stands until
// then.

extension Judgement {
    /// The seconds between two questions about the same namespace.
    static let secondsBetweenQuestions: Int64 = 60

    /// What the API server is to be asked before anything is written here: how its admission would take this policy.
    public var question: Policy? {
        wish.flatMap { isDue($0.due) ? $0.policy : nil }
    }

    /// What the API server is to be asked once all is written here, so that it says whether its configuration exempts the
    /// namespace: a policy that neither labels nor the server's configuration are likely to have, since of what is in
    /// force already, and of the configured policy, it says nothing.
    public var exemptionQuestion: Policy? {
        guard let control = askedPodSecurity?.control, case .found = view.cluster.podSecurityAdmission else {
            return nil
        }
        switch view.admission.exemption {
        case .exempt, .notExempt: return nil
        case .notKnown(_, let askedAt): guard isDue(dueAfter(askedAt)) else { return nil }
        case nil: break
        }
        let present = PodSecurityControl.policy(.enforce, in: view.namespace)
        // No lower than what stands there and what is wanted: others may refuse a write that weakens it.
        let level = max(present?.level ?? .baseline, control.target(view).level, .baseline)
        return Policy(level: level, version: present?.version == .minor(0) ? .minor(1) : .minor(0))
    }

    /// Whether asking has failed, and the answer is still wanted.
    public var lacksAnswer: Bool {
        if wish != nil, let answer = view.admission.answer, answer.isFailure { return true }
        guard askedPodSecurity != nil, case .notKnown = view.admission.exemption else { return false }
        return true
    }

    /// When the API server is to be asked again.
    var nextQuestion: Timestamp? { wish?.due }

    // Pod Security where it is asked for, and not off or exempt by the profile.
    private var askedPodSecurity: (control: PodSecurityControl, situation: Situation)? {
        situations.lazy.compactMap { situation in
            guard situation.exemption == nil else { return nil }
            return (situation.control as? PodSecurityControl).map { ($0, situation) }
        }.first
    }

    private var wish: (policy: Policy, due: Timestamp?)? {
        guard let profile, let (control, situation) = askedPodSecurity else { return nil }
        if case .absent = view.cluster.podSecurityAdmission { return nil }
        let target = control.target(view)
        // Who goes ahead whatever the answer need not ask. Where enough is known to be in the way, no answer makes less of
        // it.
        guard !(control.isImmediate && !profile.holdsOnDisruption), target.level > .privileged,
            !profile.isInForce(control, view), situation.impacts.allSatisfy(\.isAnswered)
        else { return nil }
        guard let answer = view.admission.answer, answer.policy == target else {
            return situation.obstacle == nil ? (target, nil) : nil
        }
        let due = dueAfter(answer.askedAt)
        if !situation.impacts.isEmpty { return (target, due) }
        // Nothing stands in the way now. That was said of other pods, perhaps.
        let isAboutToEnforce = situation.obstacle == nil && control.mode == .enforce
        return isAboutToEnforce && answer.asOf != view.podsFingerprint ? (target, due) : nil
    }

    private func dueAfter(_ asked: Timestamp?) -> Timestamp? {
        asked.map { Timestamp(secondsSinceEpoch: $0.secondsSinceEpoch + Self.secondsBetweenQuestions) }
    }

    // A time that is further off than it can be was written by a clock that was wrong.
    private func isDue(_ due: Timestamp?) -> Bool {
        guard let due, let now = view.now else { return true }
        return due <= now || due.secondsSinceEpoch > now.secondsSinceEpoch + Self.secondsBetweenQuestions
    }
}
