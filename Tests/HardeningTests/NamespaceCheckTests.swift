import Hardening
import KubernetesAPI
import Testing

/// Checks that need more than a pod's spec: the namespace around it, the cluster, or what the profile says.
@Suite struct NamespaceCheckTests {
    private func found(
        _ check: String,
        _ view: NamespaceView,
        _ settings: String = ""
    ) throws -> [String] {
        messages(check, try workloads(settings).assess(view))
    }

    private func account(_ name: String, _ automount: Bool?) -> ObservedServiceAccount {
        ObservedServiceAccount(
            ServiceAccount(metadata: ObjectMeta(name: name), automountServiceAccountToken: automount)
        )
    }

    // MARK: Images

    @Test(
        "An image is allowed by its registry or a path in it, the short form being Docker Hub's",
        arguments: [
            ("nginx", "docker.io/library", true), ("nginx:1", "docker.io", true),
            ("library/nginx", "docker.io/library", true),
            ("docker.io/nginx", "docker.io/library/nginx", true), ("index.docker.io/nginx", "docker.io/library", true),
            ("bitnami/nginx@sha256:00", "docker.io/library", false), ("nginx", "registry.example.com", false),
            ("registry.example.com/team/web:1", "registry.example.com", true),
            ("registry.example.com/team/web:1", "registry.example.com/team", true),
            ("registry.example.com/team", "registry.example.com/team", true),
            ("registry.example.com/teams/web", "registry.example.com/team", false),
            ("registry.example.com.evil.io/team/web", "registry.example.com", false),
            ("registry.example.com:5000/web", "registry.example.com", false),
            ("registry.example.com:5000/web", "'registry.example.com:5000'", true),
            ("localhost/web", "localhost", true), ("localhost:5000/web:1", "'localhost:5000'", true),
            ("evil/registry.example.com/web", "registry.example.com", false),
        ]
    )
    func registries(_ image: String, _ allowed: String, _ isAllowed: Bool) throws {
        let view = try view([try Make.deployment("web", "{containers: [{name: a, image: '\(image)'}]}")])
        let messages = try found("image-registry-allowlist", view, "allowedRegistries: [ghcr.io/x, \(allowed)]")
        #expect(messages.isEmpty == isAllowed)
        #expect(try found("image-registry-allowlist", view) == [])
    }

