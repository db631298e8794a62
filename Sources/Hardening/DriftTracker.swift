/// Tells the repair of drift from other writes.
///
/// Once all that a profile asks for stands in a namespace, it notes how. What is written later to an object that stood
/// there, and stands otherwise now or no more, repairs drift. What is written to one that is as it was, since something
/// else is asked for, does not; nor what is written to a new object; nor what is found after a restart, since nobody has
/// seen how it was before.
///
/// It holds a few bytes for each service account and each object of the operator's, once for all namespaces in which these
/// are alike.
public struct DriftTracker: Sendable {
    private struct Settled: Hashable {
        var profile: String
        var objects: [Fingerprint: Fingerprint]
    }

    private var settled = CopiesByKey<String, Settled>()

    /// Nothing was seen yet.
    public init() {}

    /// In the namespace of `view`, all stands that `profile` asks for; `nil` if none enforces anything there.
    public mutating func settled(_ view: NamespaceView, under profile: String?) {
        settled[view.namespace.name] = profile.map { Settled(profile: $0, objects: Self.objects(view)) }
    }

    /// The namespace is gone.
    public mutating func forget(_ namespace: String) {
        settled[namespace] = nil
    }

    /// Those of `operations`, planned for `profile` by `view`, that repair drift.
    public func repairs(_ operations: some Sequence<Operation>, _ view: NamespaceView, under profile: String)
        -> Set<Operation>
    {
        guard let settled = settled[view.namespace.name], settled.profile == profile else { return [] }
        let objects = Self.objects(view)
        return Set(
            operations.filter { operation in
                let target = Fingerprint(of: operation.target)
                guard let before = settled.objects[target] else { return false }
                return objects[target] != before
            }
        )
    }

    // How all that the operator writes to stands, whatever else is in it left aside.
    private static func objects(_ view: NamespaceView) -> [Fingerprint: Fingerprint] {
        var objects: [Fingerprint: Fingerprint] = [:]
        func note(_ target: Operation.Target, _ content: some Hashable) {
            objects[Fingerprint(of: target)] = Fingerprint(of: content)
        }
        let labels = view.namespace.labels.filter {
            $0.key.hasPrefix("pod-security.kubernetes.io/") || $0.key == Marks.profileLabel
        }
        note(.namespace, labels)
        for policy in view.networkPolicies where policy.isOurs {
            note(.networkPolicy(policy.name), [Fingerprint(of: policy.profile), policy.fingerprint])
        }
        for range in view.limitRanges where range.isOurs {
            note(.limitRange(range.name), [Fingerprint(of: range.profile), Fingerprint(of: range.limits)])
        }
        for account in view.serviceAccounts { note(.serviceAccount(account.name), account.automount) }
        return objects
    }
}
