import Foundation
import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    /// What `docs/do-no-harm.md` promises.
    @Suite struct DoNoHarm {
        @Test(
            "What enforcing would break is foretold before any write and held, and released by the documented remedy",
            arguments: Harm.all
        )
        func held(_ harm: Harm) async throws {
            try await Scene.stage([harm]) { scene in
                let namespace = try await scene.build(harm)
                let mark = scene.cluster.auditedRequests().count
                let profile = try await scene.profile(for: harm)
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    try await scene.foretold(harm, by: profile)
                    if harm.isHeld { try await scene.isUntouched(namespace, by: harm, since: mark) }
                    try await scene.remedy(harm)
                    try await scene.enforced(harm, by: profile)
                    if harm.control == .networkPolicy { scene.allowancesCameFirst(in: namespace, since: mark) }
                }
            }
        }

        @Test("Audit foretells all of it, and writes nothing")
        func audited() async throws {
            try await Scene.stage(Harm.all) { scene in
                for harm in Harm.all {
                    try await scene.build(harm)
                    try await scene.profile(for: harm) { $0["mode"] = "Audit" }
                }
                let mark = scene.cluster.auditedRequests().count
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    for harm in Harm.all {
                        let status = try await scene.foretold(harm, by: "\(scene.name)-\(harm.name)")
                        #expect(status.controls.allSatisfy { $0.held == 0 && $0.pending == 0 }, "nothing to hold")
                        #expect(scene.writes(in: "\(scene.name)-\(harm.name)", since: mark) == [])
                    }
                }
            }
        }

        @Test("Proceed enforces all the same, and goes on to say what that breaks")
        func proceeded() async throws {
            try await Scene.stage(Harm.all) { scene in
                for harm in Harm.all {
                    try await scene.build(harm)
                    try await scene.profile(for: harm) { spec in
                        spec["onDisruption"] = "Proceed"
                        if harm.control == .podSecurity {
                            spec["controls"]?["podSecurity"]?["rollout"] = ["strategy": "Immediate"]
                        }
                    }
                }
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    for harm in Harm.all {
                        try await eventually("\(harm.name) is enforced") { try await scene.isInForce(harm) }
                        try await scene.status(of: "\(scene.name)-\(harm.name)", "the impact, and nothing held") {
                            $0.foretells(harm) && $0.obstacles(of: harm.control) == 0
                        }
                    }
                }
            }
        }

        @Test("What is enforced already stays when it would break something that comes later, and is repaired")
        func cameLater() async throws {
            try await Scene.stage(Harm.all) { scene in
                // A server that acts on the labels does not let the pod in.
                let harms = Harm.all.filter { $0.name != "live-pod" || !scene.cluster.hasPodSecurityAdmission }
                for harm in harms {
                    try await scene.settledNamespace(harm.name, labels: ["case": harm.name])
                    try await scene.profile(for: harm)
                }
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    for harm in harms {
                        try await eventually("\(harm.name) is enforced") { try await scene.isInForce(harm) }
                    }
                    for harm in harms { try await scene.place(harm) }
                    for harm in harms {
                        try await scene.status(of: "\(scene.name)-\(harm.name)", "the impact, and nothing held") {
                            $0.foretells(harm) && $0.obstacles(of: harm.control) == 0
                        }
                        #expect(try await scene.isInForce(harm), "\(harm.name) stays enforced")
                        try await scene.undo(harm)
                        try await eventually("\(harm.name) is repaired") { try await scene.isInForce(harm) }
                    }
                }
            }
        }

        @Test("A rule for the port of the Service lets nothing through: what counts is the port of its pods")
        func port() async throws {
            let harm = try #require(Harm.ofNetworks.first { $0.name == "webhook" })
            try await Scene.stage([harm]) { scene in
                let namespace = try await scene.build(harm)
                @Sendable func allow(_ port: Int64) -> JSONValue {
                    let rule: JSONValue = [
                        "from": [["ipBlock": ["cidr": "198.51.100.0/24"]]], "ports": [["port": .integer(port)]],
                    ]
                    return ["directions": ["Ingress"], "allow": ["ingressFrom": [rule]]]
                }
                let profile = try await scene.profile(for: harm) { $0["controls"]?["networkPolicy"] = allow(443) }
                let mark = scene.cluster.auditedRequests().count
                try await scene.cluster.withOperator { process in
                    try await process.ready()
                    try await scene.foretold(harm, by: profile)
                    try await scene.isUntouched(namespace, by: harm, since: mark)
                    try await scene.profile(for: harm) { $0["controls"]?["networkPolicy"] = allow(9443) }
                    try await scene.enforced(harm, by: profile)
                }
            }
        }

        @Test("A derived allowance is as narrow as can be, says what it comes of, and follows it")
        func derived() async throws {
            let harm = try #require(Harm.ofNetworks.first { $0.name == "webhook" })
            try await Scene.stage([harm]) { scene in
                let namespace = try await scene.build(harm)
                let cluster = scene.cluster
                let profile = try await scene.profile(for: harm) {
                    $0["controls"]?["networkPolicy"]?["allow"] = ["derive": ["Webhooks"]]
                }
                @Sendable func derived() async throws -> [Document<NetworkPolicy>] {
                    try await cluster.client.listAll(Document<NetworkPolicy>.self, of: .init(namespace: namespace))
                        .filter { $0.metadata.name.hasPrefix("hardening-derived-") }
                }
                @Sendable func ports() async throws -> [JSONValue] {
                    try await derived().compactMap { $0.json["spec"]?["ingress"] }
                }
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.enforced(harm, by: profile)
                    let policy = try #require(try await derived().first)
                    #expect(
                        policy.json["spec"] == [
                            "podSelector": ["matchLabels": ["app": "web"]], "policyTypes": ["Ingress"],
                            "ingress": [["ports": [["protocol": "TCP", "port": 9443]]]],
                        ]
                    )
                    let reason = policy.metadata.annotations["hardening.dev/derived-from"]
                    #expect(reason == "Webhooks: ValidatingWebhookConfiguration/\(namespace) calls Service/web")
                    try await cluster.edit(
                        Service.self,
                        "web",
                        in: namespace,
                        ["spec": ["ports": [["name": "https", "port": 443, "targetPort": 8443]]]]
                    )
                    try await eventually("the allowance has followed the service") {
                        try await ports() == [[["ports": [["protocol": "TCP", "port": 8443]]]]]
                    }
                    try await cluster.kubectl("delete", "validatingwebhookconfiguration", namespace)
                    try await eventually("the allowance goes with the webhook") { try await derived().isEmpty }
                    try await scene.compliant(profile, namespaces: 1)
                }
            }
        }

        @Test(
            "Custom resources count as soon as they are defined, also after the start, and no longer than they are",
            arguments: Harm.ofNetworks.filter { ["http-route", "service-monitor", "pod-monitor"].contains($0.name) }
        )
        func installedLater(_ harm: Harm) async throws {
            try await Scene.stage([]) { scene in
                let cluster = scene.cluster
                let start = cluster.auditedRequests().count
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await cluster.installDefinitions()
                    let namespace = try await scene.build(harm)
                    // A watch is in the server's log only once it has ended.
                    try await eventually("the operator has listed them") {
                        let listed = cluster.auditedRequests().dropFirst(start).filter {
                            $0.verb == "list" && $0.responseStatus?.code == 200
                        }
                        return ["httproutes", "servicemonitors", "podmonitors"].allSatisfy { plural in
                            listed.contains { $0.requestURI.contains("/\(plural)?") }
                        }
                    }
                    let mark = cluster.auditedRequests().count
                    let profile = try await scene.profile(for: harm)
                    try await scene.foretold(harm, by: profile)
                    try await scene.isUntouched(namespace, by: harm, since: mark)
                    try await cluster.removeDefinitions()
                    try await scene.enforced(harm, by: profile)
                    try await scene.status(of: profile, "all is observed") {
                        $0.condition(.workloadsObserved)?.status == .true
                    }
                }
            }
        }

        @Test("Where no DNS was found, egress is not denied until there is one, or the profile names it")
        func nameService() async throws {
            try await Scene.stage([]) { scene in
                let cluster = scene.cluster
                @Sendable func profile(_ suffix: String, _ allow: JSONValue) async throws -> String {
                    try await scene.profile(suffix) {
                        $0["onDisruption"] = "Hold"
                        $0["namespaceSelector"] = [
                            "matchLabels": ["test": .string(scene.name), "case": .string(suffix)]
                        ]
                        $0["controls"] = ["networkPolicy": ["directions": ["Egress"], "allow": allow]]
                    }
                }
                let own: JSONValue = [
                    "to": [["ipBlock": ["cidr": "192.0.2.53/32"]]], "ports": [["protocol": "UDP", "port": 53]],
                ]
                try await cluster.without("service", "kube-dns", ControlPlane.clusterDNS) {
                    let mark = cluster.auditedRequests().count
                    for suffix in ["waits", "names"] {
                        try await scene.settledNamespace(suffix, labels: ["case": suffix])
                    }
                    let (waiting, naming) = (try await profile("waits", [:]), try await profile("names", [:]))
                    try await cluster.withOperator { process in
                        try await process.ready()
                        for profile in [waiting, naming] {
                            let status = try await scene.status(of: profile, "no DNS was found") {
                                $0.findings.contains { $0.reason == .dnsNotDiscovered }
                            }
                            #expect(
                                status.findings.map { "\($0.severity) \($0.type) \($0.reason)" } == [
                                    "critical impact dnsNotDiscovered", "high violation defaultDenyMissing",
                                ]
                            )
                            #expect(status.condition(.compliant)?.status == .false)
                            #expect(status.namespaces.nonCompliant == 1)
                            #expect(scene.writes(in: profile, since: mark) == [])
                        }
                        _ = try await profile("names", ["dns": "Deny", "egressTo": [own]])
                        try await scene.compliant(naming, namespaces: 1)
                        let denied: JSONValue = ["podSelector": [:], "policyTypes": ["Egress"]]
                        let allowed = try await scene.spec(of: "hardening-default-allow", in: naming)
                        #expect(try await scene.spec(of: "hardening-default-deny", in: naming) == denied)
                        #expect(
                            allowed == ["podSelector": [:], "policyTypes": ["Egress"], "egress": [own]]
                        )
                        #expect(scene.writes(in: waiting, since: mark) == [], "still without DNS")

                        try await cluster.kubectl("apply", "-f", "-", input: ControlPlane.clusterDNS)
                        try await scene.compliant(waiting, namespaces: 1)
                        #expect(try await scene.spec(of: "hardening-default-deny", in: waiting) == denied)
                    }
                }
            }
        }

        @Test("Where nothing shows a network plugin that acts on policies, the control is unverified, not compliant")
        func networkPlugin() async throws {
            try await Scene.stage([]) { scene in
                let cluster = scene.cluster
                try await scene.settledNamespace("plugin")
                try await cluster.without("daemonset", "calico-node", ControlPlane.networkPlugin) {
                    let profile = try await scene.profile { $0["controls"] = ["networkPolicy": [:]] }
                    @Sendable func isUnverified() async throws {
                        let status = try await scene.status(of: profile, "unverified") {
                            $0.controls.first?.unverified == 1 && $0.condition(.ready)?.status == .true
                        }
                        #expect(status.condition(.networkPolicyProviderFound)?.status == .false)
                        #expect(status.condition(.compliant)?.status == .unknown)
                        #expect(status.compliancePercent == 0)
                    }
                    @Sendable func isVerified() async throws {
                        try await scene.status(of: profile, "compliant") {
                            $0.condition(.networkPolicyProviderFound)?.status == .true
                                && $0.condition(.compliant)?.status == .true && $0.controls.first?.compliant == 1
                        }
                    }
                    try await cluster.withOperator { process in
                        try await process.ready()
                        try await isUnverified()
                    }
                    try await cluster.withOperator(["--network-policy-provider", "cloud"]) { process in
                        try await process.ready()
                        try await isVerified()
                    }
                    try await cluster.withOperator { process in
                        try await process.ready()
                        try await isUnverified()
                        try await cluster.kubectl("apply", "-f", "-", input: ControlPlane.networkPlugin)
                        try await isVerified()
                    }
                }
            }
        }

        @Test("A ReplicaSet whose pods are refused after promotion is reported")
        func disrupted() async throws {
            try await Scene.stage([]) { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("disrupted")
                let profile = try await scene.profile {
                    $0["controls"] = ["podSecurity": ["rollout": ["observe": "0s"]]]
                }
                // Its controller would take the condition off again, since this server lets the pods in.
                try await cluster.controlPlane("stop", "kube-controller-manager")
                do {
                    try await cluster.withOperator { process in
                        try await process.ready()
                        try await eventually("baseline is enforced") {
                            try await cluster.object(Namespace.self, namespace)?.metadata.labels[
                                "pod-security.kubernetes.io/enforce"
                            ] == "baseline"
                        }
                        try await cluster.refusePods(of: "web-5d4f", in: namespace)
                        let status = try await scene.status(of: profile, "the refusal") {
                            $0.findings.contains { $0.reason == .enforcementDisrupted }
                        }
                        let finding = try #require(status.findings.first { $0.reason == .enforcementDisrupted })
                        #expect(finding.type == .impact && finding.workload == "ReplicaSet/web-5d4f")
                        #expect(finding.message.contains("violates PodSecurity"))
                    }
                } catch {
                    try await cluster.controlPlane("start", "kube-controller-manager")
                    throw error
                }
                try await cluster.controlPlane("start", "kube-controller-manager")
            }
        }
    }
}