    @Test("All images of a workload that are not allowed are one finding, with the full names")
    func registryMessage() throws {
        let spec =
            "{initContainers: [{name: i, image: nginx}], containers: [{name: a, image: ghcr.io/x/y}, {name: b, image: bitnami/redis}, {name: c}]}"
        let messages = try found(
            "image-registry-allowlist",
            view([try Make.deployment("web", spec)]),
            "allowedRegistries: [ghcr.io]"
        )
        #expect(
            messages == [
                "Deployment/web (0 pods): containers \"i\", \"b\" use docker.io/bitnami/redis, docker.io/library/nginx, not "
                    + "below any of allowedRegistries: set spec.template.spec.initContainers[0].image: an image below ghcr.io; "
                    + "spec.template.spec.containers[1].image: an image below ghcr.io"
            ]
        )
    }

    // MARK: Tokens

    private let token = "service-account-token-mounted"
    private let mount = """
        {serviceAccountName: own, FIELD volumes: [{name: kube-api-access-x, projected: {}}], containers: [{name: a,
         volumeMounts: [{name: kube-api-access-x, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}]}
        """

    private func spec(_ automount: String) -> String {
        "{serviceAccountName: own, containers: [{name: a}]\(automount.isEmpty ? "" : ", automountServiceAccountToken: \(automount)")}"
    }

    @Test(
        "Whether pods get a token is for the pod to say, else for its account, else they do",
        arguments: [
            ("true", true, "they ask for it"), ("true", false, "they ask for it"), ("true", nil, "they ask for it"),
            ("false", true, nil), ("false", false, nil), ("false", nil, nil),
            ("", true, "the account says so and the pods do not"), ("", false, nil),
            ("", nil, "neither the pods nor the account say otherwise"),
        ] as [(String, Bool?, String?)]
    )
    func precedence(_ pod: String, _ own: Bool?, _ reason: String?) throws {
        let view = try view(
            [try Make.deployment("web", spec(pod))],
            accounts: [account("default", false), account("own", own)]
        )
        let expected = reason.map {
            "Deployment/web (0 pods): pods are given the token of ServiceAccount own, since \($0): "
                + "set spec.template.spec.automountServiceAccountToken: false"
        }
        #expect(try found(token, view) == [expected].compactMap { $0 })
    }

    @Test("An account that is not there yet is one that says nothing, and one that a binding names is said to be")
    func unknownAccount() throws {
        let messages = try found(token, view([try Make.deployment("web", spec(""))], bound: ["own"]))
        #expect(
            messages.first?.contains("neither the pods nor the account say otherwise; a binding names that account")
                == true
        )
    }

    @Test("A pod that runs keeps its token until it is created anew, whatever was switched off since")
    func runningPods() throws {
        let old = mount.replacing("FIELD", with: "")
        let pods = try ["b", "a"].map { try Make.pod("web-1-\($0)", old, owner: "ReplicaSet/web-1") }
        let template = try Make.deployment("web", spec(""))
        let set = try Make.replicaSet("web-1", spec(""), owner: "Deployment/web")
        let switchedOff = try view([template, set] + pods, accounts: [account("own", false)])
        #expect(
            try found(token, switchedOff) == [
                "Deployment/web (2 pods): 2 pods, such as web-1-a, have the token of ServiceAccount own from before it was "
                    + "switched off, until created anew: restart the workload"
            ]
        )
        // Created anew, they have none.
        let anew = try view(
            [template, set, try Make.pod("web-1-c", spec(""), owner: "ReplicaSet/web-1")],
            accounts: [account("own", false)]
        )
        #expect(try found(token, anew) == [])
    }

    @Test("Of a bare pod, what it was given counts, not what the settings are now")
    func barePods() throws {
        let mounted = try Make.pod("p", mount.replacing("FIELD", with: ""))
        #expect(
            try found(token, view([mounted])).first?.hasPrefix(
                "Pod/p: pod p has the token of ServiceAccount own, since neither the pods nor the account say otherwise"
            ) == true
        )
        #expect(try found(token, view([mounted], accounts: [account("own", false)])).count == 1)
        #expect(try found(token, view([try Make.pod("p", spec(""))])) == [])
        // Of a file's, the settings are all there is.
        let file = try observed(WorkloadKinds.Pod.self, "metadata: {name: p}\nspec: \(spec(""))")
        #expect(try found(token, view([file])).count == 1)
    }

    // MARK: Replicas and namespaces

    @Test("A single replica of a Deployment or StatefulSet is worth knowing, and no violation")
    func replicas() throws {
        func count(_ workload: ObservedWorkload) throws -> Int {
            let findings = try workloads().assess(view([workload])).filter { $0.check == "replica-count" }
            #expect(findings.allSatisfy { $0.severity == .info && !$0.isViolation })
            return findings.count
        }
        #expect(try count(Make.deployment("web", "{containers: []}", replicas: 1)) == 1)
        #expect(try count(Make.deployment("web", "{containers: []}", replicas: 2)) == 0)
        #expect(try count(Make.deployment("web", "{containers: []}", replicas: 0)) == 0)
        #expect(try count(Make.replicaSet("web", "{containers: []}", replicas: 1)) == 0)
        #expect(try count(Make.pod("web", "{containers: []}")) == 0)
        let set = try observed(
            WorkloadKinds.StatefulSet.self,
            "metadata: {name: s, uid: s}\nspec: {template: {spec: {}}}"
        )
        #expect(try count(set) == 1)
    }

    @Test("Workloads in the namespace default are found there only")
    func defaultNamespace() throws {
        let web = try Make.deployment("web", Make.clean())
        #expect(try found("default-namespace-usage", view([web], namespace: "default")).count == 1)
        #expect(try found("default-namespace-usage", view([], namespace: "default")) == [])
        #expect(try found("default-namespace-usage", view([web], namespace: "team-a")) == [])
    }

    @Test(
        "Among the system's own workloads, only what has no mark of the system's is found",
        arguments: [
            ("kube-system", "web", "{}", true), ("kube-system", "web", "{app: web}", true),
            ("kube-system", "coredns", "{}", false), ("kube-system", "kube-proxy", "{}", false),
            ("kube-system", "calico-node", "{}", false), ("kube-system", "dns", "{k8s-app: kube-dns}", false),
            ("kube-system", "agent", "{tier: node}", false), ("kube-system", "x", "{tier: web}", true),
            ("kube-system", "x", "{kubernetes.io/cluster-service: 'true'}", false),
            ("kube-public", "coredns", "{}", true), ("kube-node-lease", "coredns", "{k8s-app: x}", true),
            ("team-a", "web", "{}", false), ("kube-flannel", "web", "{}", false),
        ]
    )
    func systemNamespaces(_ namespace: String, _ name: String, _ labels: String, _ isFound: Bool) throws {
        let workload = try Make.deployment(name, Make.clean(), labels: labels)
        #expect(try found("system-namespace-usage", view([workload], namespace: namespace)).isEmpty != isFound)
    }

    @Test(
        "A namespace that takes the system's prefix is found",
        arguments: [
            ("kube-flannel", true), ("kube-", true), ("kube-system", false), ("kube-public", false),
            ("kube-node-lease", false), ("kubernetes-dashboard", false), ("team-a", false),
        ]
    )
    func prefix(_ namespace: String, _ isFound: Bool) throws {
        let findings = try workloads().assess(view([], namespace: namespace))
        #expect(findings.map(\.check) == (isFound ? ["reserved-namespace-prefix"] : []))
        #expect(findings.allSatisfy { $0.workload == nil && $0.namespace == namespace })
    }

    // MARK: Network policies

    private let coverage = "network-policy-coverage"

    @Test("Each pod and template must be selected in both directions, by whatever policies")
    func coverageByDirection() throws {
        let web = try Make.deployment("web", Make.clean(), labels: "{app: web}")
        let job = try Make.deployment("job", Make.clean(), labels: "{app: job}")
        func says(_ policies: String...) throws -> String? {
            let messages = try found(coverage, view([web, job], policies: policies))
            #expect(messages.count <= 1)
            return messages.first?.split(separator: ". ").first.map(String.init)
        }
        #expect(try says("{podSelector: {}, policyTypes: [Ingress, Egress]}") == nil)
        #expect(
            try says("{podSelector: {}, policyTypes: [Ingress]}", "{podSelector: {}, policyTypes: [Egress]}") == nil
        )
        #expect(
            try says(
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}",
                "{podSelector: {matchLabels: {app: job}}, policyTypes: [Ingress, Egress]}"
            ) == nil
        )
        #expect(try says() == "no NetworkPolicy selects pods for Ingress or Egress of Deployment/job, Deployment/web")
        #expect(
            try says("{podSelector: {}}")
                == "no NetworkPolicy selects pods for Egress of Deployment/job, Deployment/web"
        )
        #expect(
            try says(
                "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}",
                "{podSelector: {matchLabels: {app: job}}}"
            )
                == "no NetworkPolicy selects pods for Egress of Deployment/job"
        )
        #expect(
            try says(
                "{podSelector: {matchLabels: {app: web}}}",
                "{podSelector: {matchLabels: {app: job}}, policyTypes: [Egress]}"
            )
                == "no NetworkPolicy selects pods for Ingress of Deployment/job; nor Egress of Deployment/web"
        )
    }

    @Test("Pods on the node's network are left out, and a live pod with other labels than its template counts")
    func coverageOfPods() throws {
        let host = try Make.deployment("node", Make.clean(pod: "hostNetwork: true"))
        #expect(try found(coverage, view([host], policies: [])) == [])
        let pod = try Make.pod("web-1-a", Make.clean(), labels: "{app: other}", owner: "Deployment/web")
        let web = try Make.deployment("web", Make.clean(), labels: "{app: web}")
        let policy = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}"
        #expect(try found(coverage, view([web], policies: [policy])) == [])
        #expect(try found(coverage, view([web, pod], policies: [policy])).count == 1)
    }

    @Test("Many workloads without a policy are one finding that names the first and counts the rest")
    func coverageOfMany() throws {
        let many = try (0..<9).map { try Make.deployment("web-\($0)", Make.clean()) }
        let findings = try workloads().assess(view(many, policies: []))
        let finding = try #require(findings.first { $0.check == coverage })
        #expect(finding.message.contains("Deployment/web-4 and 4 more workloads") && finding.workload == nil)
        #expect(findings.filter { $0.check == coverage }.count == 1)
    }

    @Test("A policy that allows everything to all pods is found, by direction")
    func allowAll() throws {
        let check = "network-policy-allow-all"
        let open = [
            "{podSelector: {}, ingress: [{}]}", "{podSelector: {}, policyTypes: [Ingress, Egress]}",
            "{podSelector: {}, ingress: [{}], egress: [{}]}",
        ]
        #expect(
            try found(check, view([], policies: open)).first?.hasPrefix(
                "NetworkPolicies that select all pods and allow them everything: p0 (Ingress), p2 (Ingress, Egress). "
            ) == true
        )
        #expect(try found(check, view([], policies: ["{podSelector: {matchLabels: {a: b}}, ingress: [{}]}"])) == [])
        #expect(try found(check, view([], policies: ["{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"])) == [])
    }

    private let metadata = "cloud-metadata-access"

    @Test(
        "Where a policy lets pods through to the metadata of a cloud",
        arguments: [
            ("egress: [{}]", "169.254.169.254/32, fd00:ec2::254/128, 100.100.100.200/32, 169.254.170.2/32"),
            ("egress: [{to: []}]", "169.254.169.254/32, fd00:ec2::254/128, 100.100.100.200/32, 169.254.170.2/32"),
            (block("0.0.0.0/0"), "169.254.169.254/32, 100.100.100.200/32, 169.254.170.2/32"),
            (block("::/0"), "fd00:ec2::254/128"), (block("169.254.169.254/32"), "169.254.169.254/32"),
            (block("169.254.0.0/16"), "169.254.169.254/32, 169.254.170.2/32"),
            (block("0.0.0.0/0", except: "169.254.0.0/16"), "100.100.100.200/32"),
            (block("0.0.0.0/0", except: "169.254.169.254/32"), "100.100.100.200/32, 169.254.170.2/32"),
            (block("0.0.0.0/0", except: "169.254.0.0/16, 100.64.0.0/10"), nil),
            (block("10.0.0.0/8"), nil), (block("169.254.20.10/32"), nil), (block("fd00::/64"), nil),
            ("egress: [{to: [{podSelector: {}}, {namespaceSelector: {}}]}]", nil), ("egress: []", nil),
            (block("169.254.169.254/32", ports: "{port: 80}"), "169.254.169.254/32"),
            (block("169.254.169.254/32", ports: "{port: 443, protocol: TCP}"), "169.254.169.254/32"),
            (block("169.254.169.254/32", ports: "{protocol: TCP}"), "169.254.169.254/32"),
            (block("169.254.169.254/32", ports: "{port: 1, endPort: 100}"), "169.254.169.254/32"),
            (block("169.254.169.254/32", ports: "{port: 81, endPort: 442}"), nil),
            (block("169.254.169.254/32", ports: "{port: 53, protocol: UDP}, {port: 80, protocol: UDP}"), nil),
            (block("169.254.169.254/32", ports: "{port: 53}, {port: 80}"), "169.254.169.254/32"),
            (block("169.254.169.254/32", ports: "{port: http}"), nil),
        ] as [(String, String?)]
    )
    func metadataAddresses(_ rules: String, _ addresses: String?) throws {
        let policy = "{podSelector: {}, policyTypes: [Ingress, Egress], \(rules)}"
        let view = try view([try Make.deployment("web", Make.clean())], policies: [policy])
        #expect(view.networkPolicies.first?.metadataAddresses.cidrs.joined(separator: ", ") == addresses ?? "")
        #expect(
            try found(metadata, view)
                == [addresses].compactMap { $0 }.map {
                    "the cloud's metadata service can be reached: NetworkPolicy p0 lets Deployment/web through to \($0): add these "
                        + "to spec.egress[].to[].ipBlock.except"
                }
        )
    }

    private static func block(_ cidr: String, except: String = "", ports: String = "") -> String {
        "egress: [{to: [{ipBlock: {cidr: '\(cidr)', except: [\(except)]}}], ports: [\(ports)]}]"
    }

    @Test("The union of the policies that select a pod counts, and one that isolates inwards only does not")
    func metadataUnion() throws {
        let web = try Make.deployment("web", Make.clean(), labels: "{app: web}")
        let deny = "{podSelector: {}, policyTypes: [Egress]}"
        let open = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}"
        let other = "{podSelector: {matchLabels: {app: other}}, policyTypes: [Egress], egress: [{}]}"
        let inwards = "{podSelector: {}, policyTypes: [Ingress], egress: [{}]}"
        #expect(try found(metadata, view([web], policies: [deny])) == [])
        #expect(
            try found(metadata, view([web], policies: [deny, open])).first?.contains("NetworkPolicy p1 lets") == true
        )
        #expect(try found(metadata, view([web], policies: [deny, other, inwards])) == [])
    }

    @Test("A pod that nothing isolates outwards, or that is on the node's network, reaches it")
    func metadataWithoutPolicy() throws {
        let web = try Make.deployment("web", Make.clean())
        let host = try Make.deployment("node", Make.clean(pod: "hostNetwork: true"))
        #expect(
            try found(metadata, view([web, host], policies: ["{podSelector: {}, policyTypes: [Ingress]}"])) == [
                "the cloud's metadata service can be reached: no NetworkPolicy isolates Deployment/web outwards: deny Egress "
                    + "by default; no NetworkPolicy reaches Deployment/node on the node's network: set hostNetwork: false"
            ]
        )
        #expect(try found(metadata, view([host])).count == 1)
        #expect(try found(metadata, view([], policies: [])) == [])
    }

    // MARK: What is not observed

    @Test("What cannot be observed is one finding for each resource, and what depends on it neither passes nor fails")
    func unobserved() throws {
        let dirty = [try Make.deployment("web", "{containers: [{name: a}]}")]
        let unobserved = [
            "networkpolicies": "forbidden", "serviceaccounts": "gone", "pods": "x", "leases": "of no concern",
        ]
        let findings = try workloads().assess(view(dirty, policies: [], unobserved: unobserved))
        let notObserved = findings.filter { $0.reason == .notObserved }
        #expect(
            notObserved.map(\.message) == [
                "networkpolicies cannot be observed, so what depends on them neither passed nor failed: forbidden",
                "pods cannot be observed, so what depends on them neither passed nor failed: x",
                "serviceaccounts cannot be observed, so what depends on them neither passed nor failed: gone",
            ]
        )
        #expect(notObserved.allSatisfy { $0.severity == .info && $0.check == nil && $0.namespace == "team-a" })
        for check in [coverage, metadata, "network-policy-allow-all", token] {
            #expect(messages(check, findings) == [])
        }
        #expect(messages("read-only-root-filesystem", findings).count == 1)
        let all = try workloads().assess(view(dirty, policies: []))
        for check in [coverage, metadata, token] { #expect(messages(check, all).count == 1) }
    }
}

