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
        spec: JSONValue
    ) -> Operation {
        let document: JSONValue = [
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
        return Operation(namespace: namespace, target: target, verb: .apply(document))
    }
}