// MARK: Situations

extension Scene {
    /// Plays with what `harms` need of the whole cluster, and takes that away again.
    static func stage(
        _ harms: [Harm],
        _ body: @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        try await play { scene in
            do {
                if harms.contains(where: \.needsDefinitions) { try await scene.cluster.installDefinitions() }
                try await body(scene)
            } catch {
                try? await scene.strike()
                throw error
            }
            try await scene.strike()
        }
    }

    private func strike() async throws {
        let kinds = "apiservices,validatingwebhookconfigurations,customresourcedefinitions"
        try await cluster.kubectl("delete", kinds, "-l", "test=\(name)")
        try await cluster.removeDefinitions()
    }

    /// Makes the namespace and the objects of a case.
    ///
    /// - Returns: the namespace.
    @discardableResult
    func build(_ harm: Harm) async throws -> String {
        let namespace = try await settledNamespace(harm.name, labels: ["case": harm.name])
        try await place(harm)
        return namespace
    }

    /// Makes the objects of a case.
    func place(_ harm: Harm) async throws { try await apply(harm.objects, for: harm) }

    private func apply(_ objects: String, for harm: Harm) async throws {
        let namespace = "\(name)-\(harm.name)"
        try await cluster.kubectl("apply", "-n", namespace, "-f", "-", input: filledIn(objects, for: harm))
    }

