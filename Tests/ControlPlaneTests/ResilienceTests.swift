import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Synchronization
import TestSupport
import Testing

extension ControlPlaneTests {
    @Suite struct Resilience {
        @Test("Killed at random moments during 50 changes, it converges to the same state as without kills")
        func killed() async throws {
            try await Scene.play { scene in
                var random = SeededGenerator()
                print("kill seed: \(random.seed)")
                let profile = try await scene.profile { $0["deletionPolicy"] = "Release" }
                // The same changes to two sets of namespaces: during the first, the operator is killed again and again.
                let isDone = Flag()
                async let changes: Void = {
                    try await scene.changes(in: "x")
                    isDone.set()
                }()
                var kills = 0
                while !isDone.isSet || kills < 10 {
                    let life = Duration.milliseconds(Int.random(in: 300...1500, using: &random))
                    try await scene.cluster.withOperator(isKilled: true) { process in
                        try await Task.sleep(for: life)
                        try process.kill()
                    }
                    kills += 1
                }
                try await changes
                print("killed \(kills) times")
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    let names = try await scene.cluster.namespaceNames(of: scene)
                    try await scene.changes(in: "y")
                    try await scene.settled(profile)
                    #expect(!names.isEmpty)
                    for name in names {
                        let twin = name.replacing("\(scene.name)-x", with: "\(scene.name)-y")
                        try await eventually("\(name) is as \(twin)") {
                            try await scene.comparable(name) == scene.comparable(twin)
                        }
                    }
                }
            }
        }

