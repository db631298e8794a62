import KubernetesAPI

/// One write to the cluster.
public struct Operation: Sendable, Hashable {
    /// What is written to.
    public enum Target: Sendable, Hashable {
        /// The namespace itself.
        case namespace
        /// The NetworkPolicy of this name in it.
        case networkPolicy(String)
        /// The ServiceAccount of this name in it.
        case serviceAccount(String)
        /// The LimitRange of this name in it.
        case limitRange(String)
    }

    /// How.
    public enum Verb: Sendable, Hashable {
        /// Server-side apply of the operator's whole intent for the object.
        case apply(JSONValue)
        /// Merge patch: puts back what was somebody else's.
        case merge(JSONValue)
        /// Deletion of the object with this uid.
        case delete(uid: String)
    }

    /// The namespace, or the one that the target is in.
    public var namespace: String
    /// The object.
    public var target: Target
    /// What is done to it.
    public var verb: Verb

    /// An operation with the given parts.
    public init(namespace: String, target: Target, verb: Verb) {
        self.namespace = namespace
        self.target = target
        self.verb = verb
    }
}

extension Operation {
    /// Hashes what it is done to: a namespace's operations differ in that, and documents are long.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(namespace)
        hasher.combine(target)
    }
}

extension Operation: CustomStringConvertible {
    /// Such as `NetworkPolicy team-a/hardening-default-deny`.
    public var object: String { target.description(in: namespace) }

    /// Such as `apply NetworkPolicy team-a/hardening-default-deny`.
    public var description: String {
        switch verb {
        case .apply: "apply \(object)"
        case .merge: "restore \(object)"
        case .delete: "delete \(object)"
        }
    }
}

extension Operation.Target {
    /// Such as `NetworkPolicy team-a/hardening-default-deny`.
    func description(in namespace: String) -> String {
        switch self {
        case .namespace: "Namespace \(namespace)"
        case .networkPolicy(let name): "NetworkPolicy \(namespace)/\(name)"
        case .serviceAccount(let name): "ServiceAccount \(namespace)/\(name)"
        case .limitRange(let name): "LimitRange \(namespace)/\(name)"
        }
    }
}

/// What is to be written to one namespace, in order.
///
/// Steps of one control depend on one another: when one fails, the rest of its control waits. Controls do not depend on
/// one another.
public struct Plan: Sendable, Hashable {
    /// The operations of one control.
    public struct Step: Sendable, Hashable {
        /// The control.
        public var control: ControlName
        /// Its operations, in order: each builds on those before it.
        public var operations: [Operation]
    }

    /// The steps, in order.
    public var steps: [Step]

    /// A plan with these steps; empty ones are left out.
    public init(_ steps: [Step]) {
        self.steps = steps.filter { !$0.operations.isEmpty }
    }

    /// Whether there is nothing to do.
    public var isEmpty: Bool { steps.isEmpty }

    /// The operations among `done`: planned after those were carried out, they show what did not stay.
    public func repeated(_ done: Set<Operation>) -> [(control: ControlName, operation: Operation)] {
        steps.flatMap { step in
            step.operations.filter(done.contains).map { (step.control, $0) }
        }
    }
}
