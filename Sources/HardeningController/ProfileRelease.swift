import Hardening
import KubernetesAPI
import KubernetesClient

/// Gives back all that was written on behalf of one profile, with or without an operator running.
public struct ProfileRelease: Sendable {
    /// What happens on the way.
    public enum Progress: Sendable {
        /// There is something to give back in so many namespaces.
        case found(namespaces: Int)
        /// An operation succeeded.
        case performed(Operation)
        /// An operation did not succeed; it may be tried again.
        case failed(Operation, any Error)
    }

    // Somebody may write in between; then what there is now is looked at again.
    private static let rounds = 5

    private let client: KubernetesClient
    private let profile: String

    /// A release of `profile`.
    public init(client: KubernetesClient, profile: String) {
        self.client = client
        self.profile = profile
    }

    /// Gives everything back, and takes our finalizer off the profile if it waits for that.
    ///
    /// - Returns: whether nothing of the profile is left.
    /// - Throws: ``APIError``, ``TransportError`` when the cluster cannot be read; `CancellationError`.
    public func run(onProgress: @escaping @Sendable (Progress) -> Void) async throws -> Bool {
        for _ in 0..<Self.rounds {
            let plans = try await plans()
            onProgress(.found(namespaces: plans.count))
            if plans.isEmpty {
                try await removeFinalizer()
                return true
            }
            await withTaskGroup(of: Void.self) { group in
                var rest = plans[...]
                for _ in 0..<8 {
                    guard let plan = rest.popFirst() else { break }
                    group.addTask { await carryOut(plan, onProgress) }
                }
                while await group.next() != nil {
                    guard let plan = rest.popFirst() else { continue }
                    group.addTask { await carryOut(plan, onProgress) }
                }
            }
            try Task.checkCancellation()
        }
        return try await plans().isEmpty
    }

    /// What the profile still enforces, if it exists: then a running operator will enforce it again.
    public func stillEnforces() async throws -> Bool {
        do {
            let profile = try await client.get(HardeningProfile.self, name: profile)
            guard profile.metadata.deletionTimestamp == nil, case .success(let spec) = profile.spec else {
                return false
            }
            return spec.mode == .enforce && spec.suspend != true
        } catch let error as APIError where error.isNotFound {
            return false
        }
    }

    private func carryOut(_ plan: Plan, _ onProgress: @Sendable (Progress) -> Void) async {
        let writer = ClusterWriter(client: client)
        for step in plan.steps {
            for operation in step.operations {
                do {
                    _ = try await writer.perform(operation)
                    onProgress(.performed(operation))
                } catch {
                    onProgress(.failed(operation, error))
                    break
                }
            }
        }
    }

    private func plans() async throws -> [Plan] {
        let policies = Dictionary(grouping: try await client.listAll(NetworkPolicy.self), by: \.metadata.namespace)
        let accounts = Dictionary(grouping: try await client.listAll(ServiceAccount.self), by: \.metadata.namespace)
        let ranges = Dictionary(grouping: try await client.listAll(LimitRange.self), by: \.metadata.namespace)
        let namespaces = try await client.listAll(Namespace.self)
        return namespaces.filter { !$0.isTerminating }.map { namespace in
            let name: String? = namespace.metadata.name
            let view = NamespaceView(
                namespace: ObservedNamespace(namespace),
                networkPolicies: (policies[name] ?? []).map { ObservedNetworkPolicy($0) },
                serviceAccounts: (accounts[name] ?? []).map { ObservedServiceAccount($0) },
                limitRanges: (ranges[name] ?? []).map { ObservedLimitRange($0) },
                // Giving back does not depend on the cluster around.
                cluster: ClusterFacts(serverMinor: 0)
            )
            return Plan.release(view, of: [profile])
        }.filter { !$0.isEmpty }
    }

    // A profile that is being deleted with the operator gone would wait for ever.
    private func removeFinalizer() async throws {
        do {
            let object = try await client.get(HardeningProfile.self, name: profile)
            guard object.metadata.deletionTimestamp != nil, object.metadata.finalizers.contains(Marks.finalizer) else {
                return
            }
            let others = object.metadata.finalizers.filter { $0 != Marks.finalizer }
            _ = try await client.merge(
                HardeningProfile.self,
                name: profile,
                patch: [
                    "metadata": [
                        "resourceVersion": .string(object.metadata.resourceVersion.rawValue),
                        "finalizers": .array(others.map { .string($0) }),
                    ]
                ],
                fieldManager: Marks.fieldManager
            )
        } catch let error as APIError where error.isNotFound {
            // The profile, or the CRD, is gone: nothing waits.
        }
    }
}
