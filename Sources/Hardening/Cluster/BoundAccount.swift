import KubernetesAPI

/// A service account that a binding names.
public struct BoundAccount: Sendable, Hashable {
    /// Its namespace.
    public var namespace: String
    /// Its name.
    public var name: String
    /// Whether the binding is one of another namespace than the account's, and none of the cluster's own components. Who
    /// may write bindings there need have no say here.
    public var isFromElsewhere = false

    /// The accounts among `subjects`. Groups of accounts do not count: that everybody may read something is no sign that
    /// one of them does.
    ///
    /// - Parameter defaultNamespace: the namespace of those that name none: the binding's own.
    public static func accounts(_ subjects: [Subject]?, defaultNamespace: String?) -> [BoundAccount] {
        named(subjects, defaultNamespace).map { account in
            var account = account
            account.isFromElsewhere =
                defaultNamespace.map { $0 != account.namespace && !SystemNamespaces.all.contains($0) } ?? false
            return account
        }
    }

    private static func named(_ subjects: [Subject]?, _ defaultNamespace: String?) -> [BoundAccount] {
        (subjects ?? []).compactMap { subject in
            switch subject.kind {
            case "ServiceAccount":
                return (subject.namespace ?? defaultNamespace).map { BoundAccount(namespace: $0, name: subject.name) }
            case "User":
                // The name by which the API server knows an account binds it as well.
                let words = subject.name.split(separator: ":", omittingEmptySubsequences: false)
                guard words.count == 4, words[0] == "system", words[1] == "serviceaccount" else { return nil }
                return BoundAccount(namespace: String(words[2]), name: String(words[3]))
            default:
                return nil
            }
        }
    }
}
