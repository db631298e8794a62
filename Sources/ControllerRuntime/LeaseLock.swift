import KubernetesAPI
import KubernetesClient

extension LeaderElection {
    /// Where the lease is.
    public struct Place: Sendable, Hashable, CustomStringConvertible {
        /// The lease's name.
        public var name: String
        /// Its namespace.
        public var namespace: String

        /// The lease `name` in `namespace`.
        public init(name: String, namespace: String) {
            self.name = name
            self.namespace = namespace
        }

        /// `namespace/name`.
        public var description: String { "\(namespace)/\(name)" }
    }
}

/// The lease on the API server, written only over the version that was seen, as client-go's `LeaseLock`.
struct LeaseLock: Sendable {
    private static let fieldManager = "leader-election"

    let client: KubernetesClient
    let place: LeaderElection.Place
    // The time of day, which is written into the lease for people.
    let now: @Sendable () -> MicroTime

    /// The lease as it is, `nil` if there is none.
    func get() async throws -> Lease? {
        do {
            return try await client.get(Lease.self, name: place.name, namespace: place.namespace)
        } catch let error as APIError where error.isNotFound {
            return nil
        }
    }

    /// Writes `claim` if the lease is still at `version`; creates the lease if that is `nil`.
    ///
    /// A merge, so that what others keep in the lease stays (KEP-4355, coordinated leader election).
    ///
    /// - Throws: ``APIError``, a conflict when somebody else was faster.
    func write(_ claim: LeaderElector.Claim, over version: ResourceVersion?) async throws -> Lease {
        let time = JSONValue.string("\(now())")
        var spec: JSONValue = [
            // Nobody is no field, and not an empty one.
            "holderIdentity": claim.holder.isEmpty ? .null : .string(claim.holder),
            "leaseDurationSeconds": .integer(Int64(claim.leaseDurationSeconds)),
            "leaseTransitions": .integer(Int64(claim.transitions)),
            "renewTime": time,
        ]
        if claim.isNew { spec["acquireTime"] = time }
        guard let version else {
            let document: JSONValue = [
                "apiVersion": .string(Lease.resource.apiVersion), "kind": .string(Lease.resource.kind),
                "metadata": ["name": .string(place.name), "namespace": .string(place.namespace)],
                "spec": spec,
            ]
            return try await client.create(
                Lease.self,
                namespace: place.namespace,
                document: document,
                fieldManager: Self.fieldManager
            )
        }
        return try await client.merge(
            Lease.self,
            name: place.name,
            namespace: place.namespace,
            patch: ["metadata": ["resourceVersion": .string(version.rawValue)], "spec": spec],
            fieldManager: Self.fieldManager
        )
    }

    /// Watches the lease from `version` until the stream ends or `onEvent` throws.
    func watch(
        from version: ResourceVersion,
        onOpen: @escaping @Sendable () -> Void,
        onEvent: @escaping @Sendable (WatchEvent<Lease>) throws -> Void
    ) async throws {
        try await client.watch(
            Lease.self,
            of: Selection(namespace: place.namespace, fields: "metadata.name=\(place.name)"),
            .init(resourceVersion: version, timeout: .seconds(300)),
            onOpen: onOpen,
            onEvent: onEvent
        )
    }
}
