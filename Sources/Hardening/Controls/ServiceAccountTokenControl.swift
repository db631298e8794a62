import KubernetesAPI

/// `serviceAccountToken`: accounts in scope have `automountServiceAccountToken: false`, so that a pod gets a token only
/// if it asks for one (CIS 5.1.5 and 5.1.6).
///
/// The field decides when a pod is created: running pods keep their token. A pod's own setting comes before the
/// account's, so a workload that needs a token says so in its template.
public struct ServiceAccountTokenControl: Control {
    /// The name of its field in the profile.
    public static let name = ControlName.serviceAccountToken

    /// What it does, the profile's own mode being the ceiling.
    public let mode: Mode
    private var scope: ServiceAccountTokenSpec.Scope
    private let overridesExplicitTrue: Bool
    private var skipsBoundAccounts: Bool
    private let exempt: [Glob]
    // By name: whom to leave as they are as long as they were never touched.
    private var spared: Set<String> = []

    private static let field = "automountServiceAccountToken"
    // A new account often comes a moment before its binding, and pods that are created in between would go without a
    // token for good. So its bindings get this long to arrive.
    static let settlingSeconds: Int64 = 15
    /// A binding is changed by replacing it, which takes a moment or, by hand, minutes; an account whose binding went is
    /// taken no sooner than after this many seconds.
    public static let unboundSeconds: Int64 = 300

    init(_ spec: ServiceAccountTokenSpec, mode: Mode, problems: inout [FieldError]) {
        self.mode = mode
        scope = spec.scope ?? .default
        overridesExplicitTrue = spec.explicitTrue == .override
        skipsBoundAccounts = spec.boundAccounts != .include
        let path = "spec.controls.serviceAccountToken.exemptServiceAccounts"
        exempt = Glob.parse(spec.exemptServiceAccounts ?? [], at: path, &problems)
    }

    /// What a person should know of it in this namespace.
    public func assess(_ view: NamespaceView) -> [Finding] {
        view.serviceAccounts.compactMap { account in
            switch treatment(of: account, in: view) {
            case .outOfScope, .compliant:
                return nil
            case .skipped:
                return finding(
                    view,
                    .info,
                    .boundAccountSkipped,
                    "ServiceAccount \(account.name) is left alone since a binding names it, so its pods may need their token"
                )
            case .respected:
                return finding(
                    view,
                    .medium,
                    .tokenExplicitlyMounted,
                    "ServiceAccount \(account.name) sets \(Self.field): true. Set it to false, exempt the account, or set "
                        + "explicitTrue: Override"
                )
            case .wanted, .spared:
                return finding(
                    view,
                    .high,
                    .tokenAutomounted,
                    "ServiceAccount \(account.name) hands its token to every pod: \(Self.field) is "
                        + "\(account.automount.map { "\($0)" } ?? "not set")"
                )
            }
        }
    }

    /// The writes that make it so on behalf of `profile`.
    public func plan(
        _ view: NamespaceView,
        for profile: String,
        replacing replaceable: Set<String>
    ) -> [Operation] {
        var operations: [Operation] = []
        func giveBack(_ account: ObservedServiceAccount) {
            guard account.isMarked, replaceable.contains(account.profile ?? view.namespace.profile ?? "") else {
                return
            }
            operations += Self.release(account, view)
        }
        // Whoever comes first, the operator or the controller that makes this account: the result is the same.
        if !view.serviceAccounts.contains(where: { $0.name == Marks.defaultServiceAccountName }),
            isInScope(Marks.defaultServiceAccountName, view)
        {
            operations.append(Self.apply(nil, Marks.defaultServiceAccountName, view, profile))
        }
        for account in view.serviceAccounts {
            switch treatment(of: account, in: view) {
            case .wanted where secondsToSettle(account, in: view) > 0:
                break
            case .wanted:
                operations.append(Self.apply(account, account.name, view, profile))
            case .compliant where isToBeRespected(account):
                giveBack(account)
            case .compliant where account.isMarked:
                // Still ours, perhaps for another profile, or with a mark that somebody took off.
                let isAsWanted =
                    account.ownsAutomount && account.profile == profile && account.previous == Self.remembered(account)
                if !isAsWanted { operations.append(Self.apply(account, account.name, view, profile)) }
            case .compliant, .spared:
                break
            case .outOfScope, .skipped, .respected:
                giveBack(account)
            }
        }
        return operations
    }

    /// The writes that give back what was written on behalf of `profiles`.
    public static func release(_ view: NamespaceView, of profiles: Set<String>) -> [Operation] {
        view.serviceAccounts.filter { account in
            account.isMarked && profiles.contains(account.profile ?? view.namespace.profile ?? "")
        }.flatMap { release($0, view) }
    }

