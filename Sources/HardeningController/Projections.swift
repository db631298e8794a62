import Hardening
import KubernetesAPI

/// What is kept of objects: of what many have in common, one copy.
struct Projections: Sendable {
    private let judgedTemplates = JudgedTemplates()
    private let workloads = SharingPool<Shared<ObservedWorkload.Common>>()
    private let namespaces = SharingPool<Shared<ObservedNamespace.Common>>()
    private let networkPolicies = SharingPool<Shared<ObservedNetworkPolicy.Common>>()
    private let serviceAccounts = SharingPool<Shared<ObservedServiceAccount.Common>>()
    private let limitRanges = SharingPool<Shared<ObservedLimitRange.Common>>()
    private let texts = RecentTexts()

    /// What is kept of `object`.
    ///
    /// - Throws: `JSONError` when its template cannot be read.
    func observed<Kind>(_ object: Workload<Kind>) throws(JSONError) -> ObservedWorkload {
        ObservedWorkload(
            object,
            facts: try object.template.map { (template) throws(JSONError) in try judgedTemplates.facts(of: template) },
            sharing: { common in
                workloads.shared(common) { Shared(common.value.mappingLabels(texts.shared)) }
            }
        )
    }

    /// What is kept of `object`.
    func observed(_ object: Namespace) -> ObservedNamespace {
        var object = object
        object.metadata.labels = texts.shared(object.metadata.labels)
        return ObservedNamespace(object, sharing: namespaces.shared)
    }

    /// What is kept of `object`.
    func observed(_ object: NetworkPolicy) -> ObservedNetworkPolicy {
        ObservedNetworkPolicy(object, sharing: networkPolicies.shared)
    }

    /// What is kept of `object`.
    func observed(_ object: ServiceAccount) -> ObservedServiceAccount {
        ObservedServiceAccount(object, sharing: serviceAccounts.shared)
    }

    /// What is kept of `object`.
    func observed(_ object: LimitRange) -> ObservedLimitRange {
        ObservedLimitRange(object, sharing: limitRanges.shared)
    }

    /// What is kept of `object`.
    func observed(_ object: Service) -> ObservedService {
        var object = object
        object.metadata.labels = texts.shared(object.metadata.labels)
        if let selector = object.spec?.selector { object.spec?.selector = texts.shared(selector) }
        return ObservedService(object)
    }
}
