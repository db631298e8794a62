import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    /// The remedies that `docs/do-no-harm.md` names, each applied where it is needed.
    @Suite struct Remedies {
        @Test(
            "Every documented remedy ends the wait, and what is there then is what it says",
            arguments: Scene.controls
        )
        func applied(_ control: ControlName) async throws {
            let cases = try RemedyCase.all(for: control)
            try await Scene.stage(cases.map(\.harm)) { scene in
                for remedy in cases {
                    try await scene.build(remedy.harm)
                    try await scene.profile(for: remedy.harm)
                }
                let mark = scene.cluster.auditedRequests().count
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    for remedy in cases { try await scene.foretold(remedy.harm, by: scene.profileName(remedy.harm)) }
                    try await scene.nothingEnforced(of: cases.map(\.harm).filter(\.isHeld), since: mark)
                    for remedy in cases { try await scene.remedy(remedy.harm) }
                    for remedy in cases { try await scene.remedied(remedy) }
                }
            }
        }
    }
}

extension Scene {
    /// The name of the profile of a case, and of its namespace.
    fileprivate func profileName(_ harm: Harm) -> String { "\(name)-\(harm.name)" }

    /// Checks that no control of `harms` is enforced, and that nobody tried.
    fileprivate func nothingEnforced(of harms: [Harm], since mark: Int) async throws {
        for harm in harms { #expect(try await !isInForce(harm), "\(harm.name) is held") }
        let writes = cluster.auditedRequests().dropFirst(mark).filter { request in
            request.isWrite && request.requestURI.contains("/namespaces/\(name)")
                && harms.contains { $0.control != .podSecurity && request.requestURI.contains(profileName($0)) }
        }
        #expect(writes.map(\.description) == [])
    }

    /// Waits until a remedy has had its effect, and checks what is there then.
    fileprivate func remedied(_ remedy: RemedyCase) async throws {
        let harm = remedy.harm
        let profile = profileName(harm)
        switch remedy.outcome {
        case .released: try await enforced(harm, by: profile)
        case .proceeded:
            try await eventually("\(harm.name) is enforced") { try await isInForce(harm) }
            try await status(of: profile, "the impact, and nothing held") {
                $0.foretells(harm) && $0.obstacles(of: harm.control) == 0
            }
        case .exempt:
            try await status(of: profile, "exempt") {
                $0.controls.first?.exempt == 1 && $0.findings.isEmpty && $0.obstacles(of: harm.control) == 0
            }
        }
        let expected = try await filledIn(remedy.written, for: harm)
        // The last write may be one that takes something away.
        do {
            try await eventually("\(harm.name): as it should be", within: .seconds(30)) {
                try await written(profile, for: harm.control) == expected
            }
        } catch is Unmet {
            let written = try await written(profile, for: harm.control)
            #expect(written == expected, "\(harm.name)")
        }
    }

    /// What a namespace has of the objects that a control writes: what matters of each, by name.
    fileprivate func written(_ namespace: String, for control: ControlName) async throws -> JSONValue {
        var written: JSONValue = [:]
        func all<Kind: KubernetesObject>(_ kind: Kind.Type) async throws -> [Document<Kind>] {
            try await cluster.client.listAll(Document<Kind>.self, of: .init(namespace: namespace))
        }
        switch control {
        case .networkPolicy:
            for policy in try await all(NetworkPolicy.self) {
                written[policy.metadata.name] = policy.json["spec"]
                let reason = policy.metadata.annotations["hardening.dev/derived-from"]
                written["\(policy.metadata.name) derived from"] = reason.map { .string($0) }
            }
        case .podSecurity:
            let labels = try await cluster.object(Namespace.self, namespace)?.metadata.labels
            written["enforce"] = labels?["pod-security.kubernetes.io/enforce"].map { .string($0) }
        case .serviceAccountToken:
            for account in try await all(ServiceAccount.self) {
                written[account.metadata.name] = .some(account.json["automountServiceAccountToken"] ?? .null)
            }
        case .limitRange:
            for range in try await all(LimitRange.self) {
                written[range.metadata.name] = range.json["spec"]?["limits"]
            }
        case .workloads: break
        }
        return written
    }
}