        @Test("With the API server away for 20 s it survives, says so once, and converges")
        func outage() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("outage")
                // A server that has just started does not know its roles yet.
                try await cluster.withOperator(mayBeDenied: true) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let before = try await scene.content(of: namespace)
                    let mark = try process.lines.count
                    try await cluster.controlPlane("stop", "kube-apiserver")
                    try await Task.sleep(for: .seconds(20))
                    try await cluster.controlPlane("start", "kube-apiserver")
                    try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: namespace)
                    try await eventually("the policy is back") {
                        try await scene.content(of: namespace) == before
                    }
                    try await eventually("it says that the server is back") {
                        try process.lines.dropFirst(mark).contains { $0.message.contains("can be reached again") }
                    }
                    let said = try process.lines.dropFirst(mark).filter { ["warning", "error"].contains($0.level) }
                    print("said during the outage: \(said.map { "\($0.message) \($0.resources ?? "")" })")
                    #expect(said.map(\.message) == ["the API server cannot be reached, trying on"])
                    try await scene.namespace("after")
                    try await scene.compliant(profile, namespaces: 2)
                }
            }
        }

        @Test("Told to stop in the middle of work, it stops well, and the next start finishes the work")
        func stopped() async throws {
            try await Scene.play { scene in
                let profile = try await scene.profile()
                for number in 0..<30 { try await scene.namespace("n\(number)") }
                let cluster = scene.cluster
                try await cluster.withOperator { process in
                    try await eventually("it has begun to write") {
                        try process.lines.contains { $0.message.hasPrefix("apply") }
                    }
                    try process.terminate()
                }
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 30)
                }
            }
        }

        @Test("D2: Told to stop while the API server hangs, it does not wait for it; prints how long it took")
        func stoppedWhileServerHangs() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                for number in 0..<30 { try await scene.namespace("n\(number)") }
                let stopping = try await cluster.withOperator { process in
                    try await eventually("it has begun to write") {
                        try process.lines.contains { $0.message.hasPrefix("apply") }
                    }
                    try await cluster.signal("kube-apiserver", SIGSTOP)
                    return ContinuousClock.now
                }
                print("stopped while the server hung, within \((ContinuousClock.now - stopping).milliseconds) ms")
                try await cluster.signal("kube-apiserver", SIGCONT)
                try await cluster.withOperator { _ in _ = try await scene.compliant(profile, namespaces: 30) }
            }
        }

        @Test("Q7: What it may not write becomes a finding and a condition, and no hot loop")
        func forbidden() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                try await cluster.kubectl("apply", "-f", "-", input: Self.readOnly)
                let kubeconfig = "\(cluster.directory)/limited.conf"
                try await cluster.writeKubeconfig(kubeconfig, serviceAccount: "limited")
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("forbidden")
                let before = try await scene.content(of: namespace)
                try await cluster.withOperator(kubeconfig: kubeconfig) { process in
                    try await process.ready()
                    let status = try await scene.status(of: profile, "writes are forbidden") { status in
                        status.condition(.ready)?.reason == "WritesFailing"
                            && Scene.controls.allSatisfy { control in
                                status.findings.contains { $0.control == control && $0.reason == .writeForbidden }
                            }
                    }
                    #expect(status.condition(.compliant)?.status == .false)
                    #expect(status.condition(.ready)?.message.contains("403") == true)
                    // Each try comes later than the one before.
                    let tries = try await eventually("it is tried a fourth time") {
                        let tries = cluster.auditedRequests(by: "limited").filter {
                            $0.isDenied && $0.requestURI.contains("/namespaces/\(namespace)/limitranges/")
                        }
                        return tries.count >= 4 ? tries.compactMap(\.receivedAt) : nil
                    }
                    let pauses = zip(tries, tries.dropFirst()).map { $1.timeIntervalSince($0) }
                    print("pauses between refused writes: \(pauses)")
                    // Never earlier than the back-off says, however slow the machine; an event may cause an early first try.
                    #expect(try #require(pauses.last) >= 3.9)
                }
                #expect(try await scene.content(of: namespace) == before)
                try await cluster.kubectl("delete", "clusterrolebinding", "limited-for-tests")
            }
        }

        @Test("What it may not watch any more is not claimed to be compliant")
        func blind() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                // Rights of its own, to be taken away.
                try await cluster.kubectl("apply", "-f", "-", input: Self.readOnly)
                let kubeconfig = "\(cluster.directory)/limited.conf"
                try await cluster.writeKubeconfig(kubeconfig, serviceAccount: "limited")
                let profile = try await scene.profile { $0["mode"] = "Audit" }
                try await scene.settledNamespace("blind")
                try await cluster.withOperator(kubeconfig: kubeconfig) { process in
                    try await process.ready()
                    try await scene.status(of: profile, "ready") { $0.condition(.ready)?.status == .true }
                    try await cluster.kubectl(
                        "patch",
                        "clusterrole",
                        "limited-for-tests",
                        "--type=json",
                        "-p",
                        #"[{"op": "replace", "path": "/rules/0/apiGroups", "value": ["", "hardening.dev", "rbac.authorization.k8s.io"]}]"#
                    )
                    // What a watch may see is decided when it begins.
                    try await cluster.controlPlane("stop", "kube-apiserver")
                    try await cluster.controlPlane("start", "kube-apiserver")
                    try await scene.status(of: profile, "watching policies fails") { status in
                        guard let ready = status.condition(.ready), ready.reason == "WatchFailing" else { return false }
                        return ready.message.contains("networkpolicies.networking.k8s.io (403)")
                            && status.condition(.compliant)?.status == .unknown
                    }
                    try await cluster.kubectl("apply", "-f", "-", input: Self.readOnly)
                    try await scene.status(of: profile, "ready again") {
                        $0.condition(.ready)?.status == .true && $0.condition(.compliant)?.status == .false
                    }
                }
                try await cluster.kubectl("delete", "clusterrolebinding", "limited-for-tests")
            }
        }

        @Test("The account default is hardened though nobody has made it yet, and stays so when its controller comes")
        func defaultAccountFirst() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await cluster.controlPlane("stop", "kube-controller-manager")
                    let namespace = try await scene.namespace("first")
                    try await scene.compliant(profile, namespaces: 1)
                    let account = try await cluster.object(ServiceAccount.self, "default", in: namespace)
                    #expect(account?.value.automountServiceAccountToken == false)
                    try await cluster.controlPlane("start", "kube-controller-manager")
                    try await eventually("the controllers have done their part") {
                        let isDone = try await cluster.isDone("default", in: namespace)
                        let hasCertificate = try await cluster.hasRootCertificate(in: namespace)
                        return isDone && hasCertificate
                    }
                    let after = try await cluster.object(ServiceAccount.self, "default", in: namespace)
                    #expect(after?.value.automountServiceAccountToken == false)
                }
            }
        }

        @Test("O4, O7: A namespace on its way out is left alone, and is not counted any more")
        func terminating() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("going")
                // Holds the namespace in phase Terminating.
                try await cluster.create(
                    LimitRange.self,
                    "held",
                    in: namespace,
                    ["spec": ["limits": [["type": "Pod", "max": ["cpu": "1"]]]]]
                )
                try await cluster.edit(
                    LimitRange.self,
                    "held",
                    in: namespace,
                    ["metadata": ["finalizers": ["tests/held"]]]
                )
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    try await eventually("it has found out what the server does with labels, and said so") {
                        try process.lines.contains { $0.message == "Pod Security admission" }
                    }
                    let mark = try process.lines.count
                    try await cluster.delete(Namespace.self, namespace)
                    try await scene.status(of: profile, "nothing selected") { $0.namespaces.selected == 0 }
                    try await eventually("what the operator made goes with the namespace") {
                        try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace) == nil
                    }
                    try await cluster.edit(LimitRange.self, "held", in: namespace, ["metadata": ["finalizers": nil]])
                    try await eventually("the namespace is gone") {
                        try await cluster.object(Namespace.self, namespace) == nil
                    }
                    let lines = try process.lines.dropFirst(mark)
                    #expect(lines.filter { $0.namespace != nil || $0.level != "info" }.map(\.message) == [])
                }
            }
        }

        private static let readOnly = """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: limited, namespace: hardening-system}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: limited-for-tests}
            rules:
              - {apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}
              - {apiGroups: [hardening.dev], resources: ["*"], verbs: [patch]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: limited-for-tests}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: limited-for-tests}
            subjects: [{kind: ServiceAccount, name: limited, namespace: hardening-system}]
            """
    }
}