    private func filledIn(_ text: String, for harm: Harm) -> String {
        text.replacing("NAMESPACE", with: "\(name)-\(harm.name)").replacing("SCENE", with: name)
            .replacing("CRONJOB_VERSION", with: cluster.cronJobVersion)
    }

    /// The same with what its words stand for.
    func filledIn(_ value: JSONValue, for harm: Harm) async throws -> JSONValue {
        var text = filledIn(String(decoding: try JSONEncoder().encode(value), as: UTF8.self), for: harm)
        if text.contains("APISERVER") {
            let path = "jsonpath={.subsets[0].addresses[0].ip}"
            let address = try await cluster.kubectl("get", "endpoints", "kubernetes", "-n", "default", "-o", path)
            text = text.replacing("APISERVER", with: address)
        }
        return try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// A profile for a case, with its control alone and the default of `onDisruption`.
    @discardableResult
    func profile(for harm: Harm, _ change: (inout JSONValue) -> Void = { _ in }) async throws -> String {
        try await profile(harm.name) { spec in
            spec = [
                "mode": "Enforce",
                "namespaceSelector": ["matchLabels": ["test": .string(name), "case": .string(harm.name)]],
                "controls": [harm.control.rawValue: harm.settings],
            ]
            change(&spec)
        }
    }

    /// Does what the documentation says is to be done.
    func remedy(_ harm: Harm) async throws {
        switch harm.remedy {
        case .settings(let settings):
            let settings = try await filledIn(settings, for: harm)
            try await profile(for: harm) { $0["controls"] = [harm.control.rawValue: settings] }
        case .proceed(let settings):
            try await profile(for: harm) {
                $0["onDisruption"] = "Proceed"
                $0["controls"] = [harm.control.rawValue: settings]
            }
        case .exemption(let exemption):
            let exemption = try await filledIn(exemption, for: harm)
            try await profile(for: harm) { $0["exemptions"] = [exemption] }
        case .apply(let objects): try await apply(objects, for: harm)
        case .delete(let kind, let object): try await delete(kind, object, of: harm)
        case .move(let kind, let object, let objects):
            try await delete(kind, object, of: harm)
            let namespace = try await settledNamespace("\(harm.name)-own")
            try await cluster.kubectl("apply", "-n", namespace, "-f", "-", input: objects)
        }
    }

    private func delete(_ kind: String, _ object: String, of harm: Harm) async throws {
        try await cluster.kubectl(
            "delete",
            kind,
            filledIn(object, for: harm),
            "-n",
            "\(name)-\(harm.name)",
            "--grace-period=0",
            "--force"
        )
    }

    /// Somebody takes away what was enforced.
    func undo(_ harm: Harm) async throws {
        let namespace = "\(name)-\(harm.name)"
        switch harm.control {
        case .networkPolicy: try await cluster.delete(NetworkPolicy.self, "hardening-default-deny", in: namespace)
        case .podSecurity:
            let labels: JSONValue = ["pod-security.kubernetes.io/enforce": nil]
            try await cluster.edit(Namespace.self, namespace, ["metadata": ["labels": labels]])
        case .serviceAccountToken:
            let patch: JSONValue = ["automountServiceAccountToken": true]
            try await cluster.edit(ServiceAccount.self, "default", in: namespace, patch)
        case .limitRange: try await cluster.delete(LimitRange.self, "hardening-limits", in: namespace)
        case .workloads: break
        }
    }
}

// MARK: What is to be seen

extension Scene {
    /// Waits until the status foretells `harm`, and that the control waits if it should.
    @discardableResult
    func foretold(_ harm: Harm, by profile: String) async throws -> ProfileStatus {
        let isEnforcing =
            try await cluster.object(HardeningProfile.self, profile)?.json["spec"]?["mode"] == "Enforce"
        let obstacles = harm.isHeld && isEnforcing ? 1 : 0
        let status = try await status(of: profile, "\(harm.reason.rawValue) of \(harm.subject)") {
            $0.foretells(harm) && $0.obstacles(of: harm.control) == obstacles
        }
        let finding = try #require(status.findings.first { $0.type == .impact && $0.reason == harm.reason })
        #expect(finding.message.contains(harm.mention))
        #expect(finding.namespace == "\(name)-\(harm.name)" && finding.control == harm.control)
        if obstacles > 0 {
            let why: Finding.Reason = harm.control == .podSecurity ? .enforcementPending : .enforcementHeld
            let held = status.findings.first { $0.reason == why }
            #expect(held?.message.contains(harm.subject) == true, "it says what stands in the way")
            #expect(status.condition(.compliant)?.status == .false, "what is held is not called compliant")
        }
        return status
    }

