import Foundation
import Hardening
import KubernetesAPI
import Testing

extension ControlPlaneTests {
    @Suite struct Rights {
        /// What stops without a right to write.
        private static let writes: [String: String] = [
            "get hardeningprofiles.hardening.dev": "the command release fails under the operator's account",
            "patch hardeningprofiles.hardening.dev":
                "a profile with deletionPolicy Release is not enforced: FinalizerRefused",
            "patch hardeningprofiles/status.hardening.dev": "no status is published",
            "patch namespaces": "no Pod Security labels, nor marks of what is in force: WriteForbidden",
            "patch serviceaccounts": "accounts go on giving tokens: WriteForbidden",
            "create serviceaccounts by name": "the first pods of a new namespace may get a token: WriteForbidden",
            "create limitranges by name": "no LimitRange in new namespaces: WriteForbidden",
            "patch limitranges by name": "no LimitRange, new or repaired: WriteForbidden",
            "delete limitranges by name": "a LimitRange is not given back: WritesFailing",
            "create networkpolicies.networking.k8s.io by name": "no policies in new namespaces: WriteForbidden",
            "patch networkpolicies.networking.k8s.io by name": "no policies, new or repaired: WriteForbidden",
            "delete networkpolicies.networking.k8s.io by name": "policies are not given back: WritesFailing",
            "get namespaces": "ContestedOwnership does not name who undoes each repair",
            "get serviceaccounts": "the same",
            "get limitranges by name": "the same",
            "get networkpolicies.networking.k8s.io by name": "the same",
            "create events.events.k8s.io": "no Events are written, which one log line says",
            "patch events.events.k8s.io": "Events do not count how often",
            "create leases.coordination.k8s.io": "the first election is never won, and nothing is written",
            "get leases.coordination.k8s.io by name": "nobody leads, and nothing is written",
            "patch leases.coordination.k8s.io by name": "nobody leads, and nothing is written",
        ]

        /// What stops without `right`; `nil` if nobody has said.
        private static func consequence(of right: Right) -> String? {
            if ["list", "watch"].contains(right.verb), right.names.isEmpty {
                return right.isEssential
                    ? "Ready is False (WatchFailing), and Compliant Unknown"
                    : "WorkloadsObserved or another condition says that it is not observed; what depends on it is held"
            }
            return writes[right.description]
        }

        @Test("Each right of manifests/rbac.yaml is used: none can be taken away")
        func leastRights() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let mark = cluster.auditedRequests().count
                try await cluster.kubectl("apply", "-f", "-", input: Harm.definitions)
                try await cluster.waitUntilServed("crd", "-l", "tests=definitions")
                try await cluster.delete(Lease.self, "hardening-operator", in: "hardening-system")
                let namespace = try await scene.settledNamespace("rights")
                let profile = try await scene.profile {
                    $0["deletionPolicy"] = "Release"
                    $0["controls"]?["workloads"] = [:]
                }
                try await cluster.withOperator(["--leader-elect"]) { process in
                    try await process.ready()
                    try await scene.status(of: profile, "all is written") {
                        $0.condition(.ready)?.status == .true && $0.namespaces.selected == 1
                    }
                    // Before the controller that makes it.
                    try await cluster.controlPlane("stop", "kube-controller-manager")
                    let first = try await scene.namespace("first")
                    try await eventually("the account of a new namespace") {
                        try await cluster.object(ServiceAccount.self, "default", in: first) != nil
                    }
                    try await cluster.controlPlane("start", "kube-controller-manager")
                    try await scene.fight(in: namespace)
                    try await cluster.kubectl("delete", "hardeningprofile", profile, "--timeout=60s")
                }
                let release = try await ControlPlane.run(
                    "release",
                    "--profile",
                    profile,
                    "--kubeconfig",
                    cluster.operatorKubeconfig
                )
                #expect(release.status == .exited(0))
                // Again, with a lease that is there.
                try await cluster.withOperator(["--leader-elect"]) { try await $0.ready() }
                try await cluster.kubectl("delete", "crd", "-l", "tests=definitions")
                let requests = cluster.auditedRequests().dropFirst(mark).filter { !$0.isDenied }
                let granted = try Right.granted()
                for right in granted.sorted() {
                    let uses = requests.count { right.isUsed(by: $0) }
                    let consequence = Self.consequence(of: right)
                    print("| \(right) | \(uses) | \(consequence ?? "?") |")
                    #expect(uses > 0, "\(right) is never used: take it out of manifests/rbac.yaml")
                    #expect(consequence != nil, "\(right) has no row: say what stops without it")
                }
                for row in Self.writes.keys where !granted.contains(where: { $0.description == row }) {
                    Issue.record("\(row) is not granted any more: take its row out")
                }
            }
        }
    }
}

extension Scene {
    /// Undoes what the operator writes of each kind until it has looked up who does.
    fileprivate func fight(in namespace: String) async throws {
        let mark = cluster.auditedRequests().count
        let objects = [
            "namespaces/\(namespace)", "serviceaccounts/default", "limitranges/hardening-limits",
            "networkpolicies/\(Marks.denyPolicyName)",
        ]
        try await eventually("it looks up who undoes each of its repairs") {
            for control in Self.controls { try await undo(control, in: namespace) }
            let reads = cluster.auditedRequests().dropFirst(mark).filter { $0.verb == "get" }.map(\.requestURI)
            return objects.allSatisfy { object in reads.contains { $0.hasSuffix(object) } }
        }
    }
}
