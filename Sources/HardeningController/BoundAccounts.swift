import KubernetesAPI

/// The service accounts that a binding names.
struct BoundAccounts: Sendable, Equatable {
    /// The accounts' names, by namespace.
    var accounts: Set<NamespaceIndex<String>.Entry>

    /// Groups of accounts do not count: that everybody may read something is no sign that one of them does.
    init(_ subjects: [Subject]?, defaultNamespace: String?) {
        accounts = Set(
            (subjects ?? []).compactMap { subject in
                switch subject.kind {
                case "ServiceAccount":
                    return (subject.namespace ?? defaultNamespace).map { .init(namespace: $0, element: subject.name) }
                case "User":
                    // The name by which the API server knows an account binds it as well.
                    let words = subject.name.split(separator: ":", omittingEmptySubsequences: false)
                    guard words.count == 4, words[0] == "system", words[1] == "serviceaccount" else { return nil }
                    return .init(namespace: String(words[2]), element: String(words[3]))
                default:
                    return nil
                }
            }
        )
    }
}
