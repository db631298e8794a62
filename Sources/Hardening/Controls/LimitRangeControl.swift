import KubernetesAPI

/// `limitRange`: what the profile wants limited is covered by some LimitRange of the namespace (NSA/CISA "Resource
/// policies").
///
/// Constraints of several LimitRanges add up, but which default applies where two set one is undefined. So, unless told
/// otherwise, an entry that a LimitRange of the namespace's own has is left to it.
public struct LimitRangeControl: Control {
    /// The name of its field in the profile.
    public static let name = ControlName.limitRange

    /// What it does, the profile's own mode being the ceiling.
    public let mode: Mode
    private let respectsExisting: Bool
    private var limits: [LimitTable.Key: LimitTable.Value] { didSet { alone = wanted(beside: []) } }
    // What is wanted where nobody else limits anything, as in most namespaces.
    private var alone = Wanted(own: [:], entries: [:])

    init(_ spec: LimitRangeSpec, mode: Mode, problems: inout [FieldError]) {
        self.mode = mode
        respectsExisting = spec.existing != .add
        limits = LimitTable.explicit(spec.limits ?? [])
        problems += (spec.limits ?? []).problems(at: "spec.controls.limitRange.limits")
        alone = wanted(beside: [])
    }

    /// What a person should know of it in this namespace.
    public func assess(_ view: NamespaceView) -> [Finding] {
        var findings: [Finding] = []
        let wanted = wanted(in: view)
        let ours = view.limitRanges.first { $0.name == Marks.limitRangeName && $0.isOurs }?.limits.entries ?? [:]
        let missing = wanted.entries.filter { ours[$0.key] != $0.value }.keys.sorted()
        if !missing.isEmpty {
            findings.append(
                finding(
                    view,
                    .medium,
                    .limitMissing,
                    "no LimitRange sets \(missing.map(\.description).joined(separator: ", ")) as asked for"
                )
            )
        }
        for (key, other) in wanted.conflicts.sorted(by: { $0.key < $1.key }) {
            findings.append(
                finding(
                    view,
                    .medium,
                    .limitConflict,
                    "\(key) cannot be set beside LimitRange \(other): the server would derive a default from it that "
                        + "contradicts what that one sets. Change the one or the other"
                )
            )
        }
        if view.limitRanges.contains(where: isForeign) {
            // With all covered, it is only worth knowing of.
            findings.append(
                finding(
                    view,
                    findings.isEmpty ? .info : .medium,
                    .nameConflict,
                    "LimitRange \(Marks.limitRangeName) exists and was not written by the operator, which leaves it alone: "
                        + "rename or delete it"
                )
            )
        }
        return findings
    }

    /// The writes that make it so on behalf of `profile`.
    public func plan(
        _ view: NamespaceView,
        for profile: String,
        replacing replaceable: Set<String>
    ) -> [Operation] {
        guard !view.limitRanges.contains(where: isForeign) else { return [] }
        let ours = view.limitRanges.first { $0.name == Marks.limitRangeName }
        let wanted = wanted(in: view)
        if wanted.items.isEmpty { return ours.map { [.delete($0, in: view)] } ?? [] }
        if let ours, ours.limits == wanted.table, ours.hasManagedByLabel, ours.profile == profile { return [] }
        return [
            .applyOwn(
                LimitRange.resource,
                .limitRange(Marks.limitRangeName),
                name: Marks.limitRangeName,
                in: view.namespace.name,
                for: profile,
                spec: ["limits": .array(wanted.items.map(\.document))]
            )
        ]
    }

    /// The writes that give back what was written on behalf of `profiles`.
    public static func release(_ view: NamespaceView, of profiles: Set<String>) -> [Operation] {
        view.limitRanges.filter { range in
            range.name == Marks.limitRangeName && range.isOurs
                && profiles.contains(range.profile ?? view.namespace.profile ?? "")
        }.map { .delete($0, in: view) }
    }