    /// Checks that nothing of ours is in a namespace, but for the labels that only warn.
    func isUntouched(_ namespace: String, by harm: Harm, since mark: Int) async throws {
        guard harm.control == .podSecurity else {
            #expect(try await !managers(of: namespace).contains("hardening-operator"))
            #expect(writes(in: namespace, since: mark) == [])
            return
        }
        let metadata = try #require(try await cluster.object(Namespace.self, namespace)).metadata
        #expect(metadata.labels["pod-security.kubernetes.io/enforce"] == nil)
        #expect(metadata.annotations["hardening.dev/clean-since"] == nil)
        try await eventually("the labels that only warn are there") {
            let labels = try await cluster.object(Namespace.self, namespace)?.metadata.labels ?? [:]
            return ["audit", "warn"].allSatisfy { labels["pod-security.kubernetes.io/\($0)"] == "restricted" }
        }
    }

    /// The operator's writes to a namespace and what is in it, but for dry runs.
    func writes(in namespace: String, since mark: Int) -> [String] {
        cluster.auditedRequests().dropFirst(mark).filter { request in
            let parts = request.requestURI.prefix { $0 != "?" }.split(separator: "/")
            return request.isWrite && !request.requestURI.contains("dryRun=All")
                && zip(parts, parts.dropFirst()).contains { $0 == "namespaces" && $1 == namespace }
        }.map(\.description)
    }

