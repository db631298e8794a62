import KubernetesAPI

/// What servers of different versions make of a pod as a whole.
struct PodRules: Sendable, Hashable {
    /// How the containers' amounts are added up.
    enum Sum: Sendable, Hashable {
        /// An amount that one container lacks, the sum lacks.
        case ofAll
        /// Containers without an amount count as nothing, and sidecars go on beside the others (KEP-753).
        case ofThoseThatSay
    }

    /// All that the version might do.
    var sums: [Sum]
    /// Whether `spec.resources` of a pod counts (KEP-2837): in beta, and so on, from 1.34.
    var honoursPodLevel: Bool

    init(serverMinor: Int) {
        // The sum was rewritten when sidecars came, with 1.28. Around that either rule counts: better to foretell a refusal
        // too many than one too few.
        sums = serverMinor < 26 ? [.ofAll] : serverMinor < 29 ? [.ofAll, .ofThoseThatSay] : [.ofThoseThatSay]
        honoursPodLevel = serverMinor >= 34
    }
}

// The pod as a whole.

extension LimitRanger {
    func podRefusals(of pod: PodResources) -> [LimitRefusal] {
        let level = rules.honoursPodLevel ? pod.pod : nil
        var resources = Set(podBounds.keys)
        if let level {
            // Also what the pod does not name: its requests are completed by what its containers ask for.
            resources.formUnion(level.requests.keys)
            resources.formUnion(level.limits.keys)
            for container in pod.containers { resources.formUnion(container.requirements.requests.keys) }
            for container in pod.containers { resources.formUnion(container.requirements.limits.keys) }
        }
        return resources.sorted().compactMap { resource in
            let outcomes = defaults(of: resource)
            // In the order of `outcomes`: what is wrong, and what to do about it.
            let problems = outcomes.map { defaults in
                let claims = pod.containers.map {
                    PlacedClaim(container: $0, claim: ResourceClaim($0.requirements, resource, defaults: defaults))
                }
                return inconsistency(of: claims, level, resource) ?? excess(of: claims, level, resource)
            }
            let found = problems.compactMap { $0 }
            guard let first = found.first else { return nil }
            let isCertain = found.count == problems.count
            return LimitRefusal(
                kind: isCertain ? .certain : .possible,
                resource: resource,
                path: "spec",
                container: nil,
                message: "pod: " + (isCertain ? "" : "with one of the LimitRanges' defaults for \(resource), ")
                    + first.problem,
                remedies: first.remedies
            )
        }
    }

    private struct PlacedClaim {
        var container: PodResources.Container
        var claim: ResourceClaim
    }

    private typealias Complaint = (problem: String, remedies: [String])

    private func excess(
        of claims: [PlacedClaim],
        _ level: ResourceRequirements?,
        _ resource: String
    ) -> Complaint? {
        guard let bounds = podBounds[resource] else { return nil }
        for rule in rules.sums {
            var total = ResourceClaim(
                request: sum(claims, rule, resource) { $0.request },
                limit: sum(claims, rule, resource) { $0.limit }
            )
            if let level, ResourceNames.isForPods(resource) {
                let own = podClaim(level, claims, resource)
                total.request = own.request ?? total.request
                total.limit = own.limit ?? total.limit
            }
            if let problem = bounds.problem(of: total, resource) {
                return (problem, remedies(for: total, claims, bounds, resource, isOwn: level?.limits[resource] != nil))
            }
        }
        return nil
    }

    private func remedies(
        for total: ResourceClaim,
        _ claims: [PlacedClaim],
        _ bounds: LimitBounds,
        _ resource: String,
        isOwn: Bool
    ) -> [String] {
        if bounds.isContradictory { return [] }
        func all(_ field: String) -> String {
            isOwn
                ? "spec.resources.\(field)\(ResourceNames.field(resource))"
                : "spec.containers[*].resources.\(field)\(ResourceNames.field(resource))"
        }
        // Where the sum lacks something, the containers that lack it.
        func missing(_ field: String, _ value: (ResourceClaim) -> ResourceClaim.Value?) -> [String] {
            claims.filter { !$0.container.isInit && value($0.claim) == nil }
                .map { "\($0.container.path).resources.\(field)\(ResourceNames.field(resource))" }
        }
        if bounds.max != nil || bounds.ratio != nil, total.limit == nil { return missing("limits") { $0.limit } }
        guard let asked = total.request else { return missing("requests") { $0.request } }
        if let max = bounds.max, let limit = total.limit, limit.amount > max.amount || asked.amount > max.amount {
            return ["\(all("limits")): at most \(max.amount.text) in all"]
        }
        if let min = bounds.min, asked.amount < min.amount {
            return ["\(all("requests")): at least \(min.amount.text) in all"]
        }
        return [all("limits"), all("requests")]
    }

