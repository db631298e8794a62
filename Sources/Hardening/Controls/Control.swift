import KubernetesAPI

/// One thing that a profile asks of each namespace: how to tell whether it is so, how to make it so, and how to undo it.
///
/// All three are pure: they look at the view and nothing else.
public protocol Control: Sendable {
    /// The name of its field in the profile.
    static var name: ControlName { get }

    /// What it does, the profile's own mode being the ceiling. Never ``Mode/disabled``.
    var mode: Mode { get }

    /// What a person should know of it in this namespace. It is compliant if none of that is a violation.
    func assess(_ view: NamespaceView) -> [Finding]

    /// The writes that make it so on behalf of `profile`; none if it is. Never called while the namespace is
    /// terminating or protected. What was written for others and is not wanted now is given back if it was for one of
    /// `replaceable`; else it stays.
    func plan(_ view: NamespaceView, for profile: String, replacing replaceable: Set<String>) -> [Operation]

    /// The writes that give back what was written on behalf of `profiles`.
    static func release(_ view: NamespaceView, of profiles: Set<String>) -> [Operation]

    /// What enforcing it here would break, or has broken, were it not there already.
    func impact(_ view: NamespaceView) -> [Impact]

    /// The resources, by plural name, without which that cannot be foretold.
    static var evidence: Set<String> { get }

    /// How far it reaches here: what is written down of it once it is in force, to tell the repair of drift, which is
    /// never held up, from enforcing more than before, which is. Letters, digits and `+ : . -` only.
    func extent(_ view: NamespaceView) -> String

    /// Whether `extent`, written down earlier, is as much as it asks for.
    func isCovered(by extent: String, in view: NamespaceView) -> Bool

    /// How far it is in force by what can be seen, if that is not written down.
    func observedExtent(_ view: NamespaceView) -> String?

    /// What of it goes on while the rest is held; `nil` if what is there is to stay as it is.
    func limited(to extent: String, in view: NamespaceView) -> (any Control)?

    /// The same without what was never touched here and would break as `impacts` say, or by what cannot be observed: what
    /// is in force reaches objects that come later, and that is no repair. `nil` if there is nothing of the kind.
    func sparing(_ impacts: [Impact], isBlind: Bool, in view: NamespaceView) -> (any Control)?

    /// Why what is there may have no effect; `nil` if it has.
    func doubt(_ view: NamespaceView) -> String?
}

extension Control {
    /// Nothing.
    public func impact(_ view: NamespaceView) -> [Impact] { [] }
    /// What runs, of every kind.
    public static var evidence: Set<String> { WorkloadKinds.plurals }
    /// All or nothing.
    public func extent(_ view: NamespaceView) -> String { "all" }
    /// If it is the same.
    public func isCovered(by extent: String, in view: NamespaceView) -> Bool { extent == self.extent(view) }
    /// That cannot be seen.
    public func observedExtent(_ view: NamespaceView) -> String? { nil }
    /// Nothing.
    public func limited(to extent: String, in view: NamespaceView) -> (any Control)? { nil }
    /// Nothing.
    public func sparing(_ impacts: [Impact], isBlind: Bool, in view: NamespaceView) -> (any Control)? { nil }
    /// None.
    public func doubt(_ view: NamespaceView) -> String? { nil }
}

/// All controls there are.
enum Controls {
    static let all: [any Control.Type] = [
        PodSecurityControl.self,
        ServiceAccountTokenControl.self,
        NetworkPolicyControl.self,
        LimitRangeControl.self,
        WorkloadsControl.self,
    ]
}

extension Control {
    func finding(
        _ view: NamespaceView,
        _ severity: Severity,
        _ reason: Finding.Reason,
        _ message: String
    ) -> Finding {
        Finding(
            namespace: view.namespace.name,
            control: Self.name,
            severity: severity,
            reason: reason,
            message: message
        )
    }
}

extension Operation {
    /// Applies an object of the operator's own: labelled so, and with `spec`.
    static func applyOwn(
        _ resource: Resource,
        _ target: Target,
        name: String,
        in namespace: String,
        for profile: String,
        annotations: [String: String]? = nil,
        spec: JSONValue
    ) -> Operation {
        var document: JSONValue = [
            "apiVersion": .string(resource.apiVersion),
            "kind": .string(resource.kind),
            "metadata": [
                "name": .string(name),
                "namespace": .string(namespace),
                "labels": JSONValue([
                    Marks.managedByLabel: Marks.managedByValue,
                    Marks.profileLabel: profile,
                ]),
            ],
            "spec": spec,
        ]
        if let annotations { document["metadata"]?["annotations"] = JSONValue(annotations) }
        return Operation(namespace: namespace, target: target, verb: .apply(document))
    }
}