    /// What a NetworkPolicy says, or `nil` if there is none.
    fileprivate func spec(of policy: String, in namespace: String) async throws -> JSONValue? {
        try await cluster.object(NetworkPolicy.self, policy, in: namespace)?.json["spec"]
    }

    /// Checks that nothing was denied before its allowances were there.
    func allowancesCameFirst(in namespace: String, since mark: Int) {
        let policies = writes(in: namespace, since: mark).filter { $0.contains("/networkpolicies/") }
        #expect(policies.last?.contains("/hardening-default-deny") == true)
        #expect(policies.count { $0.contains("/hardening-default-deny") } == 1)
    }

    /// Waits until `harm` is not to be feared any more, and its control is enforced.
    func enforced(_ harm: Harm, by profile: String) async throws {
        try await eventually("\(harm.name) is enforced") { try await isInForce(harm) }
        try await status(of: profile, "enforced, without impact") { status in
            !status.findings.contains { $0.type == .impact && $0.reason == harm.reason }
                && status.obstacles(of: harm.control) == 0 && status.condition(.compliant)?.status != .false
        }
    }

    /// Whether the control of `harm` is enforced.
    func isInForce(_ harm: Harm) async throws -> Bool {
        let namespace = "\(name)-\(harm.name)"
        switch harm.control {
        case .networkPolicy:
            return try await cluster.object(NetworkPolicy.self, "hardening-default-deny", in: namespace) != nil
        case .podSecurity:
            let labels = try await cluster.object(Namespace.self, namespace)?.metadata.labels ?? [:]
            return labels["pod-security.kubernetes.io/enforce"] == "baseline"
        case .serviceAccountToken:
            let account = try await cluster.object(ServiceAccount.self, "default", in: namespace)
            return account?.value.automountServiceAccountToken == false
        case .limitRange:
            return try await cluster.object(LimitRange.self, "hardening-limits", in: namespace) != nil
        case .workloads:
            return false
        }
    }
}

extension ProfileStatus {
    /// Whether what is to be feared is among the findings.
    func foretells(_ harm: Harm) -> Bool {
        findings.contains { $0.type == .impact && $0.reason == harm.reason && $0.workload == harm.subject }
    }

