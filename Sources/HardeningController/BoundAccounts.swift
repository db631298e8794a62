import KubernetesAPI
import Synchronization

/// The service accounts that a binding names.
struct BoundAccounts: Sendable, Equatable {
    struct Account: Sendable, Hashable {
        var namespace: String
        var name: String
    }

    var accounts: Set<Account>

    /// Groups of accounts do not count: that everybody may read something is no sign that one of them does.
    init(_ subjects: [Subject]?, defaultNamespace: String?) {
        accounts = Set(
            (subjects ?? []).compactMap { subject in
                switch subject.kind {
                case "ServiceAccount":
                    return (subject.namespace ?? defaultNamespace).map { Account(namespace: $0, name: subject.name) }
                case "User":
                    // The name by which the API server knows an account binds it as well.
                    let words = subject.name.split(separator: ":", omittingEmptySubsequences: false)
                    guard words.count == 4, words[0] == "system", words[1] == "serviceaccount" else { return nil }
                    return Account(namespace: String(words[2]), name: String(words[3]))
                default:
                    return nil
                }
            }
        )
    }
}

/// Which service accounts of a namespace some binding names, by however many.
final class BoundAccountIndex: Sendable {
    private let counts = Mutex<[String: [String: Int]]>([:])

    /// The names of the accounts of `namespace` that are bound.
    func accounts(in namespace: String) -> Set<String> {
        counts.withLock { Set(($0[namespace] ?? [:]).keys) }
    }

    /// A binding has changed.
    ///
    /// - Returns: the namespaces for which that may matter.
    func update(from old: BoundAccounts?, to new: BoundAccounts?) -> Set<String> {
        let added = (new?.accounts ?? []).subtracting(old?.accounts ?? [])
        let removed = (old?.accounts ?? []).subtracting(new?.accounts ?? [])
        counts.withLock { counts in
            for account in added { counts[account.namespace, default: [:]][account.name, default: 0] += 1 }
            for account in removed {
                let left = (counts[account.namespace]?[account.name] ?? 1) - 1
                counts[account.namespace]?[account.name] = left > 0 ? left : nil
                if counts[account.namespace]?.isEmpty == true { counts[account.namespace] = nil }
            }
        }
        return Set(added.union(removed).map(\.namespace))
    }
}