@Suite struct ClusterCheckTests {
    private func assess(_ cluster: ClusterFacts, _ settings: String = "") throws -> [Finding] {
        let findings = try workloads(settings).assess(cluster: cluster)
        #expect(findings.allSatisfy { $0.namespace == "" && $0.workload == nil && $0.control == .workloads })
        return findings
    }

    private func cluster(
        _ minor: Int = 34,
        provider: ClusterFacts.Evidence = .found("DaemonSet kube-system/calico-node"),
        kubelets: [String: Int]? = [:]
    ) -> ClusterFacts {
        var cluster = ClusterFacts(serverMinor: minor)
        cluster.networkPolicyProvider = provider
        cluster.kubeletVersions = kubelets
        return cluster
    }

    @Test("Without somebody who acts on policies they are void; what cannot be seen is said to be so")
    func provider() throws {
        #expect(try assess(cluster()) == [])
        let absent = try assess(cluster(provider: .absent))
        #expect(absent.map(\.check) == ["network-policy-provider"] && absent.map(\.severity) == [.critical])
        #expect(absent.map(\.reason) == [.checkFailed])
        let unseen = try assess(cluster(provider: .notObserved("k3s has it built in")))
        #expect(unseen.map(\.reason) == [.notObserved] && unseen.map(\.severity) == [.info])
        #expect(unseen.first?.message.contains("k3s has it built in") == true)
        #expect(try assess(cluster(provider: .absent), "checks: [{id: network-policy-provider, mode: Disabled}]") == [])
    }