extension Scene {
    /// 50 changes to namespaces whose names begin with `prefix`; the same each time.
    fileprivate func changes(in prefix: String) async throws {
        var random = SeededGenerator(seed: 7)
        var present: [String] = []
        for number in 0..<50 {
            let kind = number < 10 ? 0 : Int.random(in: 0..<8, using: &random)
            let one = present.isEmpty ? "" : present[Int.random(in: 0..<present.count, using: &random)]
            switch kind {
            case 0:
                let namespace = try await namespace("\(prefix)\(number)")
                present.append(namespace)
                // So that it is known what the edits below find.
                try await eventually("\(namespace) has its account") {
                    try await cluster.object(ServiceAccount.self, "default", in: namespace) != nil
                }
            case 1:
                try await cluster.edit(
                    Namespace.self,
                    one,
                    ["metadata": ["labels": ["test": "nobody", "was": .string(name)]]]
                )
            case 2: try await cluster.edit(Namespace.self, one, ["metadata": ["labels": ["test": .string(name)]]])
            case 3: try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: one)
            case 4:
                try await cluster.edit(Namespace.self, one, ["metadata": ["labels": ["team": .string("t\(number)")]]])
            case 5: try await cluster.create(ServiceAccount.self, "made", in: one)
            case 6: try await cluster.delete(LimitRange.self, "hardening-limits", in: one)
            default:
                try await cluster.create(
                    LimitRange.self,
                    "own",
                    in: one,
                    ["spec": ["limits": [["type": "Container", "defaultRequest": ["cpu": "10m"]]]]]
                )
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        // Those that were deselected are to be found by what they are compared by.
        for namespace in present {
            try await cluster.edit(
                Namespace.self,
                namespace,
                ["metadata": ["labels": ["half": .string("\(name)-\(prefix)")]]]
            )
        }
    }

    /// Waits until the profile's namespaces are all looked at and compliant.
    fileprivate func settled(_ profile: String) async throws {
        try await status(of: profile, "all compliant") {
            $0.condition(.ready)?.status == .true && $0.namespaces.nonCompliant == 0
        }
    }

    /// What a namespace consists of, without what makes it another than its twin.
    fileprivate func comparable(_ namespace: String) async throws -> [String: JSONValue] {
        var content = try await content(of: namespace)
        for key in content.keys {
            content[key]?["metadata"]?["namespace"] = nil
            content[key]?["secrets"] = nil
        }
        content["Namespace"]?["metadata"]?["name"] = nil
        // Bound to the namespace, and to when the profile began to write.
        content["Namespace"]?["metadata"]?["annotations"]?[Marks.stateOfAnnotation] = nil
        for label in ["half", "kubernetes.io/metadata.name"] {
            content["Namespace"]?["metadata"]?["labels"]?[label] = nil
        }
        return content
    }
}

extension ControlPlane {
    /// Whether a controller has put there what it puts into every namespace.
    fileprivate func hasRootCertificate(in namespace: String) async throws -> Bool {
        try await kubectl("get", "configmap", "kube-root-ca.crt", "-n", namespace, "--ignore-not-found", "-o", "name")
            != ""
    }

    fileprivate func namespaceNames(of scene: Scene) async throws -> [String] {
        try await client.listAll(Namespace.self, of: .init(labels: "half=\(scene.name)-x")).map(\.metadata.name)
    }
}

/// Something that happens once.
private final class Flag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