    /// A digest of each limit that is left for ours to say here.
    public func extent(_ view: NamespaceView) -> String {
        let digests = wanted(in: view).digests
        return digests.isEmpty ? "none" : digests.sorted().joined(separator: "+")
    }

    /// If all of ours are among them.
    public func isCovered(by extent: String, in view: NamespaceView) -> Bool {
        wanted(in: view).digests.isSubset(of: Self.digests(extent))
    }

    /// The same with these limits only; `nil` if one of them is not asked for any more.
    public func limited(to extent: String, in view: NamespaceView) -> (any Control)? {
        guard Self.digests(extent).isSubset(of: Self.digests(limits)) else { return nil }
        var limited = self
        limited.limits = limits.filter { Self.digests(extent).contains(Self.digest($0.key, $0.value)) }
        return limited
    }

    private static func digests(_ extent: String) -> Set<String> { Set(extent.split(separator: "+").map(String.init)) }

    private static func digests(_ entries: [LimitTable.Key: LimitTable.Value]) -> Set<String> {
        Set(entries.map { digest($0.key, $0.value) })
    }

    // Eight digits tell the few limits of a profile apart, and keep the annotation short.
    private static func digest(_ key: LimitTable.Key, _ value: LimitTable.Value) -> String {
        String(StableHash.hex("\(key)=\(value.text)").prefix(8))
    }

    /// This, where it is what our limit range says.
    public func observedExtent(_ view: NamespaceView) -> String? {
        let ours = view.limitRanges.first { $0.name == Marks.limitRangeName && $0.isOurs }
        return ours?.limits == wanted(in: view).table ? extent(view) : nil
    }

    /// What our LimitRange says, or would say, in this namespace; `nil` where there would be none.
    public func limits(in view: NamespaceView) -> LimitTable? {
        guard !view.limitRanges.contains(where: isForeign) else { return nil }
        let wanted = wanted(in: view)
        return wanted.items.isEmpty ? nil : wanted.table
    }

    /// Tells what the API server would refuse of pods that ask for certain resources because of our LimitRange, and does not
    /// refuse, or not as surely, without it.
    public func newRefusals(in view: NamespaceView) -> (_ resources: PodResources) -> [LimitRefusal] {
        guard let limits = limits(in: view) else { return { _ in [] } }
        let others = view.limitRanges.filter { $0.name != Marks.limitRangeName }
            .map { LimitRanger.Range(name: $0.name, limits: $0.limits) }
        let own = LimitRanger.Range(name: Marks.limitRangeName, limits: limits)
        let before = LimitRanger(others, serverMinor: view.cluster.serverMinor)
        let after = LimitRanger(others + [own], serverMinor: view.cluster.serverMinor)
        return { after.refusals(of: $0, besidesThoseOf: before) }
    }

    /// What would be refused because of it, and is not now.
    public func impact(_ view: NamespaceView) -> [Impact] {
        let judge = self.newRefusals(in: view)
        // Pods of one template share their facts.
        var known: [ObjectIdentifier: [LimitRefusal]] = [:]
        func newRefusals(of facts: PodFacts) -> [LimitRefusal] {
            let id = ObjectIdentifier(facts)
            if let refusals = known[id] { return refusals }
            let refusals = judge(facts.resources)
            known[id] = refusals
            return refusals
        }
        return view.workloads.compactMap { group in
            var refusals: [(refusal: LimitRefusal, prefix: String)] = []
            for member in group.members {
                guard let facts = member.facts else { continue }
                for refusal in newRefusals(of: facts)
                where !refusals.contains(where: { $0.refusal == refusal }) {
                    refusals.append((refusal, member.templatePrefix))
                }
            }
            guard let worst = refusals.map(\.refusal.kind).max() else { return nil }
            let remedies = refusals.flatMap { refusal in refusal.refusal.remedies.map { refusal.prefix + $0 } }
            let reasons = refusals.map(\.refusal.message).joined(separator: "; ")
            let remedy = remedies.isEmpty ? "" : ". Set \(remedies.prefix(3).joined(separator: "; "))"
            return worst == .undefinedDefault
                ? Impact(
                    .medium,
                    .defaultUndefined,
                    "\(group.identity)",
                    "\(group) would get one of two defaults, and which is undefined: \(reasons)\(remedy)",
                    holds: false
                )
                : Impact(
                    .high,
                    .podsRefused,
                    "\(group.identity)",
                    "\(group) \(worst == .certain ? "would" : "might") be refused at its next start: \(reasons)\(remedy)"
                )
        }
    }

