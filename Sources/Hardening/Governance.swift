/// A profile as far as governing is concerned.
public struct ProfileState: Sendable {
    /// Its name.
    public var name: String
    /// What it means, or why it is not understood.
    public var compiled: Result<CompiledProfile, InvalidProfile>
    /// Whether it is being deleted, which only a profile that asks for release can be for longer than a moment.
    public var isBeingDeleted: Bool

    /// The state with the given parts.
    public init(name: String, compiled: Result<CompiledProfile, InvalidProfile>, isBeingDeleted: Bool) {
        self.name = name
        self.compiled = compiled
        self.isBeingDeleted = isBeingDeleted
    }

    /// What may become of things that this profile once wrote where it does not govern any more.
    ///
    /// A profile that is not understood, is suspended or only audits writes nothing, and so takes nothing away either;
    /// one that is being deleted gives back whatever its spec says, since that was asked for last.
    var givesBack: Bool {
        if isBeingDeleted { return true }
        switch compiled {
        case .failure: return false
        case .success(let profile): return !profile.isSuspended && profile.mode != .audit
        }
    }
}

/// All profiles, and who governs which namespace: exactly one, by a rule that a person can recite.
public struct Governance: Sendable {
    /// Who is in charge of one namespace.
    public struct Decision: Sendable {
        /// The profile that governs.
        public var governor: CompiledProfile?
        /// The profiles that select it too, but do not govern.
        public var shadowed: [String] = []
        /// The profiles that select it in vain, since it is protected; the first would govern it.
        public var protectedFrom: [CompiledProfile] = []
        /// The profile that once wrote here and is not understood now: all stays as it is until it is.
        public var frozenBy: String?
        /// The profiles whose traces here are to be given back: they do not select the namespace any more.
        public var releasing: Set<String> = []
        /// The profiles that select it, too, and whose traces the governor replaces as far as it writes. What it only
        /// audits stays as they left it: an audit opens nothing.
        public var superseded: Set<String> = []
    }

    // In the order in which they govern.
    private let candidates: [CompiledProfile]
    private let states: [String: ProfileState]

    /// The governance of these profiles.
    public init(_ profiles: [ProfileState]) {
        candidates = profiles.compactMap { state in
            guard !state.isBeingDeleted, case .success(let profile) = state.compiled, profile.mode != .disabled else {
                return nil
            }
            return profile
        }.sorted { $0.governs(over: $1) }
        states = Dictionary(profiles.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// Decides about a namespace. `isProtected` says that the operator never writes to it; `traces` are the profiles
    /// on whose behalf something in it was written.
    public func decide(_ namespace: ObservedNamespace, isProtected: Bool, traces: Set<String>) -> Decision {
        var decision = Decision()
        var selecting = candidates.filter { $0.selects(namespace) }
        if isProtected {
            decision.protectedFrom = selecting
            return decision
        }
        // A profile that does not exist any more wanted its traces kept: it would have had a finalizer otherwise.
        decision.superseded = traces.filter { states[$0]?.givesBack ?? false }
        decision.releasing = decision.superseded.subtracting(selecting.map(\.name))
        decision.superseded.subtract(decision.releasing)
        let frozen = traces.sorted().first { name in
            guard let state = states[name], !state.isBeingDeleted, case .failure = state.compiled else { return false }
            return namespace.profile == name
        }
        if let frozen {
            decision.frozenBy = frozen
            decision.shadowed = selecting.map(\.name)
            return decision
        }
        if !selecting.isEmpty {
            decision.governor = selecting.removeFirst()
            decision.shadowed = selecting.map(\.name)
        }
        return decision
    }
}
