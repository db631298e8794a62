import KubernetesAPI

/// Foretells what the API server's LimitRanger admission does to a pod: fills in defaults, and refuses what is out of
/// bounds.
///
/// Source: `plugin/pkg/admission/limitranger/admission.go`, and for what comes before and after it
/// `pkg/apis/core/v1/defaults.go` and `pkg/apis/core/validation/validation.go`. Claims for volumes are not looked at.
public struct LimitRanger: Sendable {
    /// A LimitRange as it is, or would be, in the namespace.
    public struct Range: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// What it limits.
        public var limits: LimitTable

        /// The LimitRange `name` with these limits.
        public init(name: String, limits: LimitTable) {
            self.name = name
            self.limits = limits
        }
    }

    /// What one container gets if it says nothing.
    struct Defaults: Sendable, Hashable {
        var request: LimitRangeAmount?
        var limit: LimitRangeAmount?
    }

    let containerBounds: [String: LimitBounds]
    let podBounds: [String: LimitBounds]
    let rules: PodRules
    /// By resource, all that can come about: which LimitRange is looked at first is undefined.
    private let defaults: [String: [Defaults]]

    /// What the LimitRanger of a server 1.`serverMinor` does with these LimitRanges in a namespace; their order means
    /// nothing.
    public init(_ ranges: [Range], serverMinor: Int) {
        let ranges = ranges.sorted { $0.name < $1.name }
        containerBounds = Self.bounds(of: ranges, type: .container)
        podBounds = Self.bounds(of: ranges, type: .pod)
        defaults = Self.defaults(of: ranges)
        rules = PodRules(serverMinor: serverMinor)
    }

    private static func bounds(of ranges: [Range], type: LimitRange.LimitType) -> [String: LimitBounds] {
        var bounds: [String: LimitBounds] = [:]
        for range in ranges {
            for (key, value) in range.limits.entries where key.type == type {
                let amount = LimitRangeAmount(
                    amount: ResourceAmount(value.quantity, text: value.text),
                    source: range.name
                )
                func keep(_ field: WritableKeyPath<LimitBounds, LimitRangeAmount?>, _ isNarrower: Bool?) {
                    if isNarrower ?? true { bounds[key.resource, default: LimitBounds()][keyPath: field] = amount }
                }
                let present = bounds[key.resource]
                switch key.field {
                case .min: keep(\.min, present?.min.map { amount.amount > $0.amount })
                case .max: keep(\.max, present?.max.map { amount.amount < $0.amount })
                case .maxLimitRequestRatio: keep(\.ratio, present?.ratio.map { amount.amount < $0.amount })
                case .default, .defaultRequest: break
                }
            }
        }
        return bounds
    }

    // The server fills in what a LimitRange has, then what the next has and is still missing. So the first of those with
    // a default request gives the request, and the limit too if it has one, as it mostly does.
    private static func defaults(of ranges: [Range]) -> [String: [Defaults]] {
        var byResource: [String: [Defaults]] = [:]
        for range in ranges {
            for resource in Set(range.limits.entries.keys.filter { $0.type == .container }.map(\.resource)) {
                func amount(_ field: LimitTable.Field) -> LimitRangeAmount? {
                    let key = LimitTable.Key(type: .container, field: field, resource: resource)
                    return range.limits.entries[key].map {
                        LimitRangeAmount(amount: ResourceAmount($0.quantity, text: $0.text), source: range.name)
                    }
                }
                let own = Defaults(request: amount(.defaultRequest), limit: amount(.default))
                if own != Defaults() { byResource[resource, default: []].append(own) }
            }
        }
        return byResource.mapValues { all in
            let limits = all.filter { $0.limit != nil }
            var outcomes: [Defaults] = []
            for first in all {
                let completed =
                    first.limit != nil || limits.isEmpty
                    ? [first] : limits.map { Defaults(request: first.request, limit: $0.limit) }
                for outcome in completed where !outcomes.contains(where: { $0.amounts == outcome.amounts }) {
                    outcomes.append(outcome)
                }
            }
            return outcomes
        }
    }

    /// All that containers can come to be given of `resource`; one where that is defined.
    func defaults(of resource: String) -> [Defaults] { defaults[resource] ?? [Defaults()] }

    // MARK: Judging

    /// What speaks against pods that ask for `resources`: at most one for each resource of each container, and one for
    /// each of the pod as a whole. What the server says whatever LimitRanges there are is among it.
    public func refusals(of resources: PodResources) -> [LimitRefusal] {
        resources.containers.flatMap { container in
            names(in: container.requirements).compactMap { refusal(of: container, $0) } + hugePages(container)
        } + podRefusals(of: resources)
    }

    /// What speaks against pods that ask for `resources`, and does not, or not as surely, by `other`.
    public func refusals(of resources: PodResources, besidesThoseOf other: LimitRanger) -> [LimitRefusal] {
        let all = refusals(of: resources)
        if all.isEmpty { return [] }
        let known = other.refusals(of: resources)
        return all.filter { refusal in
            !known.contains {
                $0.path == refusal.path && $0.resource == refusal.resource && $0.kind >= refusal.kind
            }
        }
    }

    private func names(in requirements: ResourceRequirements) -> [String] {
        Set(requirements.requests.keys).union(requirements.limits.keys).union(containerBounds.keys)
            .union(defaults.keys).sorted()
    }

    private func refusal(of container: PodResources.Container, _ resource: String) -> LimitRefusal? {
        let outcomes = outcomes(of: container.requirements, resource)
        let problems = outcomes.map { problem(of: $0, resource) }
        let found = problems.compactMap { $0 }
        guard let first = outcomes.first, !found.isEmpty || outcomes.count > 1 else { return nil }
        let kind: LimitRefusal.Kind =
            found.count == problems.count ? .certain : found.isEmpty ? .undefinedDefault : .possible
        var message = found.first ?? ""
        if kind != .certain {
            let second = outcomes.first { $0 != first } ?? first
            message =
                "which of the LimitRanges' defaults for \(resource) it gets is undefined: \(first.difference(from: second))"
                + (found.first.map { "; with one of them, \($0)" } ?? "")
        }
        return LimitRefusal(
            kind: kind,
            resource: resource,
            path: container.path,
            container: container.name,
            message: "\(container.subject): \(message)",
            remedies: remedies(for: container, resource)
        )
    }

    // Source: ValidateResourceRequirements, "HugePages require cpu or memory".
    private func hugePages(_ container: PodResources.Container) -> [LimitRefusal] {
        let names = names(in: container.requirements)
        guard names.contains(where: ResourceNames.isHugePages) else { return [] }
        let claimed = names.filter {
            let claim = outcomes(of: container.requirements, $0).first
            return claim?.request != nil || claim?.limit != nil
        }
        guard let pages = claimed.first(where: ResourceNames.isHugePages),
            !claimed.contains(where: ResourceNames.isForPods)
        else { return [] }
        return [
            LimitRefusal(
                kind: .certain,
                resource: pages,
                path: container.path,
                container: container.name,
                message: "\(container.subject): it has \(pages), which need cpu or memory beside them",
                remedies: ["\(container.path).resources.requests.memory"]
            )
        ]
    }

    private func problem(of claim: ResourceClaim, _ resource: String) -> String? {
        claim.problem(resource) ?? containerBounds[resource]?.problem(of: claim, resource)
    }

    /// What a container with these requirements may come to claim: more than one where defaults are undefined.
    func outcomes(of requirements: ResourceRequirements, _ resource: String) -> [ResourceClaim] {
        var outcomes: [ResourceClaim] = []
        for defaults in defaults(of: resource) {
            let claim = ResourceClaim(requirements, resource, defaults: defaults)
            if !outcomes.contains(where: { $0.amounts == claim.amounts }) { outcomes.append(claim) }
        }
        return outcomes
    }

    // MARK: Remedies

    // The least change after which the container is admitted for certain: a limit, else a request, else both, out of the
    // amounts that are there already.
    private func remedies(for container: PodResources.Container, _ resource: String) -> [String] {
        let bounds = containerBounds[resource] ?? LimitBounds()
        if bounds.isContradictory { return [] }
        let requests = outcomes(of: container.requirements, resource).compactMap(\.request?.amount)
        let limits = outcomes(of: container.requirements, resource).compactMap(\.limit?.amount)
        let edges = [bounds.max?.amount, bounds.min?.amount].compactMap { $0 }
        let forLimit: [ResourceAmount?] = (requests + edges + limits).map { $0 }
        let forRequest: [ResourceAmount?] = (limits + edges + requests).map { $0 }
        let changes: [(limit: ResourceAmount?, request: ResourceAmount?)] =
            forLimit.map { ($0, nil) } + forRequest.map { (nil, $0) }
            + forLimit.flatMap { limit in forRequest.map { (limit, $0) } }
        let change = changes.first { change in
            var requirements = container.requirements
            if let limit = change.limit { requirements.limits[resource] = limit.text }
            if let request = change.request { requirements.requests[resource] = request.text }
            let outcomes = outcomes(of: requirements, resource)
            return outcomes.count == 1 && outcomes.allSatisfy { problem(of: $0, resource) == nil }
        }
        let field = "\(container.path).resources"
        guard let change else {
            return [
                "\(field).limits\(ResourceNames.field(resource))", "\(field).requests\(ResourceNames.field(resource))",
            ]
        }
        return [
            change.limit.map { "\(field).limits\(ResourceNames.field(resource)): \($0.text)" },
            change.request.map { "\(field).requests\(ResourceNames.field(resource)): \($0.text)" },
        ].compactMap { $0 }
    }
}

