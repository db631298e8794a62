import Hardening
import KubernetesAPI
import PodSecurity

@testable import KubernetesClient

/// Every kind that is read from the cluster, but profiles: the first byte says which, the rest is the object.
func fuzzObjects(_ input: Input) {
    var input = input
    input.choose(from: kinds)?(Array(input.bytes))
}

private let kinds: [@Sendable ([UInt8]) -> Void] = [
    { read(APIService.self, $0) },
    { read(ClusterRoleBinding.self, $0) },
    { read(CustomResourceDefinition.self, $0) },
    { read(DaemonSet.self, $0) },
    { read(EndpointSlice.self, $0) },
    { read(HTTPRoute.self, $0) },
    { read(Ingress.self, $0) },
    { read(Lease.self, $0) },
    { read(LimitRange.self, $0) { _ = ObservedLimitRange($0) } },
    { read(Monitor<MonitorKinds.PodMonitor>.self, $0) },
    { read(Monitor<MonitorKinds.ServiceMonitor>.self, $0) },
    { read(Namespace.self, $0) { _ = ObservedNamespace($0) } },
    { read(NetworkPolicy.self, $0) { _ = ObservedNetworkPolicy($0) } },
    { read(Node.self, $0) },
    { read(RoleBinding.self, $0) },
    { read(Service.self, $0) { _ = ObservedService($0) } },
    { read(ServiceAccount.self, $0) { _ = ObservedServiceAccount($0) } },
    { read(WebhookConfiguration<WebhookConfigurationKinds.Validating>.self, $0) },
    { read(Workload<WorkloadKinds.CronJob>.self, $0) { judge($0.template) } },
    { read(Workload<WorkloadKinds.Deployment>.self, $0) { judge($0.template) } },
    { read(Workload<WorkloadKinds.Pod>.self, $0) { judge($0.template) } },
]

/// An object that can be read alone is the same in an event.
private func read<Object: KubernetesObject>(
    _ type: Object.Type,
    _ bytes: [UInt8],
    _ use: (Object) -> Void = { _ in }
) {
    let line = Array(#"{"type":"ADDED","object":"#.utf8) + bytes + Array("}".utf8)
    let event = line.withUnsafeBytes { Coding.event(type, from: $0) }
    do {
        let object = try bytes.withUnsafeBytes { bytes throws(UnreadableObject) in
            try Coding.object(type, from: bytes)
        }
        use(object)
        if case .added(let added) = event {
            law(added.metadata == object.metadata, "an event has another object than the one in it")
        } else {
            // An event is one level deeper, and readers of JSON have a limit to that; nor are events ever UTF-16.
            law(
                bytes.count > 500 || bytes.first != UInt8(ascii: "{") || bytes.contains(0),
                "unreadable in an event only"
            )
        }
    } catch {
        law(!"\(error)".isEmpty, "nobody is told why an object is unreadable")
    }
}

/// Judging comes to an end, and to the same for the same pod.
private func judge(_ template: EncodedPodTemplate?) {
    guard let template = try? template?.read() else { return }
    let facts = PodFacts(judging: template)
    law(facts == PodFacts(judging: template), "the same pod is judged in two ways")
    for level in Level.allCases {
        let policy = Policy(level: level, version: .latest)
        let verdict = Evaluator().judge(template, by: policy)
        let failed = Evaluator().failedChecks(of: template, in: .latest)
        let isAllowed = failed.isDisjoint(with: Evaluator().checks(of: policy))
        law(verdict.violations.isEmpty == isAllowed, "two ways of judging a pod at \(level) disagree")
    }
}
