import KubernetesAPI
import PodSecurity

/// One question that ``WorkloadsControl`` asks of what runs: a check, with its rule.
///
/// To add one, write it in a file of its own and name it in ``all``.
public struct WorkloadCheck: Sendable {
    /// What a check looks at.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// A pod's spec, or a template, by itself.
        case pod
        /// A workload and the namespace around it.
        case workload
        /// A namespace.
        case namespace
        /// The cluster.
        case cluster
    }

    /// Its name, such as `read-only-root-filesystem`.
    public let id: String
    /// How bad it is to fail it, unless the profile says otherwise.
    public let severity: Severity
    /// What holds where it passes, in a sentence.
    public let title: String
    /// Where the rule comes from.
    public let source: String
    /// Whether it is asked of profiles that do not mention it. The Pod Security checks are asked by level and version
    /// besides; some need a parameter.
    public let isOnByDefault: Bool
    /// Resources without which it cannot be answered, by their plural names, such as `networkpolicies`.
    public let needs: Set<String>

    let rule: Rule

    /// How a check is answered.
    enum Rule: Sendable {
        /// By the Pod Security Standards.
        case podSecurity(CheckID)
        /// From a pod's spec, once: the answer is kept in ``PodFacts``.
        case pod(@Sendable (PodTemplateSpec) -> Problem?)
        /// From what is kept of a pod's spec and the profile's parameters.
        case facts(@Sendable (PodFacts, Parameters) -> Problem?)
        /// From a workload and its namespace. Says the whole message, which follows the workload's name.
        case workload(@Sendable (WorkloadGroup, NamespaceView) -> String?)
        /// From a namespace. Says the whole message.
        case namespace(@Sendable (NamespaceView) -> String?)
        /// From the cluster.
        case cluster(@Sendable (ClusterFacts, Parameters) -> ClusterAnswer)
    }

    /// What a profile says beside which checks are on.
    struct Parameters: Sendable, Hashable {
        var allowedRegistries: [RegistryPrefix] = []
        var minimumKubernetesMinor: Int?
    }

    /// What a check says of the cluster.
    enum ClusterAnswer: Sendable, Hashable {
        case passed
        case failed(String)
        case notObserved(String)
    }

    init(
        id: String,
        _ severity: Severity,
        _ title: String,
        source: String,
        isOnByDefault: Bool = true,
        needs: Set<String> = [],
        _ rule: Rule
    ) {
        self.id = id
        self.severity = severity
        self.title = title
        self.source = source
        self.isOnByDefault = isOnByDefault
        self.needs = needs
        self.rule = rule
    }

    /// What it looks at.
    public var scope: Scope {
        switch rule {
        case .podSecurity, .pod, .facts: .pod
        case .workload: .workload
        case .namespace: .namespace
        case .cluster: .cluster
        }
    }

    /// The check of the Pod Security Standards that it is, if it is one.
    public var podSecurityCheck: CheckID? {
        guard case .podSecurity(let check) = rule else { return nil }
        return check
    }
}

extension WorkloadCheck {
    /// Every check: those of the Pod Security Standards in the API server's order, then the others.
    public static let all: [WorkloadCheck] =
        podSecurity + [
            .containerRuntimeSocket,
            .hostPathReadOnly,
            .readOnlyRootFilesystem,
            .resourceLimits,
            .imageDigest,
            .imageTagLatest,
            .imageRegistryAllowlist,
            .secretEnvironmentVariables,
            .literalSecret,
            .serviceAccountTokenMounted,
            .defaultServiceAccountUsage,
            .shareProcessNamespace,
            .runAsGroup,
            .replicaCount,
            .defaultNamespaceUsage,
            .systemNamespaceUsage,
            .networkPolicyCoverage,
            .networkPolicyAllowAll,
            .cloudMetadataAccess,
            .reservedNamespacePrefix,
            .networkPolicyProvider,
            .kubernetesVersion,
            .nodeVersionSkew,
        ]

    /// The check of this name, if there is one.
    public static func named(_ id: String) -> WorkloadCheck? { byID[id] }

    /// The checks that a pod's spec answers.
    static let ofPods: [(id: String, rule: @Sendable (PodTemplateSpec) -> Problem?)] = all.compactMap { check in
        guard case .pod(let rule) = check.rule else { return nil }
        return (check.id, rule)
    }

    private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })
}

/// What is wrong with a pod, and what to change.
struct Problem: Sendable, Hashable {
    /// What is wrong, in a sentence without its beginning and end.
    var message: String
    /// What to change.
    var remedies: [Remedy]

    init(_ message: String, _ remedies: [Remedy]) {
        self.message = message
        self.remedies = remedies
    }

    /// What is wrong with those containers of `spec` for which `remedies` gives any; `nil` if it gives none. `message`
    /// is given them in words: `container "a"`, or `containers "a", "b"`.
    static func ofContainers(
        _ spec: PodSpec,
        _ remedies: (ContainerPlace, Container) -> [Remedy],
        message: (String) -> String
    ) -> Problem? {
        var names: [String] = []
        var all: [Remedy] = []
        spec.forEachContainer { place, container in
            let own = remedies(place, container)
            guard !own.isEmpty else { return }
            names.append(container.name)
            for remedy in own { all.append(Remedy(subject: container.name, path: remedy.path, value: remedy.value)) }
        }
        return names.isEmpty ? nil : Problem(message(inWords(names)), all)
    }

    /// `container "a"`, or `containers "a", "b"`.
    static func inWords(_ containers: [String]) -> String {
        (containers.count == 1 ? "container " : "containers ")
            + containers.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