    @Test("The release that a profile asks for, if it does", arguments: [(33, 0), (34, 0), (35, 1)])
    func version(_ minimum: Int, _ count: Int) throws {
        #expect(try assess(cluster(34), "minimumKubernetesVersion: '1.\(minimum)'").count == count)
        #expect(try assess(cluster(1)) == [])
    }

    @Test(
        "A kubelet may be three releases behind, two before 1.28, and none ahead, whatever the vendor's suffix",
        arguments: [
            (34, "v1.34.1", true), (34, "v1.34.1-gke.5", true), (34, "v1.31.0", true), (34, "v1.30.9-eks-1", false),
            (34, "v1.35.0", false), (34, "1.33+", true), (28, "v1.25.0", true), (28, "v1.24.0", false),
            (27, "v1.25.0", true), (27, "v1.24.17", false), (34, "v1.9.0", false),
        ]
    )
    func skew(_ server: Int, _ kubelet: String, _ isSupported: Bool) throws {
        let findings = try assess(cluster(server, kubelets: ["v1.\(server).0": 3, kubelet: 2]))
        #expect(findings.map(\.check) == (isSupported ? [] : ["node-version-skew"]))
        #expect(findings.allSatisfy { $0.reason == .checkFailed && $0.message.contains("\(kubelet) (2 nodes)") })
    }

    @Test(
        "Versions that cannot be seen or understood are not taken for good ones",
        arguments: ["v2.1", "x", "v1", "v1.x", ""]
    )
    func unreadable(_ version: String) throws {
        #expect(try assess(cluster(kubelets: nil)).map(\.reason) == [.notObserved])
        #expect(try assess(cluster(kubelets: [version: 1])).map(\.reason) == [.notObserved])
        #expect(try assess(cluster(kubelets: [version: 1, "v1.40.0": 1])).map(\.reason) == [.checkFailed])
    }
}