    // MARK: Impact

    /// What runs, who is bound, and who holds a lease.
    public static var evidence: Set<String> {
        WorkloadKinds.plurals.union(["leases", "rolebindings", "clusterrolebindings"])
    }

    /// Workloads that would start without a token although they seem to use one: a binding names their account, or one
    /// of their pods holds a lease, which takes a token.
    public func impact(_ view: NamespaceView) -> [Impact] { losses(view).map(\.impact) }

    // The accounts whose token somebody would miss, each with what that means for one workload.
    private func losses(_ view: NamespaceView) -> [(account: String, impact: Impact)] {
        // No key path: one to what is looked up by key paths is made anew each time.
        let taken = Set(
            view.serviceAccounts.filter { treatment(of: $0, in: view) == .wanted || $0.ownsAutomount }.map { $0.name }
        )
        return view.workloads.compactMap { group in
            // Live pods keep the token that they have. What comes next is made from the template, if that is known.
            let next = group.templates.isEmpty ? group.pods : group.templates
            guard
                let facts = next.lazy.compactMap({ $0.facts })
                    .first(where: { $0.automount == nil && taken.contains($0.serviceAccount) })
            else { return nil }
            let lease = view.leaseHolders.sorted().first { holder in
                group.pods.contains { holder == $0.name || holder.hasPrefix("\($0.name)_") }
            }
            let sign: String
            if let lease {
                sign = "its pod holds a Lease as \(lease)"
            } else if view.boundAccounts.contains(facts.serviceAccount) {
                sign = "a binding names that account"
            } else if view.accountsBoundElsewhere.contains(facts.serviceAccount) {
                sign = "a RoleBinding of another namespace names that account"
            } else {
                return nil
            }
            let impact = Impact(
                .high,
                .tokenLost,
                "\(group.identity)",
                "\(group) would start without the token of ServiceAccount \(facts.serviceAccount), though \(sign). Set "
                    + "\(group.templates.first?.templatePrefix ?? "")spec.\(Self.field): true in it, or list the account in "
                    + "exemptServiceAccounts"
            )
            return (facts.serviceAccount, impact)
        }
    }

    /// The same without accounts that nobody has taken the token from yet and whose workloads seem to use it: they came
    /// with these workloads, after the rest was in force.
    public func sparing(_ impacts: [Impact], isBlind: Bool, in view: NamespaceView) -> (any Control)? {
        let untouched = view.serviceAccounts.filter { !$0.isMarked && treatment(of: $0, in: view) == .wanted }
        let subjects = Set(impacts.map(\.subject))
        let missed = Set(losses(view).filter { subjects.contains($0.impact.subject) }.map(\.account))
        var sparing = self
        sparing.spared = Set(untouched.map { $0.name }.filter { isBlind || missed.contains($0) })
        return sparing.spared.isEmpty ? nil : sparing
    }

    /// Which accounts.
    public func extent(_ view: NamespaceView) -> String {
        skipsBoundAccounts ? scope.rawValue : "\(scope.rawValue)+Bound"
    }

    /// If these accounts are among those.
    public func isCovered(by extent: String, in view: NamespaceView) -> Bool {
        let parts = extent.split(separator: "+")
        return (parts.first == "All" || parts.first.map(String.init) == scope.rawValue)
            && (skipsBoundAccounts || parts.contains("Bound"))
    }

    /// All, where none is left to be taken.
    public func observedExtent(_ view: NamespaceView) -> String? {
        view.serviceAccounts.contains { treatment(of: $0, in: view) == .wanted } ? nil : extent(view)
    }

    /// The same for these accounts.
    public func limited(to extent: String, in view: NamespaceView) -> (any Control)? {
        let parts = extent.split(separator: "+")
        guard let scope = parts.first.flatMap({ ServiceAccountTokenSpec.Scope(rawValue: String($0)) }) else {
            return nil
        }
        var limited = self
        if scope == .default { limited.scope = .default }
        if !parts.contains("Bound") { limited.skipsBoundAccounts = true }
        return limited
    }

    // MARK: Judgement

    private enum Treatment {
        case outOfScope
        case compliant
        /// In scope but for a binding.
        case skipped
        /// In scope but for its own wish.
        case respected
        /// In scope, and left as it is so as not to break what uses it.
        case spared
        /// In scope, and not as it should be.
        case wanted
    }

