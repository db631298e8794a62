import Hardening
import KubernetesAPI
import TestSupport
import Testing

extension ControlPlaneTests {
    /// What the operator's log says at `info`.
    @Suite struct Log {
        @Test(
            "Each thing that a person would want to know is one line: what a profile comes to, and every write; no look is"
        )
        func lines() async throws {
            try await Scene.play { scene in
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    func said(_ profile: String, from mark: Int = 0) throws -> [String] {
                        try process.lines.dropFirst(mark).filter { $0.profile == profile }.map { line in
                            line.message + (line.reason.map { " (\($0))" } ?? "")
                        }
                    }
                    let namespace = try await scene.settledNamespace("n")
                    let profile = try await scene.profile()
                    try await scene.compliant(profile, namespaces: 1)
                    // The status can be read before the operator has had the answer to it.
                    try await eventually("what it came to is logged") {
                        try said(profile).contains("Ready is True (Reconciled)")
                    }
                    let started = try said(profile)
                    #expect(Set(started).count == started.count, "nothing is said twice")
                    #expect(started.contains("apply NetworkPolicy \(namespace)/hardening-default-deny"))

                    let repaired = try process.lines.count
                    try await scene.cluster.delete(LimitRange.self, "hardening-limits", in: namespace)
                    let repair = "apply LimitRange \(namespace)/hardening-limits"
                    try await eventually("the repair is logged") { try said(profile, from: repaired).contains(repair) }
                    try await scene.compliant(profile, namespaces: 1)

                    try await scene.cluster.edit(HardeningProfile.self, profile, ["spec": ["suspend": true]])
                    let suspension = "Enforcing is False (Suspended)"
                    try await eventually("the suspension is logged") {
                        try said(profile, from: repaired).contains(suspension)
                    }
                    let since = try said(profile, from: repaired)
                    for line in [repair, suspension] { #expect(since.filter { $0 == line }.count == 1) }
                }
            }
        }
    }
}
