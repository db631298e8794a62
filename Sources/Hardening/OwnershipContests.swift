import KubernetesAPI

/// Tells drift from a fight over an object, and keeps the fight from becoming a storm.
///
/// People and pipelines change things now and then, and each time they are put back at once. Another controller that wants
/// the opposite answers each repair within milliseconds, for ever, and the two would keep the API server busy. So an object
/// whose state was undone ``Rules/flips`` times within ``Rules/window`` is contested: from then on it is written at most
/// once every ``Rules/pause``, until nothing was undone for ``Rules/calm``.
///
/// Allowances, and what gives something back, wait no longer than ``Rules/allowancePause``: without them, a denial that is
/// in force cuts off what works.
///
/// Only what was written counts as undone: a repair that fails is one flip, however often it is tried.
///
/// Time is an argument. It holds an entry for each object that was written within about the last ``Rules/calm``, and at
/// most as many again that are over, until ``forgetWhatIsOver(at:)``.
public struct OwnershipContests: Sendable {
    /// What makes a fight, and what is done about it.
    public struct Rules: Sendable {
        /// How often an object has to be undone.
        public var flips = 5
        /// Within which time.
        public var window = Duration.seconds(60)
        /// How long each write to a contested object waits after the one before.
        public var pause = Duration.seconds(60)
        /// The same for the allowances of a denial, and for what gives something back.
        public var allowancePause = Duration.seconds(10)
        /// It ends when nothing was undone for so long, which is to be longer than the pauses.
        public var calm = Duration.seconds(120)

        /// The usual rules.
        public init() {}

        func pause(of operation: Operation) -> Duration {
            operation.isAllowance || operation.givesBack ? min(allowancePause, pause) : pause
        }
    }

    /// Who undoes what the operator writes.
    public enum Rival: Sendable, Hashable {
        /// The field manager of this name, by the API server's record.
        case manager(String)
        /// Somebody who deletes the object, and leaves no trace on it.
        case deleter
        /// Somebody who leaves no trace that says so.
        case unknown
    }

    /// One object that somebody fights over.
    public struct Contest: Sendable, Hashable {
        /// The control that asks for it.
        public var control: ControlName
        /// The namespace.
        public var namespace: String
        /// What is written to and undone.
        public var target: Operation.Target
        /// Who undoes them.
        public var rival: Rival
    }

    /// What is to be done about a write that is due.
    public struct Ruling: Sendable, Hashable {
        /// Until when it has to wait; `nil` if it may be carried out now.
        public var pauseEnd: ContinuousClock.Instant?
        /// Whether the object was undone once more in a fight, so that it shows who does that.
        public var showsRival = false
        /// Whether it is contested by that.
        public var isRecognised = false
    }

    private struct History {
        var control: ControlName
        // What was asked for last. Whole documents of all that is written at start would be most of what is held then.
        var wish: Fingerprint
        // Whether nobody has undone it since, as far as is known.
        var stands = false
        var lastWrite: ContinuousClock.Instant?
        var flips: [ContinuousClock.Instant] = []
        var rival: Rival?
        // When it was last written, or seen to be undone.
        var lastTouched: ContinuousClock.Instant
    }

    private let rules: Rules
    private var histories: [String: [Operation.Target: History]] = [:]
    // How many more there may be before those that are over are taken out.
    private var untilSweep = Self.sweepInterval
    private static let sweepInterval = 256
    private var lastSweep: ContinuousClock.Instant?

    /// Nothing was written yet.
    public init(rules: Rules = Rules()) {
        self.rules = rules
    }

    /// `operation` is to be carried out, on behalf of `control`; it `repairsDrift` if the object stood otherwise before.
    public mutating func rule(
        on operation: Operation,
        of control: ControlName,
        repairsDrift: Bool,
        at now: ContinuousClock.Instant
    ) -> Ruling {
        var history = current(operation, at: now) ?? History(control: control, wish: operation.wish, lastTouched: now)
        let isFlip =
            history.lastWrite == nil
            ? repairsDrift && history.flips.isEmpty
            : history.stands && (repairsDrift || history.wish == operation.wish)
        var ruling = Ruling()
        history.lastTouched = now
        if isFlip {
            history.stands = false
            history.flips = history.flips.filter { now - $0 < rules.window }.suffix(rules.flips - 1) + [now]
            ruling.isRecognised = history.rival == nil && history.flips.count >= rules.flips
            if ruling.isRecognised { history.rival = .unknown }
            ruling.showsRival = history.rival != nil
        }
        if history.rival != nil, let last = history.lastWrite {
            let end = last + rules.pause(of: operation)
            ruling.pauseEnd = now < end ? end : nil
        }
        if history.lastWrite != nil || !history.flips.isEmpty { remember(history, of: operation, at: now) }
        return ruling
    }

    /// `operation` was carried out.
    public mutating func carriedOut(_ operation: Operation, of control: ControlName, at now: ContinuousClock.Instant) {
        var history = current(operation, at: now) ?? History(control: control, wish: operation.wish, lastTouched: now)
        history.control = control
        history.wish = operation.wish
        history.stands = true
        history.lastWrite = now
        history.lastTouched = now
        remember(history, of: operation, at: now)
    }