    private func treatment(of account: ObservedServiceAccount, in view: NamespaceView) -> Treatment {
        guard isNamedInScope(account.name) else { return .outOfScope }
        if spared.contains(account.name), !account.isMarked { return .spared }
        if skipsBoundAccounts, view.boundAccounts.contains(account.name) {
            // What somebody set to false by themselves needs no mention.
            return account.automount == false && !account.ownsAutomount ? .compliant : .skipped
        }
        switch account.automount {
        case false: return .compliant
        case nil: return .wanted
        // Once set by us, a change is drift. Before that, it is somebody's wish.
        case true:
            let isDrift = account.isMarked && !isToBeRespected(account)
            return isDrift || overridesExplicitTrue ? .wanted : .respected
        }
    }

    /// In how many seconds an account that is too new by now may be taken; `nil` if there is none.
    func nextLook(_ view: NamespaceView) -> Int64? {
        view.serviceAccounts.filter { treatment(of: $0, in: view) == .wanted }
            .map { secondsToSettle($0, in: view) }.filter { $0 > 0 }.min()
    }

    private func secondsToSettle(_ account: ObservedServiceAccount, in view: NamespaceView) -> Int64 {
        guard skipsBoundAccounts, let now = view.now else { return 0 }
        func left(of seconds: Int64, since start: Timestamp?) -> Int64 {
            guard let start else { return 0 }
            let age = now.secondsSinceEpoch - start.secondsSinceEpoch
            // From the future by more than that: the clocks differ, and waiting for them would be for ever.
            return -seconds...seconds ~= age ? max(0, seconds - age) : 0
        }
        let unbound = left(of: Self.unboundSeconds, since: view.unboundSince[account.name])
        if account.isMarked || account.name == Marks.defaultServiceAccountName { return unbound }
        return max(unbound, left(of: Self.settlingSeconds, since: account.created))
    }

    // Whether it asked for tokens before us, by a profile that overruled it then.
    private func isToBeRespected(_ account: ObservedServiceAccount) -> Bool {
        !overridesExplicitTrue && account.isMarked
            && Previous(annotation: account.previous).values[Self.field] == "true"
    }

    private func isNamedInScope(_ name: String) -> Bool {
        (scope == .all || name == Marks.defaultServiceAccountName) && !exempt.contains { $0.matches(name) }
    }

    private func isInScope(_ name: String, _ view: NamespaceView) -> Bool {
        isNamedInScope(name) && !(skipsBoundAccounts && view.boundAccounts.contains(name))
    }

    // MARK: Documents

    private static func remembered(_ account: ObservedServiceAccount?) -> String {
        let before = Previous(annotation: account?.previous)
        var remembered = Previous()
        let first: String? = account?.isMarked == true ? nil : account?.automount.map { "\($0)" }
        remembered.values[field] = .some(before.values[field] ?? first)
        return remembered.annotation
    }

    private static func apply(
        _ account: ObservedServiceAccount?,
        _ name: String,
        _ view: NamespaceView,
        _ profile: String
    ) -> Operation {
        var metadata: JSONValue = [
            "name": .string(name),
            "namespace": .string(view.namespace.name),
            "labels": JSONValue([Marks.profileLabel: profile]),
            "annotations": JSONValue([Marks.previousAnnotation: remembered(account)]),
        ]
        metadata["uid"] = account.map { .string("\($0.uid)") }
        return Operation(
            namespace: view.namespace.name,
            target: .serviceAccount(name),
            verb: .apply(["apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, field: false])
        )
    }

    // Said field by field, as for namespaces: see `NamespaceDocument`.
    private static func release(_ account: ObservedServiceAccount, _ view: NamespaceView) -> [Operation] {
        let namespace = view.namespace.name
        let target = Operation.Target.serviceAccount(account.name)
        var patch: JSONValue = [
            "metadata": [
                "resourceVersion": .string(account.resourceVersion.rawValue),
                "labels": [Marks.profileLabel: nil],
                "annotations": [Marks.previousAnnotation: nil],
            ]
        ]
        if account.ownsAutomount, !account.sharesAutomount {
            let before = Previous(annotation: account.previous).values[field] ?? nil
            patch[field] = before.map { .bool($0 == "true") } ?? .null
        }
        var operations = [Operation(namespace: namespace, target: target, verb: .merge(patch))]
        if account.sharesAutomount {
            let document: JSONValue = [
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": [
                    "name": .string(account.name), "namespace": .string(namespace), "uid": .string("\(account.uid)"),
                ],
            ]
            operations.append(Operation(namespace: namespace, target: target, verb: .apply(document)))
        }
        return operations
    }
}
