import ControllerRuntime
import Hardening
import KubernetesAPI
import KubernetesClient
import PodSecurity
import PrintableText

/// Carries out the operations of a plan.
public struct ClusterWriter: Sendable {
    /// What an operation was answered with.
    public enum Written: Sendable {
        case namespace(Namespace)
        case networkPolicy(NetworkPolicy)
        case serviceAccount(ServiceAccount)
        case limitRange(LimitRange)
        /// It is gone, or was before.
        case deleted(Operation)
    }

    private let client: KubernetesClient
    private let flow = FlowControl()

    /// Writes through `client`, as much at a time as the API server takes gladly.
    public init(client: KubernetesClient) {
        self.client = client
    }

    /// Asks the API server how its Pod Security admission would take `policy` in a namespace, without changing anything.
    func ask(about policy: Policy, _ view: NamespaceView) async -> AdmissionAnswer {
        let asOf = view.podsFingerprint
        do {
            let warnings = try await tryEnforcing(policy, in: view.namespace.name)
            return AdmissionAnswer(policy: policy, warnings: warnings, asOf: asOf, askedAt: view.now)
        } catch {
            return AdmissionAnswer(policy: policy, failure: "\(error)", asOf: asOf, askedAt: view.now)
        }
    }

    /// Asks the API server whether its configuration leaves a namespace alone, with a `policy` of which it then says so.
    func askForExemption(with policy: Policy, _ view: NamespaceView) async -> AdmissionExemption {
        do {
            let warnings = try await tryEnforcing(policy, in: view.namespace.name)
            return AdmissionExemption(warnings: warnings, askedAt: view.now)
        } catch {
            return .notKnown("\(error)", askedAt: view.now)
        }
    }

    private func tryEnforcing(_ policy: Policy, in namespace: String) async throws -> [String] {
        // Nothing is stored, so that how fast the answer is says nothing of how fast a write would be.
        try await flow.run(judge: { Self.load($0) == .overloaded ? .overloaded : .unrelated }) {
            try await client.tryMerge(
                Namespace.self,
                name: namespace,
                patch: ["metadata": ["labels": JSONValue(PodSecurityControl.enforceLabels(policy))]],
                fieldManager: Marks.fieldManager
            )
        }
    }

    /// Who has undone `operation`, by the API server's record of the object.
    func rival(of operation: Operation) async -> OwnershipContests.Rival {
        do {
            let metadata =
                switch operation.target {
                case .namespace: try await client.get(Namespace.self, name: operation.namespace).metadata
                case .networkPolicy(let name):
                    try await client.get(NetworkPolicy.self, name: name, namespace: operation.namespace).metadata
                case .serviceAccount(let name):
                    try await client.get(ServiceAccount.self, name: name, namespace: operation.namespace).metadata
                case .limitRange(let name):
                    try await client.get(LimitRange.self, name: name, namespace: operation.namespace).metadata
                }
            return metadata.lastWriter(of: operation.fields, since: Marks.fieldManager)
                .map { .manager($0.printable(upTo: 128)) } ?? .unknown
        } catch let error as APIError where error.isNotFound {
            return .deleter
        } catch {
            // The next time that it is undone tells, too.
            return .unknown
        }
    }

    /// Carries out one operation when its turn has come.
    ///
    /// - Throws: ``APIError``, ``TransportError`` or `CancellationError`.
    public func perform(_ operation: Operation) async throws -> Written {
        try await flow.run(judge: Self.load) { try await send(operation) }
    }

    // Source: API Priority and Fairness, which answers 429 (KEP-1040); 503 and 504 of what is before or behind the server.
    private static func load<Answer>(_ result: Result<Answer, any Error>) -> FlowControl.Answer {
        switch result {
        case .success: .done
        case .failure(let error as APIError) where [429, 503, 504].contains(error.code): .overloaded
        case .failure(is TransportError): .overloaded
        case .failure: .unrelated
        }
    }

    private func send(_ operation: Operation) async throws -> Written {
        switch operation.target {
        case .namespace:
            try await perform(operation, Namespace.self, operation.namespace, in: nil).map(Written.namespace)
                ?? .deleted(operation)
        case .networkPolicy(let name):
            try await perform(operation, NetworkPolicy.self, name, in: operation.namespace).map(Written.networkPolicy)
                ?? .deleted(operation)
        case .serviceAccount(let name):
            try await perform(operation, ServiceAccount.self, name, in: operation.namespace).map(Written.serviceAccount)
                ?? .deleted(operation)
        case .limitRange(let name):
            try await perform(operation, LimitRange.self, name, in: operation.namespace).map(Written.limitRange)
                ?? .deleted(operation)
        }
    }

    private func perform<Object: KubernetesObject>(
        _ operation: Operation,
        _ type: Object.Type,
        _ name: String,
        in namespace: String?
    ) async throws -> Object? {
        switch operation.verb {
        case .apply(let document):
            return try await client.apply(
                type,
                name: name,
                namespace: namespace,
                document: document,
                fieldManager: Marks.fieldManager,
                force: true
            )
        case .merge(let patch):
            return try await client.merge(
                type,
                name: name,
                namespace: namespace,
                patch: patch,
                fieldManager: Marks.fieldManager
            )
        case .delete(let uid):
            do {
                try await client.delete(type, name: name, namespace: namespace, uid: uid)
            } catch let error as APIError where error.isNotFound {
                // Somebody was faster.
            }
            return nil
        }
    }
}
