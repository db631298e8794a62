import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Subprocess
import Testing

extension ControlPlaneTests {
    @Suite struct Release {
        /// The ways to take a namespace out of a profile's hands.
        enum Way: String, CaseIterable {
            case labelRemoved, selectorChanged, excluded, deletedWithRelease, releaseCommand
            case deletedWithReleaseWhileTheOperatorIsGone
        }

        @Test(
            "O3: Everything is given back: values are as they were, and no object of ours is left",
            arguments: Way.allCases
        )
        func givesBack(_ way: Way) async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespaces = try await (scene.settledNamespace("plain"), scene.settledNamespace("lived-in"))
                try await scene.livedIn(namespaces.1)
                let before = try await [scene.content(of: namespaces.0), scene.content(of: namespaces.1)]
                if way == .labelRemoved {
                    // By a label of its own, the removal of which is then not part of what is compared.
                    for namespace in [namespaces.0, namespaces.1] {
                        try await cluster.edit(Namespace.self, namespace, ["metadata": ["labels": ["select": "me"]]])
                    }
                }
                let mark = cluster.auditedRequests().count
                let asksForRelease = way == .deletedWithRelease || way == .deletedWithReleaseWhileTheOperatorIsGone
                let profile = try await scene.profile { spec in
                    if way == .labelRemoved { spec["namespaceSelector"]?["matchLabels"]?["select"] = "me" }
                    if asksForRelease { spec["deletionPolicy"] = "Release" }
                    spec["controls"]?["serviceAccountToken"] = [
                        "scope": "All", "explicitTrue": "Override", "boundAccounts": "Include",
                    ]
                    spec["controls"]?["limitRange"]?["existing"] = "Add"
                }
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 2)
                    let builder = try await cluster.object(ServiceAccount.self, "builder", in: namespaces.1)
                    #expect(builder?.value.automountServiceAccountToken == false)
                    let labels = try await cluster.object(Namespace.self, namespaces.1)?.metadata.labels
                    #expect(labels?["pod-security.kubernetes.io/enforce"] == "restricted")
                    if asksForRelease {
                        let first = cluster.auditedRequests().dropFirst(mark).first { $0.isWrite }
                        #expect(
                            first?.requestURI.contains("/hardeningprofiles/\(profile)?") == true,
                            "the finalizer comes first"
                        )
                    }
                    switch way {
                    case .labelRemoved:
                        for namespace in [namespaces.0, namespaces.1] {
                            try await cluster.edit(Namespace.self, namespace, ["metadata": ["labels": ["select": nil]]])
                        }
                    case .selectorChanged:
                        try await cluster.edit(
                            HardeningProfile.self,
                            profile,
                            ["spec": ["namespaceSelector": ["matchLabels": ["test": "nobody"]]]]
                        )
                    case .excluded:
                        try await cluster.edit(
                            HardeningProfile.self,
                            profile,
                            ["spec": ["excludedNamespaces": [.string("\(scene.name)-*")]]]
                        )
                    case .deletedWithRelease:
                        try await cluster.delete(HardeningProfile.self, profile)
                        try await eventually("the profile is gone") {
                            try await cluster.object(HardeningProfile.self, profile) == nil
                        }
                    case .releaseCommand, .deletedWithReleaseWhileTheOperatorIsGone:
                        return
                    }
                    try await eventually("all is as it was") {
                        try await [scene.content(of: namespaces.0), scene.content(of: namespaces.1)] == before
                    }
                }
                if way == .releaseCommand || way == .deletedWithReleaseWhileTheOperatorIsGone {
                    let enforced = try await scene.content(of: namespaces.1)
                    try await cluster.delete(HardeningProfile.self, profile)
                    #expect(try await scene.content(of: namespaces.1) == enforced)
                    let release = try await cluster.release(profile)
                    #expect(release.status == .exited(0))
                    #expect(release.output.hasSuffix("\(profile): nothing of it is left\n"))
                    #expect(try await cluster.object(HardeningProfile.self, profile) == nil)
                    let again = try await cluster.release(profile)
                    #expect(again.output == "\(profile): nothing of it is left\n")
                }
                let after = try await [scene.content(of: namespaces.0), scene.content(of: namespaces.1)]
                // Named one by one: a difference should be readable.
                for (index, namespace) in [namespaces.0, namespaces.1].enumerated() {
                    for key in Set(before[index].keys).union(after[index].keys) {
                        #expect(after[index][key] == before[index][key], "\(namespace): \(key)")
                    }
                }
            }
        }

        @Test("Retain leaves everything in force when the profile is deleted, and never needs a finalizer")
        func retain() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("retain")
                let profile = try await scene.profile()
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    #expect(try await cluster.object(HardeningProfile.self, profile)?.metadata.finalizers == [])
                    let before = try await scene.content(of: namespace)
                    try await cluster.delete(HardeningProfile.self, profile)
                    // A second profile's status shows that the operator has seen the first one go.
                    let other = try await scene.profile("other") {
                        $0["namespaceSelector"] = ["matchLabels": ["a": "b"]]
                    }
                    try await scene.status(of: other, "ready") { $0.condition(.ready)?.status == .true }
                    #expect(try await scene.content(of: namespace) == before)
                }
            }
        }

        @Test("release refuses a profile that still enforces, since a running operator would write it all again")
        func releaseRefused() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                let refused = try await scene.cluster.release(profile)
                #expect(refused.status == .exited(1))
                #expect(refused.errors.contains("delete, disable or suspend it first"))
                try await scene.cluster.edit(HardeningProfile.self, profile, ["spec": ["suspend": true]])
                #expect(try await scene.cluster.release(profile).status == .exited(0))
            }
        }

        @Test("A deleted CRD opens nothing: what was enforced stays, and goes on being enforced once it is back")
        func deletedCRD() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("crd")
                let profile = try await scene.profile()
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let before = try await scene.content(of: namespace)
                    try await cluster.kubectl("delete", "crd", "hardeningprofiles.hardening.dev")
                    try await eventually("the operator has noticed") {
                        try process.lines.contains { $0.part == "hardeningprofiles.hardening.dev" }
                    }
                    #expect(try await scene.content(of: namespace) == before)
                    try await cluster.installProfiles()
                    try await eventually("profiles can be made again") {
                        do {
                            try await scene.profile()
                            return true
                        } catch let error as APIError where error.isNotFound || error.code == 429 {
                            return false
                        }
                    }
                    try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                    try await scene.compliant(profile, namespaces: 1)
                    // The profile is another now, and only what is remembered says so.
                    func forgetful(_ content: [String: JSONValue]) -> [String: JSONValue] {
                        var content = content
                        content["Namespace"]?["metadata"]?["annotations"]?[Marks.stateOfAnnotation] = nil
                        return content
                    }
                    try await eventually("all is as before") {
                        try await forgetful(scene.content(of: namespace)) == forgetful(before)
                    }
                }
            }
        }
    }
}

