import Hardening
import Synchronization

/// Keeps one copy of equal facts, however many pods have them: a workload's pods differ in name and node only.
final class PodFactsPool: Sendable {
    private struct Member: Hashable {
        weak var facts: PodFacts?
        let hash: Int

        static func == (left: Member, right: Member) -> Bool {
            guard left.hash == right.hash, let facts = left.facts, let other = right.facts else { return false }
            return facts == other
        }

        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    private struct State {
        var members: Set<Member> = []
        var sweepAt = 1024
    }

    private let state = Mutex(State())

    /// The copy that equals `facts`.
    func shared(_ facts: PodFacts) -> PodFacts {
        let member = Member(facts: facts, hash: facts.hashValue)
        return state.withLock { state in
            if let index = state.members.firstIndex(of: member), let known = state.members[index].facts { return known }
            state.members.insert(member)
            // Nobody says when the last user of a copy is gone: now and then, those are dropped.
            if state.members.count >= state.sweepAt {
                state.members = state.members.filter { $0.facts != nil }
                state.sweepAt = max(1024, 2 * state.members.count)
            }
            return facts
        }
    }

    /// How many copies it knows of.
    var count: Int { state.withLock { $0.members.count } }
}