    /// In how many namespaces `control` is not enforced though it should be.
    func obstacles(of control: ControlName) -> Int {
        controls.first { $0.name == control }.map { $0.held + $0.pending } ?? 0
    }
}

// MARK: The cluster

extension ControlPlane {
    /// Installs the custom resources that are looked at.
    func installDefinitions() async throws {
        try await kubectl("apply", "-f", "-", input: Harm.definitions)
        try await waitUntilServed("crd", "-l", "tests=definitions")
    }

    /// Takes them away, with all their objects.
    func removeDefinitions() async throws { try await kubectl("delete", "crd", "-l", "tests=definitions") }

    /// Takes an object of kube-system, `manifest`, away for as long as `body` takes.
    fileprivate func without(
        _ kind: String,
        _ name: String,
        _ manifest: String,
        _ body: () async throws -> Void
    ) async throws {
        try await kubectl("delete", kind, name, "-n", "kube-system")
        do {
            try await body()
        } catch {
            _ = try? await kubectl("apply", "-f", "-", input: manifest)
            throw error
        }
        try await kubectl("apply", "-f", "-", input: manifest)
    }

    /// A ReplicaSet of which the status says that its pods are refused.
    fileprivate func refusePods(of name: String, in namespace: String) async throws {
        typealias ReplicaSet = Workload<WorkloadKinds.ReplicaSet>
        try await create(
            ReplicaSet.self,
            name,
            in: namespace,
            [
                "spec": [
                    "replicas": 1, "selector": ["matchLabels": ["app": "web"]],
                    "template": [
                        "metadata": ["labels": ["app": "web"]],
                        "spec": ["containers": [["name": "web", "image": "example.com/web"]]],
                    ],
                ]
            ]
        )
        _ = try await client.apply(
            Document<ReplicaSet>.self,
            name: name,
            namespace: namespace,
            subresource: "status",
            document: [
                "apiVersion": "apps/v1", "kind": "ReplicaSet",
                "metadata": ["name": .string(name), "namespace": .string(namespace)],
                "status": [
                    "replicas": 0,
                    "conditions": [
                        [
                            "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                            "message": "pods \"web\" is forbidden: violates PodSecurity \"baseline:v1.34\": privileged",
                        ]
                    ],
                ],
            ],
            fieldManager: "tests",
            force: true
        )
    }
}
