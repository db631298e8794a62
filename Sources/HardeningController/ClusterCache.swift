import ControllerRuntime
import Hardening
import KubernetesAPI

/// All that is kept of the cluster, in one store for each resource.
final class ClusterCache: Sendable {
    let profiles = Store<ObservedProfile>()
    let namespaces = Store<ObservedNamespace>()
    let networkPolicies = Store<ObservedNetworkPolicy>()
    let serviceAccounts = Store<ObservedServiceAccount>()
    let limitRanges = Store<ObservedLimitRange>()
    let roleBindings = Store<BoundAccounts>()
    let clusterRoleBindings = Store<BoundAccounts>()
    let boundAccounts = BoundAccountIndex()
    let facts: ClusterFactsTracker

    init(serverMinor: Int) {
        facts = ClusterFactsTracker(serverMinor: serverMinor)
    }

    /// Everything that bears on a namespace at this time of day, or `nil` when there is no such namespace.
    func view(of name: String, at now: Timestamp) -> NamespaceView? {
        guard let namespace = namespaces.value(name) else { return nil }
        return NamespaceView(
            namespace: namespace,
            networkPolicies: networkPolicies.values(in: name),
            serviceAccounts: serviceAccounts.values(in: name),
            limitRanges: limitRanges.values(in: name),
            boundAccounts: boundAccounts.accounts(in: name),
            cluster: facts.current,
            now: now
        )
    }

    /// Takes in what a write was answered with, so that the next view shows it.
    func absorb(_ written: ClusterWriter.Written) {
        switch written {
        case .namespace(let object):
            namespaces.written(ObjectKey(object.metadata), ObservedNamespace(object), object.metadata.resourceVersion)
        case .networkPolicy(let object):
            networkPolicies.written(
                ObjectKey(object.metadata),
                ObservedNetworkPolicy(object),
                object.metadata.resourceVersion
            )
        case .serviceAccount(let object):
            serviceAccounts.written(
                ObjectKey(object.metadata),
                ObservedServiceAccount(object),
                object.metadata.resourceVersion
            )
        case .limitRange(let object):
            limitRanges.written(ObjectKey(object.metadata), ObservedLimitRange(object), object.metadata.resourceVersion)
        case .deleted(let operation):
            guard case .delete(let uid) = operation.verb else { return }
            func key(_ name: String) -> ObjectKey { ObjectKey(namespace: operation.namespace, name: name) }
            switch operation.target {
            case .networkPolicy(let name): networkPolicies.deleted(key(name)) { $0.uid == uid }
            case .limitRange(let name): limitRanges.deleted(key(name)) { $0.uid == uid }
            case .serviceAccount(let name): serviceAccounts.deleted(key(name)) { $0.uid == uid }
            case .namespace: namespaces.deleted(ObjectKey(name: operation.namespace)) { $0.uid == uid }
            }
        }
    }
}