extension LimitRanger.Defaults {
    fileprivate var amounts: [ResourceAmount?] { [request?.amount, limit?.amount] }
}

extension PodResources.Container {
    fileprivate var subject: String { "\(isInit ? "init container" : "container") \"\(name)\"" }
}

extension ResourceClaim {
    fileprivate var amounts: [ResourceAmount?] { [request?.amount, limit?.amount] }

    // First the pod's own defaulting, then the LimitRanger's.
    init(_ requirements: ResourceRequirements, _ resource: String, defaults: LimitRanger.Defaults) {
        let ownLimit = requirements.limits[resource].flatMap { ResourceAmount($0) }
        let ownRequest = requirements.requests[resource].flatMap { ResourceAmount($0) }
        limit =
            ownLimit.map { Value(amount: $0, origin: .own) }
            ?? defaults.limit.map { Value(amount: $0.amount, origin: .default($0.source)) }
        request =
            ownRequest.map { Value(amount: $0, origin: .own) } ?? ownLimit.map { Value(amount: $0, origin: .limit) }
            ?? defaults.request.map { Value(amount: $0.amount, origin: .default($0.source)) }
    }

    /// Where two outcomes differ, such as `a limit of 1Gi (LimitRange a) or 2Gi (LimitRange b)`.
    fileprivate func difference(from other: ResourceClaim) -> String {
        func text(_ value: Value?) -> String {
            guard let value else { return "none" }
            if case .default(let source) = value.origin { return "\(value.amount.text) (LimitRange \(source))" }
            return value.amount.text
        }
        let (noun, own, others) =
            limit?.amount != other.limit?.amount
            ? ("limit", limit, other.limit) : ("request", request, other.request)
        return "a \(noun) of \(text(own)) or of \(text(others))"
    }
}