    /// The object of `operation`, which is contested, was looked at, and shows this one. Who is known already is not
    /// forgotten for nobody.
    public mutating func noticed(_ rival: Rival, in operation: Operation) {
        guard let known = histories[operation.namespace]?[operation.target]?.rival else { return }
        if rival == .unknown, known != .unknown { return }
        histories[operation.namespace]?[operation.target]?.rival = rival
    }

    /// Until when the object of `operation` is not written to again; `nil` unless it is contested.
    public func pauseEnd(of operation: Operation, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let history = current(operation, at: now), history.rival != nil else { return nil }
        return history.lastWrite.map { $0 + rules.pause(of: operation) }
    }

    /// What is contested in `namespace`, in an order that depends on nothing else.
    public func contests(in namespace: String, at now: ContinuousClock.Instant) -> [Contest] {
        current(in: namespace, at: now).compactMap { target, history in
            history.rival.map { Contest(control: history.control, namespace: namespace, target: target, rival: $0) }
        }.sorted { $0.object < $1.object }
    }

    /// When the next of them ends if nothing is undone any more.
    public func nextEnd(in namespace: String, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        current(in: namespace, at: now).values.filter { $0.rival != nil }.map { $0.lastTouched + rules.calm }.min()
    }

    private func current(_ operation: Operation, at now: ContinuousClock.Instant) -> History? {
        histories[operation.namespace]?[operation.target].flatMap { isOver($0, at: now) ? nil : $0 }
    }

    private func current(in namespace: String, at now: ContinuousClock.Instant) -> [Operation.Target: History] {
        (histories[namespace] ?? [:]).filter { !isOver($0.value, at: now) }
    }

    private func isOver(_ history: History, at now: ContinuousClock.Instant) -> Bool {
        now - history.lastTouched >= rules.calm
    }

    private mutating func remember(_ history: History, of operation: Operation, at now: ContinuousClock.Instant) {
        let before = histories[operation.namespace, default: [:]].updateValue(history, forKey: operation.target)
        if before != nil { return }
        untilSweep -= 1
        if untilSweep <= 0 { sweep(at: now) }
    }

    /// Lets go of what is over, unless that was done within ``Rules/calm``: after a start, that is all that was written
    /// then, and nothing else may be written for long.
    public mutating func forgetWhatIsOver(at now: ContinuousClock.Instant) {
        if let lastSweep, now - lastSweep < rules.calm { return }
        sweep(at: now)
    }

    private mutating func sweep(at now: ContinuousClock.Instant) {
        histories = histories.mapValues { $0.filter { !isOver($0.value, at: now) } }.filter { !$0.value.isEmpty }
        untilSweep = max(Self.sweepInterval, count)
        lastSweep = now
    }

    /// How many objects it remembers.
    var count: Int { histories.values.map(\.count).reduce(0, +) }
}

extension Operation {
    // Whether it lets through what a denial would cut off.
    fileprivate var isAllowance: Bool {
        guard case .networkPolicy(let name) = target else { return false }
        return name == Marks.allowPolicyName || Marks.derivedPolicyNames.contains(name)
    }

    // Whether it takes away what was enforced.
    fileprivate var givesBack: Bool {
        switch verb {
        case .delete, .merge: true
        case .apply: false
        }
    }

    /// What it asks for, however often: which version or object it was planned from does not matter.
    fileprivate var wish: Fingerprint {
        switch verb {
        case .delete: return Fingerprint(of: Verb.delete(uid: ""))
        case .merge(var patch):
            patch["metadata"]?["resourceVersion"] = .none
            return Fingerprint(of: Verb.merge(patch))
        case .apply: return Fingerprint(of: verb)
        }
    }

    /// What it asks for of an object that it shares with others; empty for all.
    public var fields: FieldSet {
        guard case .apply(.object(let document)) = verb else { return FieldSet() }
        func keys(_ name: String) -> Set<String> {
            guard case .object(let members) = document["metadata"]?[name] else { return [] }
            return Set(members.keys)
        }
        return FieldSet(
            labels: keys("labels"),
            annotations: keys("annotations"),
            topLevel: Set(document.keys).subtracting(["apiVersion", "kind", "metadata"])
        )
    }
}

extension OwnershipContests.Contest: CustomStringConvertible {
    /// Such as `Namespace team-a`.
    public var object: String { target.description(in: namespace) }

    /// Such as `field manager "argocd" undoes again and again what the operator writes to Namespace team-a`.
    public var description: String {
        let what = "again and again what the operator writes to \(object)"
        return switch rival {
        case .manager(let name): "field manager \"\(name)\" undoes \(what)"
        case .deleter: "someone deletes \(what)"
        case .unknown: "someone undoes \(what)"
        }
    }

    /// What there is to do about it.
    private var remedy: String {
        let common = "let only one of the two manage it, or exempt \(control.rawValue) here"
        return switch rival {
        case .manager: common
        case .deleter: "the API server's audit log says who; \(common)"
        case .unknown: "the object does not say who, the API server's audit log does; \(common)"
        }
    }

    /// What is to be published of it.
    public var finding: Finding {
        Finding(
            namespace: namespace,
            control: control,
            severity: .high,
            reason: .contestedOwnership,
            message: "\(self); meanwhile the operator writes to it rarely: \(remedy)"
        )
    }
}
