import KubernetesAPI

/// An amount that a LimitRange sets.
struct LimitRangeAmount: Sendable, Hashable {
    var amount: ResourceAmount
    /// The LimitRange.
    var source: String

    /// Such as `1Gi of LimitRange hardening-limits`.
    var text: String { "\(amount.text) of LimitRange \(source)" }
}

/// What is asked for of one resource, after all defaults.
struct ResourceClaim: Sendable, Hashable {
    /// Where an amount comes from.
    enum Origin: Sendable, Hashable {
        /// The template says it.
        case own
        /// The template says only a limit, which is the request as well.
        case limit
        /// A LimitRange has it for a default.
        case `default`(String)
        /// It is added up from containers.
        case sum
    }

    struct Value: Sendable, Hashable {
        var amount: ResourceAmount
        var origin: Origin

        /// Such as `its memory request 1Gi`.
        func described(_ noun: String, of resource: String) -> String {
            switch origin {
            case .own: "its \(resource) \(noun) \(amount.text)"
            case .limit: "its \(resource) limit \(amount.text), which is its request as well,"
            case .default(let source): "its default \(resource) \(noun) \(amount.text) of LimitRange \(source)"
            case .sum: "the sum of its \(resource) \(noun)s, \(amount.text),"
            }
        }
    }

    var request: Value?
    var limit: Value?
}

/// The bounds of all LimitRanges on one resource, for each container or for a pod's sum: the narrowest, since all hold.
///
/// Source: `plugin/pkg/admission/limitranger/admission.go`: minConstraint, maxConstraint, limitRequestRatioConstraint.
struct LimitBounds: Sendable, Hashable {
    var min: LimitRangeAmount?
    var max: LimitRangeAmount?
    var ratio: LimitRangeAmount?

    /// What speaks against `claim`, if anything does.
    func problem(of claim: ResourceClaim, _ resource: String) -> String? {
        func request(_ value: ResourceClaim.Value) -> String { value.described("request", of: resource) }
        func limit(_ value: ResourceClaim.Value) -> String { value.described("limit", of: resource) }
        if let min {
            guard let asked = claim.request else {
                return "it has no \(resource) request, and needs one for the minimum \(min.text)"
            }
            if asked.amount < min.amount { return "\(request(asked)) is below the minimum \(min.text)" }
            if let allowed = claim.limit, allowed.amount < min.amount {
                return "\(limit(allowed)) is below the minimum \(min.text)"
            }
        }
        if let max {
            guard let allowed = claim.limit else {
                return "it has no \(resource) limit, and needs one for the maximum \(max.text)"
            }
            if allowed.amount > max.amount { return "\(limit(allowed)) is above the maximum \(max.text)" }
            if let asked = claim.request, asked.amount > max.amount {
                return "\(request(asked)) is above the maximum \(max.text)"
            }
        }
        if let ratio {
            let bound = "the ratio of limit to request, at most \(ratio.text)"
            guard let asked = claim.request, asked.amount.milli != 0 else {
                return "it has no \(resource) request, and needs one for \(bound)"
            }
            guard let allowed = claim.limit, allowed.amount.milli != 0 else {
                return "it has no \(resource) limit, and needs one for \(bound)"
            }
            // In floating point, as the server does it, with its rounding.
            let observed = Double(allowed.amount.milli) / Double(asked.amount.milli)
            if observed * 1000 > Double(ratio.amount.milli) {
                return "\(limit(allowed)) is too great for \(request(asked)): \(bound)"
            }
        }
        return nil
    }

    /// Whether no claim can be within the bounds.
    var isContradictory: Bool {
        if let min, let max { min.amount > max.amount } else { false }
    }
}

extension ResourceClaim {
    /// What the API server says against a container's claim whatever LimitRanges there are.
    ///
    /// Source: `pkg/apis/core/validation/validation.go`, ValidateResourceRequirements.
    func problem(_ resource: String) -> String? {
        guard let request else { return nil }
        guard let limit else {
            return ResourceNames.mayOvercommit(resource)
                ? nil : "it requests \(resource), which cannot be overcommitted, without a limit"
        }
        let bound =
            switch limit.origin {
            case .default(let source): "the default limit \(limit.amount.text) of LimitRange \(source)"
            default: "its limit \(limit.amount.text)"
            }
        if !ResourceNames.mayOvercommit(resource), request.amount != limit.amount {
            return "\(request.described("request", of: resource)) is not \(bound), and it cannot be overcommitted"
        }
        return request.amount > limit.amount ? "\(request.described("request", of: resource)) is above \(bound)" : nil
    }
}
