import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    /// What stops without one right of `manifests/rbac.yaml`, each taken away alone. ``Rights`` has the table of it.
    @Suite struct MissingRight {
        private static func granted(_ isOfInterest: (Right) -> Bool) -> [Right] {
            // That the file can be read, another test shows.
            ((try? Right.granted()) ?? []).filter(isOfInterest).sorted()
        }

        /// Runs `body` with an operator that has all rights but `right`.
        private static func play(
            without right: Right,
            _ arguments: [String] = [],
            profile change: (inout JSONValue) -> Void = { _ in },
            _ body: @escaping @Sendable (Scene, String, OperatorProcess) async throws -> Void
        ) async throws {
            var changes: JSONValue = [:]
            change(&changes)
            try await Scene.play { [changes] scene in
                let kubeconfig = try await scene.cluster.grant(Right.granted().filter { $0 != right })
                let profile = try await scene.profile { spec in
                    guard case .object(let fields) = changes else { return }
                    for (field, value) in fields { spec[field] = value }
                }
                try await scene.cluster.withOperator(arguments, kubeconfig: kubeconfig) { process in
                    try await body(scene, profile, process)
                }
                try await scene.cluster.grantAll()
            }
        }

        // MARK: Reading

        @Test(
            "Without the right to list or watch one resource, the status names it and claims nothing that depends on it",
            arguments: granted { ["list", "watch"].contains($0.verb) && $0.resource != "hardeningprofiles" }
        )
        func reading(_ right: Right) async throws {
            let cluster = try await ControlPlane.shared()
            let isCustom = ["gateway.networking.k8s.io", "monitoring.coreos.com"].contains(right.group)
            if isCustom {
                try await cluster.kubectl("apply", "-f", "-", input: Harm.definitions)
                try await cluster.waitUntilServed("crd", "-l", "tests=definitions")
            }
            try await Self.play(without: right) { scene, profile, _ in
                let isEssential = right.isEssential
                try await scene.status(of: profile, "\(right.resource) are not observed") { status in
                    guard let ready = status.condition(.ready), ready.reason == "WatchFailing" else { return false }
                    return ready.message.contains(right.resource) && ready.status == (isEssential ? .false : .unknown)
                        && (!isEssential || status.condition(.compliant)?.status == .unknown)
                }
            }
            if isCustom { try await cluster.kubectl("delete", "crd", "-l", "tests=definitions") }
        }

        @Test(
            "Without the right to list profiles it does not begin, and of a watch that it lacks it says so",
            arguments: ["list", "watch"]
        )
        func profiles(_ verb: String) async throws {
            let right = try #require(Self.granted { $0.resource == "hardeningprofiles" && $0.verb == verb }.first)
            try await Self.play(without: right) { scene, _, process in
                let namespace = try await scene.settledNamespace("n")
                try await eventually("it says so") {
                    try process.lines.contains {
                        ($0.part ?? $0.resources ?? $0.error ?? "").contains("hardeningprofiles")
                    }
                }
                // With a list alone it acts on what it knows.
                let limits = try await scene.cluster.object(LimitRange.self, "hardening-limits", in: namespace)
                #expect(verb == "watch" || limits == nil)
            }
        }

        // MARK: Writing

        private static let controls: [String: ControlName] = [
            "namespaces": .podSecurity, "serviceaccounts": .serviceAccountToken, "limitranges": .limitRange,
            "networkpolicies": .networkPolicy,
        ]

        @Test(
            "Without the right to write one kind of object, a finding of its control says so, and the other controls are enforced",
            arguments: granted {
                controls[$0.resource] != nil && ["create", "patch"].contains($0.verb)
                    && $0.description != "create serviceaccounts by name"
            }
        )
        func writing(_ right: Right) async throws {
            let control = try #require(Self.controls[right.resource])
            try await Self.play(without: right) { scene, profile, _ in
                let namespace = try await scene.settledNamespace("n")
                let status = try await scene.status(of: profile, "\(control) may not be written") { status in
                    status.condition(.ready)?.reason == "WritesFailing"
                        && status.findings.contains { $0.control == control && $0.reason == .writeForbidden }
                }
                #expect(!status.findings.contains { $0.control != control && $0.reason == .writeForbidden })
                let limits = try await scene.cluster.object(LimitRange.self, "hardening-limits", in: namespace)
                #expect((limits == nil) == (control == .limitRange))
            }
        }

        @Test("Without the right to create the account default, a finding says so until somebody else has")
        func account() async throws {
            let right = try #require(Self.granted { $0.description == "create serviceaccounts by name" }.first)
            try await Self.play(without: right) { scene, profile, _ in
                let cluster = scene.cluster
                try await cluster.controlPlane("stop", "kube-controller-manager")
                try await scene.namespace("first")
                try await scene.status(of: profile, "the account may not be made") { status in
                    status.findings.contains { $0.control == .serviceAccountToken && $0.reason == .writeForbidden }
                }
                try await cluster.controlPlane("start", "kube-controller-manager")
                try await scene.compliant(profile, namespaces: 1)
            }
        }

        @Test(
            "Without the right to delete what it made, a profile that is released waits, and its status says for what",
            arguments: granted { $0.verb == "delete" }
        )
        func releasing(_ right: Right) async throws {
            try await Self.play(without: right) {
                $0["deletionPolicy"] = "Release"
            } _: { scene, profile, _ in
                try await scene.settledNamespace("n")
                try await scene.compliant(profile, namespaces: 1)
                try await scene.cluster.kubectl("delete", "hardeningprofile", profile, "--wait=false")
                let status = try await scene.status(of: profile, "it cannot be given back") {
                    $0.condition(.ready)?.message.contains("403") == true
                }
                #expect(status.condition(.ready)?.status == .false)
                // The tries are far apart by now.
                try await scene.cluster.grantAll()
                try await eventually("the profile is gone", within: .seconds(120)) {
                    try await scene.cluster.object(HardeningProfile.self, profile) == nil
                }
            }
        }

        // MARK: Profiles

        @Test("Without the right to set the finalizer, nothing is enforced that could not be given back")
        func finalizer() async throws {
            let right = try #require(
                Self.granted { $0.resource == "hardeningprofiles" && $0.verb == "patch" }.first
            )
            try await Self.play(without: right) {
                $0["deletionPolicy"] = "Release"
            } _: { scene, profile, _ in
                let namespace = try await scene.settledNamespace("n")
                try await scene.status(of: profile, "the finalizer is refused") {
                    $0.condition(.ready)?.reason == "FinalizerRefused"
                }
                #expect(try await scene.cluster.object(LimitRange.self, "hardening-limits", in: namespace) == nil)
            }
        }

        @Test("Without the right to write statuses all is enforced, and one line says that nobody can see it")
        func status() async throws {
            let right = try #require(Self.granted { $0.resource == "hardeningprofiles/status" }.first)
            try await Self.play(without: right) { scene, profile, process in
                let namespace = try await scene.settledNamespace("n")
                try await eventually("it is enforced, and said") {
                    let lines = try process.lines.filter { $0.part == "profile \(profile)" && $0.level == "warning" }
                    let limits = try await scene.cluster.object(LimitRange.self, "hardening-limits", in: namespace)
                    return lines.count == 1 && limits != nil
                }
                #expect(try await scene.cluster.object(HardeningProfile.self, profile)?.value.status == nil)
            }
        }

        @Test("Without the right to get profiles, the command release fails, and says why")
        func release() async throws {
            let right = try #require(Self.granted { $0.resource == "hardeningprofiles" && $0.verb == "get" }.first)
            try await Self.play(without: right) { scene, profile, _ in
                try await scene.settledNamespace("n")
                try await scene.compliant(profile, namespaces: 1)
                let release = try await ControlPlane.run(
                    "release",
                    "--profile",
                    profile,
                    "--kubeconfig",
                    "\(scene.cluster.directory)/part.conf"
                )
                #expect(release.status == .exited(1))
                #expect(release.errors.contains("403") && release.errors.contains("hardeningprofiles"))
            }
        }

        // MARK: Who, and what of it is told

        @Test(
            "Without the right to get what is fought over, the fight is seen, but not who fights",
            arguments: granted { $0.verb == "get" && controls[$0.resource] != nil }
        )
        func contest(_ right: Right) async throws {
            let control = try #require(Self.controls[right.resource])
            try await Self.play(without: right) { scene, profile, _ in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("n")
                try await scene.compliant(profile, namespaces: 1)
                let finding = try await eventually("it is contested") {
                    try await scene.undo(control, in: namespace)
                    return try await cluster.object(HardeningProfile.self, profile)?.value.status?.findings
                        .first { $0.control == control && $0.reason == .contestedOwnership }
                }
                #expect(finding.message.contains("someone undoes"), "\(finding.message)")
            }
        }

        @Test(
            "Without the right to write Events all is enforced, and one line says that they are refused",
            arguments: granted { $0.resource == "events" }
        )
        func events(_ right: Right) async throws {
            try await Self.play(without: right) { scene, profile, process in
                let namespace = try await scene.settledNamespace("n")
                try await scene.compliant(profile, namespaces: 1)
                try await eventually("it is said") {
                    try await scene.undo(.limitRange, in: namespace)
                    return try process.lines.contains { $0.message == "the API server refuses Events" }
                }
                #expect(try process.lines.count { $0.message == "the API server refuses Events" } == 1)
            }
        }

        @Test(
            "Without a right to its lease nobody leads, nothing is written, and one line says why",
            arguments: granted { $0.resource == "leases" && $0.namespace != nil }
        )
        func lease(_ right: Right) async throws {
            // One that is to be created, and for the other rights, one that is there.
            let cluster = try await ControlPlane.shared()
            try await cluster.delete(Lease.self, "hardening-operator", in: "hardening-system")
            if right.verb != "create" {
                try await cluster.create(Lease.self, "hardening-operator", in: "hardening-system", ["spec": [:]])
            }
            try await Self.play(without: right, ["--leader-elect"]) { scene, _, process in
                let namespace = try await scene.settledNamespace("n")
                try await eventually("it says so") {
                    try process.lines.contains { $0.part?.hasSuffix("of the lease") == true && $0.level == "warning" }
                }
                #expect(try !process.lines.contains { $0.message == "leading" })
                #expect(try await scene.cluster.object(LimitRange.self, "hardening-limits", in: namespace) == nil)
            }
        }
    }
}

extension Scene {
    /// Undoes what the operator writes for `control`, if it is there.
    func undo(_ control: ControlName, in namespace: String) async throws {
        switch control {
        case .podSecurity:
            try await cluster.edit(
                Namespace.self,
                namespace,
                ["metadata": ["labels": ["pod-security.kubernetes.io/warn": nil]]]
            )
        case .serviceAccountToken:
            try await cluster.edit(
                ServiceAccount.self,
                "default",
                in: namespace,
                ["automountServiceAccountToken": true]
            )
        case .limitRange: try await cluster.delete(LimitRange.self, "hardening-limits", in: namespace)
        case .networkPolicy: try await cluster.delete(NetworkPolicy.self, Marks.denyPolicyName, in: namespace)
        case .workloads: break
        }
    }
}