extension Scene {
    /// Gives a namespace what a team would have set up itself, by several field managers.
    fileprivate func livedIn(_ namespace: String) async throws {
        try await cluster.kubectl(
            "label",
            "namespace",
            namespace,
            "team=web",
            "pod-security.kubernetes.io/enforce=privileged",
            "pod-security.kubernetes.io/warn=restricted",
            "pod-security.kubernetes.io/warn-version=v1.20"
        )
        try await cluster.kubectl("annotate", "namespace", namespace, "contact=web@example.com")
        // The same value that the profile asks for, by server-side apply: stays theirs.
        try await cluster.create(
            Namespace.self,
            namespace,
            labels: ["test": name, "pod-security.kubernetes.io/audit": "restricted"]
        )
        try await cluster.create(
            ServiceAccount.self,
            "builder",
            in: namespace,
            labels: ["team": "web"],
            ["automountServiceAccountToken": true]
        )
        try await cluster.create(ServiceAccount.self, "quiet", in: namespace, ["automountServiceAccountToken": false])
        try await cluster.create(ServiceAccount.self, "unset", in: namespace)
        try await cluster.create(
            LimitRange.self,
            "own",
            in: namespace,
            ["spec": ["limits": [["type": "Container", "default": ["memory": "1Gi"]]]]]
        )
        try await cluster.create(
            NetworkPolicy.self,
            "web",
            in: namespace,
            ["spec": ["podSelector": ["matchLabels": ["app": "web"]], "ingress": [[:]]]]
        )
        try await eventually("the accounts are done") {
            for account in ["builder", "quiet", "unset"] {
                guard try await cluster.isDone(account, in: namespace) else { return false }
            }
            return true
        }
    }
}

extension ControlPlane {
    /// Runs `hardening-operator release` as an administrator.
    func release(_ profile: String) async throws -> Finished {
        try await Self.run("release", "--profile", profile, "--kubeconfig", "\(directory)/admin.conf")
    }
}