    // Source: `pkg/apis/core/validation/validation.go`, validatePodResourceConsistency: what containers request fits into
    // what the pod requests, and no container may use more than the pod may.
    private func inconsistency(
        of claims: [PlacedClaim],
        _ level: ResourceRequirements?,
        _ resource: String
    ) -> Complaint? {
        guard let level else { return nil }
        let own = podClaim(level, claims, resource)
        if let problem = own.problem(resource) {
            return (
                "as a whole, \(problem)",
                own.request.map { ["spec.resources.limits\(ResourceNames.field(resource)): \($0.amount.text)"] } ?? []
            )
        }
        let total = sum(claims, .ofThoseThatSay, resource) { $0.request }
        if let request = own.request, let total, total.amount > request.amount {
            let injected = claims.filter { $0.claim.request?.isDefault == true }.map { "\"\($0.container.name)\"" }
            let cause =
                injected.isEmpty
                ? "" : ", with the default requests of LimitRanges for \(injected.sorted().joined(separator: ", "))"
            // The request must stay below the limit.
            let limit = own.limit.flatMap { $0.amount < total.amount ? total.amount.text : nil }
            return (
                "its containers' \(resource) requests, \(total.amount.text) in all\(cause), are above "
                    + "spec.resources.requests\(ResourceNames.field(resource)), \(request.amount.text)",
                (limit.map { ["spec.resources.limits\(ResourceNames.field(resource)): \($0)"] } ?? [])
                    + ["spec.resources.requests\(ResourceNames.field(resource)): \(total.amount.text)"]
            )
        }
        for placed in claims where !placed.container.isInit {
            guard let limit = placed.claim.limit, let most = own.limit, limit.amount > most.amount else { continue }
            return (
                "\(limit.described("limit", of: resource)) for container \"\(placed.container.name)\" is above "
                    + "spec.resources.limits\(ResourceNames.field(resource)), \(most.amount.text)",
                ["\(placed.container.path).resources.limits\(ResourceNames.field(resource)): \(most.amount.text)"]
            )
        }
        return nil
    }

    // Source: `pkg/apis/core/v1/defaults.go`, defaultPodRequests, which comes before the LimitRanger: where the pod has
    // limits, a request that it lacks is its containers', else its limit.
    private func podClaim(
        _ level: ResourceRequirements,
        _ claims: [PlacedClaim],
        _ resource: String
    ) -> ResourceClaim {
        func own(_ amounts: LimitRange.Quantities) -> ResourceClaim.Value? {
            amounts[resource].flatMap { ResourceAmount($0) }.map { .init(amount: $0, origin: .own) }
        }
        let limit = own(level.limits)
        var request = own(level.requests)
        if request == nil, !level.limits.isEmpty, ResourceNames.isForPods(resource) {
            let stated = claims.map {
                PlacedClaim(
                    container: $0.container,
                    claim: ResourceClaim($0.container.requirements, resource, defaults: Defaults())
                )
            }
            request =
                sum(stated, .ofThoseThatSay, resource) { $0.request }
                ?? limit.map { .init(amount: $0.amount, origin: .limit) }
        }
        return ResourceClaim(request: request, limit: limit)
    }

    // Containers side by side, or an init container before them, whichever needs more.
    private func sum(
        _ claims: [PlacedClaim],
        _ rule: PodRules.Sum,
        _ resource: String,
        _ value: (ResourceClaim) -> ResourceClaim.Value?
    ) -> ResourceClaim.Value? {
        let amounts = claims.map { ($0.container, value($0.claim)?.amount.milli) }
        let running = amounts.filter { !$0.0.isInit }.map(\.1)
        var total: Int128?
        switch rule {
        case .ofAll:
            // Rounded up to the whole unit, but for cpu.
            func counted(_ milli: Int128) -> Int128 { resource == "cpu" ? milli : (milli + 999) / 1000 * 1000 }
            if !running.contains(nil) { total = running.reduce(0) { $0 + counted($1 ?? 0) } }
            for case (let container, let milli?) in amounts where container.isInit {
                total = max(total ?? milli, milli)
            }
        case .ofThoseThatSay:
            func add(_ left: Int128?, _ right: Int128?) -> Int128? {
                left == nil && right == nil ? nil : (left ?? 0) + (right ?? 0)
            }
            total = running.reduce(nil, add)
            var sidecars: Int128?
            var highest: Int128?
            for (container, milli) in amounts where container.isInit {
                if container.isSidecar {
                    total = add(total, milli)
                    sidecars = add(sidecars, milli)
                }
                let needed = container.isSidecar ? sidecars : add(milli, sidecars)
                if let needed { highest = max(highest ?? needed, needed) }
            }
            if let highest { total = max(total ?? highest, highest) }
        }
        return total.map { .init(amount: ResourceAmount(milli: $0, of: resource), origin: .sum) }
    }
}

extension ResourceClaim.Value {
    fileprivate var isDefault: Bool {
        if case .default = origin { true } else { false }
    }
}