    private func isForeign(_ range: ObservedLimitRange) -> Bool {
        !range.isOurs && range.name == Marks.limitRangeName
    }

    private struct Wanted {
        // What cannot be said, and beside which other.
        let conflicts: [LimitTable.Key: String]
        // All that ours is to say: also what another says and the server would derive differently from ours.
        let entries: [LimitTable.Key: LimitTable.Value]
        // The same as it is written, and as the server would take that.
        let items: [LimitRange.Item]
        let table: LimitTable
        // Of what the profile asks for and no other says.
        let digests: Set<String>

        init(
            own: [LimitTable.Key: LimitTable.Value],
            entries: [LimitTable.Key: LimitTable.Value],
            conflicts: [LimitTable.Key: String] = [:]
        ) {
            self.conflicts = conflicts
            self.entries = entries
            items = LimitTable.items(entries)
            table = LimitTable(items)
            digests = LimitRangeControl.digests(own)
        }
    }

    private func wanted(in view: NamespaceView) -> Wanted {
        let foreign = view.limitRanges.filter { !$0.isOurs }
        return foreign.isEmpty ? alone : wanted(beside: foreign)
    }

    // What is left for ours to say beside the namespace's own LimitRanges, and what cannot be said beside them.
    private func wanted(beside foreign: [ObservedLimitRange]) -> Wanted {
        guard respectsExisting else { return Wanted(own: limits, entries: limits) }
        func other(_ key: LimitTable.Key) -> (name: String, value: LimitTable.Value)? {
            foreign.lazy.compactMap { range in range.limits.entries[key].map { (range.name, $0) } }.first
        }
        var own = limits.filter { other($0.key) == nil }
        var conflicts: [LimitTable.Key: String] = [:]
        // What the server would derive from ours must not compete with what theirs says: say the same. Where that would
        // be out of order, which the server refuses, ours cannot stand beside theirs. Each round drops one such entry.
        while true {
            let derived = LimitTable(LimitTable.items(own)).entries.keys.filter { own[$0] == nil }
            let adopted = derived.reduce(into: [LimitTable.Key: LimitTable.Value]()) { $0[$1] = other($1)?.value }
            let entries = own.merging(adopted) { own, _ in own }
            guard let disorder = LimitTable.disorder(entries) else {
                return Wanted(own: own, entries: entries, conflicts: conflicts)
            }
            // Where both are theirs, it is a maximum of ours that they would be derived from.
            let (lower, upper) = (disorder.lower, disorder.upper)
            let maximum = LimitTable.Key(type: upper.type, field: .max, resource: upper.resource)
            guard let culprit = [upper, lower, maximum].first(where: { own[$0] != nil }) else {
                return Wanted(own: own, entries: own, conflicts: conflicts)
            }
            own[culprit] = nil
            conflicts[culprit] = other(culprit == upper ? lower : upper)?.name ?? ""
        }
    }
}

extension LimitRange.Item {
    /// The item as the document that is applied.
    fileprivate var document: JSONValue {
        var document: JSONValue = ["type": .string(type.rawValue)]
        for field in LimitTable.Field.allCases {
            document[field.rawValue] = self[field].map { JSONValue($0) }
        }
        return document
    }
}

extension Operation {
    fileprivate static func delete(_ range: ObservedLimitRange, in view: NamespaceView) -> Operation {
        Operation(namespace: view.namespace.name, target: .limitRange(range.name), verb: .delete(uid: "\(range.uid)"))
    }
}
