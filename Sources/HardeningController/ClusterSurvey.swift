import ControllerRuntime
import Hardening
import KubernetesAPI
import KubernetesClient
import Logging

/// What the operator would do in one namespace, and why not more.
public struct NamespaceSurvey: Sendable {
    /// One write that it would make.
    public struct Change: Sendable {
        /// The control that it is for.
        public var control: ControlName
        /// The write.
        public var operation: Operation
        /// Whether the object is there already.
        public var isPresent: Bool
        /// What of the object would be another.
        public var differences: [FieldDifference]
    }

    /// The namespace.
    public var name: String
    /// The profile that governs it.
    public var governor: String?
    /// The profiles that select it in vain, since it is protected.
    public var selecting: [String] = []
    /// The profiles that select it, but do not govern.
    public var shadowed: [String]
    /// Whether it is protected, so that nothing is ever written.
    public var isProtected: Bool
    /// Whether it is on its way out, so that nothing is looked at or written any more.
    public var isTerminating = false
    /// How each control stands.
    public var verdicts: [Verdict]
    /// What would be written, in order.
    public var changes: [Change]
}

/// Looks once at a live cluster and says what the operator would do, without doing any of it.
///
/// It reads what the operator watches, into the same caches, and asks the same core.
public struct ClusterSurvey: Sendable {
    /// What was found.
    public struct Result: Sendable {
        /// Namespaces that some profile selects or has written to, and those that were asked for, by name.
        public var namespaces: [NamespaceSurvey]
        /// Namespaces that were asked for and do not exist, by name.
        public var missing: [String] = []
        /// What is found of the cluster itself, by profile.
        public var clusterFindings: [String: [Finding]]
        /// Profiles that are not understood, and why.
        public var invalid: [String: InvalidProfile]
        /// Resources that could not be read, and why: what depends on them is not judged, and not enforced.
        public var unobserved: [String: String]
    }

    private let client: KubernetesClient
    private let options: Controller.Options
    private let logger: Logger
    private let now: Timestamp

    /// A survey at the time of day `now`.
    public init(client: KubernetesClient, options: Controller.Options, logger: Logger, now: Timestamp) {
        self.client = client
        self.options = options
        self.logger = logger
        self.now = now
    }

    /// Looks at `only` these namespaces, or at all; with `profile` in place of the cluster's one of that name, or beside
    /// the others.
    ///
    /// - Throws: ``APIError``, ``TransportError`` when what nothing can be said without cannot be read;
    ///   `CancellationError`.
    public func run(profile: HardeningProfile?, only names: Set<String>) async throws -> Result {
        let cache = ClusterCache(
            serverMinor: options.serverMinor,
            networkPolicyProvider: options.networkPolicyProvider
        )
        let unobserved = try await fill(cache)
        if let profile { cache.profiles.written(ObjectKey(profile.metadata), ObservedProfile(profile), .init("")) }
        cache.facts.setUnobservedDaemonSets(unobserved["daemonsets"])
        _ = cache.setUnobserved(unobserved)
        _ = cache.facts.setPodSecurityAdmission(await AdmissionProbe(client: client).evidence())
        _ = cache.facts.refresh()
        cache.refreshKubeletVersions()
        let profiles = cache.profiles.values()
        let since = ProfileRegistry.writingSince(profiles, [:], now)
        let governance = Governance(profiles.map { $0.state(writingSince: since[$0.name]) })
        var surveys: [NamespaceSurvey] = []
        for name in cache.namespaces.names().sorted() where names.isEmpty || names.contains(name) {
            try Task.checkCancellation()
            let survey = try await survey(name, cache, governance, isAsked: names.contains(name))
            if let survey { surveys.append(survey) }
        }
        var result = Result(namespaces: surveys, clusterFindings: [:], invalid: [:], unobserved: unobserved)
        result.missing = names.subtracting(cache.namespaces.names()).sorted()
        for profile in profiles {
            switch profile.compiled {
            case .success(let compiled): result.clusterFindings[profile.name] = compiled.assess(cache.facts.current)
            case .failure(let error): result.invalid[profile.name] = error
            }
        }
        return result
    }

    // Everything at once; custom resources once it is known which there are.
    private func fill(_ cache: ClusterCache) async throws -> [String: String] {
        var quiet = logger
        quiet.logLevel = .critical
        let sources = ClusterSources(
            cache: cache,
            client: client,
            outages: OutageLog(logger: quiet),
            logger: logger,
            listeners: .init(namespaces: { _ in }, profile: { _ in }, nodes: {}, served: {}, synced: { _ in })
        )
        var unobserved: [String: String] = [:]
        for isCustom in [false, true] {
            let due = sources.all.filter { source in
                source.definition.map { isCustom && sources.definitions.contains($0) } ?? !isCustom
            }
            try await withThrowingTaskGroup(of: (String, String)?.self) { group in
                for source in due {
                    group.addTask {
                        do {
                            try await source.reflector.fill()
                            return nil
                        } catch let error as APIError where source.importance == .evidence {
                            return (source.plural, "\(error.code)")
                        }
                    }
                }
                for try await missing in group {
                    if let (plural, reason) = missing { unobserved[plural] = reason }
                }
            }
        }
        return unobserved
    }

    private func survey(
        _ name: String,
        _ cache: ClusterCache,
        _ governance: Governance,
        isAsked: Bool
    ) async throws -> NamespaceSurvey? {
        guard var view = cache.view(of: name, at: now) else { return nil }
        let isProtected = options.protectedNamespaces.contains(name)
        guard !view.namespace.isTerminating else {
            let survey = NamespaceSurvey(
                name: name,
                shadowed: [],
                isProtected: isProtected,
                isTerminating: true,
                verdicts: [],
                changes: []
            )
            return isAsked ? survey : nil
        }
        let decision = governance.decide(view.namespace, isProtected: isProtected, traces: view.traces)
        var judgement = Judgement(decision, view)
        if let policy = judgement.question {
            cache.take(await ClusterWriter(client: client).ask(about: policy, view), for: name)
            view = cache.view(of: name, at: now) ?? view
            judgement = Judgement(decision, view)
        }
        if let policy = judgement.exemptionQuestion {
            cache.take(await ClusterWriter(client: client).askForExemption(with: policy, view), for: name)
            view = cache.view(of: name, at: now) ?? view
            judgement = Judgement(decision, view)
        }
        let plan = judgement.plan
        let isOfInterest = decision.governor != nil || isProtected && !decision.protectedFrom.isEmpty || !plan.isEmpty
        guard isAsked || isOfInterest else { return nil }
        var changes: [NamespaceSurvey.Change] = []
        for step in plan.steps {
            for operation in step.operations {
                let object = try await present(operation)
                let differences = operation.differences(from: object)
                changes.append(
                    .init(
                        control: step.control,
                        operation: operation,
                        isPresent: object != nil,
                        differences: differences
                    )
                )
            }
        }
        return NamespaceSurvey(
            name: name,
            governor: decision.governor?.name,
            selecting: decision.protectedFrom.map(\.name),
            shadowed: decision.shadowed,
            isProtected: isProtected,
            verdicts: judgement.verdicts,
            changes: changes
        )
    }

    private func present(_ operation: Operation) async throws -> JSONValue? {
        let path =
            switch operation.target {
            case .namespace: Namespace.resource.path(name: operation.namespace)
            case .networkPolicy(let name): NetworkPolicy.resource.path(namespace: operation.namespace, name: name)
            case .serviceAccount(let name): ServiceAccount.resource.path(namespace: operation.namespace, name: name)
            case .limitRange(let name): LimitRange.resource.path(namespace: operation.namespace, name: name)
            }
        do {
            return try await client.get(JSONValue.self, path: path)
        } catch let error as APIError where error.isNotFound {
            return nil
        }
    }
}
