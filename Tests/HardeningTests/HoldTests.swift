import Hardening
import KubernetesAPI
import Testing

/// What of a namespace is let through, taken away or put back over time, as people change profiles and clusters.
@Suite struct HoldTests {
    private static let deny = Marks.denyPolicyName

    /// A namespace with what runs in it and who calls it; the operator knows nothing but what stands in the cluster.
    private struct Stage {
        var room = Room()
        var services: [ObservedService] = []
        var callers: [ServiceCaller] = []
        var workloads: [ObservedWorkload] = []
        var boundElsewhere: Set<String> = []
        var unobserved: [String: String] = [:]
        var profile: CompiledProfile

        init(_ controls: String) throws {
            profile = try compiled(controls)
            room.add(account: "default", automount: false)
        }

        var view: NamespaceView {
            var view = room.view
            view.services = services
            view.callers = callers
            view.workloads = WorkloadGroup.groups(workloads)
            view.accountsBoundElsewhere = boundElsewhere
            view.unobserved = unobserved
            return view
        }

        /// A Service in YAML's flow style, the braces of `spec` left out.
        mutating func add(service name: String, _ spec: String) throws {
            let json = "{metadata: {name: \(name)}, spec: {\(spec)}}"
            services.append(ObservedService(try read(Service.self, json)))
        }

        mutating func addLoadBalancer(_ name: String, more: String = "") throws {
            let ports = "ports: [{port: 80, targetPort: 8080}]"
            try add(service: name, "type: LoadBalancer, selector: {app: \(name)}, \(ports)\(more)")
        }

        mutating func addWebhook(_ service: String) throws {
            let configuration = """
                metadata: {name: \(service)}
                webhooks: [{name: w, clientConfig: {service: {namespace: team-a, name: \(service), port: 443}}}]
                """
            callers += ServiceCaller.callers(
                try read(WebhookConfiguration<WebhookConfigurationKinds.Validating>.self, configuration)
            )
        }

        /// The operator does all that it plans.
        mutating func settle() throws {
            try room.carryOut(profile.plan(view))
            #expect(profile.plan(view).isEmpty, "what was written is what is wanted")
        }

        var isHeld: Bool { profile.assess(view).contains { $0.obstacle == .held } }
        var impacts: [Finding] {
            profile.assess(view).flatMap(\.findings).filter { $0.type == .impact && $0.severity != .info }
        }
        var isDenied: Bool { room.policies[HoldTests.deny] != nil }
    }

    // MARK: What was in force, and is it still?

    @Test("After a time in which nobody looked after it, what has gone is no drift to be repaired")
    func audited() throws {
        var stage = try Stage("networkPolicy: {}")
        let start = Timestamp(secondsSinceEpoch: 100)
        stage.profile = stage.profile.writing(since: start)
        try stage.settle()
        // In Audit, the team takes the policies away, and serves the world.
        stage.room.policies = [:]
        try stage.addLoadBalancer("web")
        let before = stage
        stage.profile = stage.profile.writing(since: Timestamp(secondsSinceEpoch: 200))
        try stage.settle()
        #expect(stage.isHeld && !stage.isDenied)
        // Without such a time, it is drift.
        stage = before
        try stage.settle()
        #expect(!stage.isHeld && stage.isDenied)
    }

    @Test("While one control is only audited, what has gone is no drift either")
    func auditedControl() throws {
        var stage = try Stage("networkPolicy: {}, limitRange: {limits: [{type: Container, default: {memory: 1Gi}}]}")
        try stage.settle()
        let enforcing = stage.profile
        stage.profile = try compiled(
            "networkPolicy: {mode: Audit}, limitRange: {limits: [{type: Container, default: {memory: 1Gi}}]}"
        )
        stage.room.policies = [:]
        try stage.addLoadBalancer("web")
        try stage.settle()
        stage.profile = enforcing
        try stage.settle()
        #expect(stage.isHeld && !stage.isDenied)
    }

    @Test("What another profile enforced once, and is gone, is nothing to begin with")
    func otherProfile() throws {
        var stage = try Stage("networkPolicy: {}")
        try stage.settle()
        stage.room.policies = [:]
        try stage.addLoadBalancer("web")
        stage.profile = try compiled("networkPolicy: {}", name: "other")
        try stage.settle()
        #expect(stage.isHeld && !stage.isDenied)
    }

    @Test("What was copied from another namespace, or another cluster, says nothing of this one")
    func copied() throws {
        var stage = try Stage("networkPolicy: {}")
        try stage.settle()
        stage.room.policies = [:]
        stage.room.namespace.uid = "another"
        try stage.addLoadBalancer("web")
        try stage.settle()
        #expect(stage.isHeld && !stage.isDenied)
    }

    @Test("Of what could not be written nothing is remembered, so that it is held when it can")
    func failed() throws {
        var stage = try Stage("networkPolicy: {}, limitRange: {limits: [{type: Container, default: {memory: 1Gi}}]}")
        let judgement = stage.profile.judge(stage.view)
        let writes = judgement.writes
        for step in writes.steps where step.control == .limitRange {
            for operation in step.operations { try stage.room.carryOut(operation) }
        }
        try stage.room.carryOut(judgement.record(ofWrites: writes, failed: [.networkPolicy]))
        let remembered = stage.room.namespace.annotations[Marks.inForceAnnotation] ?? ""
        #expect(remembered.contains("limitRange") && !remembered.contains("networkPolicy"))
        try stage.addLoadBalancer("web")
        try stage.settle()
        #expect(stage.isHeld && !stage.isDenied)
    }

    // MARK: Allowances that go

    @Test("An edit that takes an allowance away is held, one that does not is not")
    func narrowed() throws {
        var stage = try Stage("networkPolicy: {allow: {derive: [LoadBalancers]}}")
        try stage.addLoadBalancer("web")
        try stage.settle()
        let before = stage.room.state
        stage.profile = try compiled("networkPolicy: {allow: {}}")
        try stage.settle()
        #expect(stage.isHeld)
        #expect(stage.room.state.policies == before.policies)
        #expect(stage.profile.reasons(stage.room).contains(.allowancesDiffer), "what is there is not what is asked for")
        stage.profile = try compiled("networkPolicy: {allow: {derive: [LoadBalancers], sameNamespace: Allow}}")
        try stage.settle()
        #expect(!stage.isHeld && stage.room.state.policies != before.policies)
        // Once nobody depends on it, it goes.
        stage.services = []
        stage.profile = try compiled("networkPolicy: {allow: {}}")
        try stage.settle()
        #expect(!stage.isHeld && Set(stage.room.policies.keys) == [Self.deny, Marks.allowPolicyName])
    }

    @Test("Egress to the API server is not taken away from who depends on it")
    func narrowedEgress() throws {
        var stage = try Stage("networkPolicy: {allow: {apiServer: Allow}}")
        stage.workloads = [try Make.deployment("op", "{serviceAccountName: op, containers: [{name: c}]}")]
        stage.room.bound = ["op"]
        try stage.settle()
        let before = stage.room.state.policies
        stage.profile = try compiled("networkPolicy: {allow: {apiServer: Deny}}")
        try stage.settle()
        #expect(stage.isHeld && stage.room.state.policies == before)
    }

    @Test("A profile that takes over, and would cut off who is let through, is held; what is there stays")
    func takenOver() throws {
        var stage = try Stage("networkPolicy: {allow: {derive: [LoadBalancers]}}")
        try stage.addLoadBalancer("web")
        try stage.settle()
        let before = stage.room.state.policies
        stage.profile = try compiled("networkPolicy: {allow: {}}", name: "other", priority: 10)
        for _ in 0..<2 {
            try stage.room.carryOut(stage.profile.plan(stage.view, superseded: ["restricted"]))
            #expect(stage.isHeld && stage.room.state.policies == before)
        }
    }

    @Test("What is cut off already does not stand in the way of other edits")
    func cutOffAlready() throws {
        var stage = try Stage("networkPolicy: {}")
        try stage.settle()
        try stage.addLoadBalancer("late")
        try stage.settle()
        #expect(!stage.isHeld && stage.impacts.map(\.reason) == [.loadBalancerService])
        stage.profile = try compiled("networkPolicy: {allow: {sameNamespace: Allow}}")
        try stage.settle()
        #expect(!stage.isHeld && stage.room.policies[Marks.allowPolicyName]?.spec.ingress?.count == 1)
    }

    // MARK: Derived allowances

    private func selectors(_ stage: Stage) -> Set<String> {
        Set(stage.room.policies.values.compactMap { $0.spec.podSelector.matchLabels?["app"] })
    }

    @Test(
        "With more Services than names, who is let through stays so, and who comes last is foretold",
        arguments: [false, true]
    )
    func seventeenth(_ isWebhook: Bool) throws {
        var stage = try Stage("networkPolicy: {allow: {derive: [LoadBalancers, Webhooks]}}")
        for index in 1...16 { try stage.addLoadBalancer("s\(index)") }
        try stage.settle()
        let before = selectors(stage)
        #expect(before.count == 16)
        try stage.add(
            service: "a",
            "selector: {app: a}, type: \(isWebhook ? "ClusterIP" : "LoadBalancer"), ports: [{port: 443}]"
        )
        if isWebhook { try stage.addWebhook("a") }
        try stage.settle()
        #expect(selectors(stage) == before)
        #expect(stage.impacts.map(\.workload) == ["Service/a"])
        #expect(stage.impacts.allSatisfy { $0.message.contains("none is left") })
    }

    @Test(
        "While it cannot be seen who calls, nobody who was let through is shut out, and others are let through beside them"
    )
    func unseen() throws {
        var stage = try Stage("networkPolicy: {allow: {derive: [LoadBalancers, Webhooks]}}")
        try stage.addLoadBalancer("a")
        try stage.add(service: "a-hook", "selector: {app: a}, ports: [{port: 443, targetPort: 9443}]")
        try stage.addWebhook("a-hook")
        try stage.addLoadBalancer("b")
        try stage.settle()
        #expect(selectors(stage) == ["a", "b"])
        // The operator starts anew, and is refused the webhooks and the Services.
        let before = stage.room.policies.mapValues(\.spec)
        let (services, callers) = (stage.services, stage.callers)
        (stage.services, stage.callers) = ([], [])
        stage.unobserved = ["services": "403"]
        try stage.settle()
        #expect(stage.room.policies.mapValues(\.spec) == before && !stage.isHeld)
        // Of one, only a part is seen; and one is new, and takes no name of theirs.
        stage.unobserved = ["validatingwebhookconfigurations": "500"]
        stage.services = services.filter { $0.name == "a" }
        try stage.addLoadBalancer("a0")
        try stage.settle()
        #expect(selectors(stage) == ["a", "a0", "b"])
        for (name, spec) in before { #expect(stage.room.policies[name]?.spec == spec) }
        // All is seen again: what is not called any more is not let through.
        stage.unobserved = [:]
        (stage.services, stage.callers) = (services.filter { $0.name != "b" }, callers)
        try stage.settle()
        #expect(selectors(stage) == ["a"])
        #expect(stage.room.policies[Marks.derivedPolicyNames[0]]?.spec == before[Marks.derivedPolicyNames[0]])
    }

    @Test(
        "While it cannot be seen who calls, what opens no port goes on opening none, and what opens all goes on opening all",
        arguments: [
            ("{}", []), ("{ingress: []}", []), ("{ingress: [{ports: []}]}", [.init()]),
            ("{ingress: [{}, {ports: [{port: 80}]}]}", [.init()]),
        ] as [(String, [NetworkPolicy.IngressRule])]
    )
    func unseenWithoutPorts(_ rules: String, _ kept: [NetworkPolicy.IngressRule]) throws {
        var stage = try Stage("networkPolicy: {allow: {derive: [LoadBalancers]}}")
        try stage.addLoadBalancer("web")
        try stage.settle()
        let name = Marks.derivedPolicyNames[0]
        stage.room.policies[name]?.spec.ingress = try read(NetworkPolicy.Spec.self, rules).ingress
        let services = stage.services
        stage.services = []
        stage.unobserved = ["services": "403"]
        try stage.settle()
        #expect(stage.room.policies[name]?.spec.normalized.ingress ?? [] == kept)
        // Once the caller is seen, though others may not be, its port is added.
        stage.services = services
        try stage.settle()
        let port = NetworkPolicy.IngressRule(ports: [.init(protocol: "TCP", port: .int(8080))])
        #expect(stage.room.policies[name]?.spec.normalized.ingress == (kept.isEmpty ? [port] : kept))
    }

    @Test(
        "An account that comes later keeps its token while its workload would miss it, or that cannot be told",
        arguments: ["bound elsewhere", "unseen", "proceed", "unbound"]
    )
    func laterAccount(_ situation: String) throws {
        var stage = try Stage("serviceAccountToken: {scope: All}")
        if situation == "proceed" {
            stage.profile = try compiled("serviceAccountToken: {scope: All}", onDisruption: "Proceed")
        }
        stage.room.set("default", automount: nil)
        try stage.settle()
        stage.room.add(account: "prometheus")
        stage.workloads = [try Make.deployment("p", "{serviceAccountName: prometheus, containers: [{name: c}]}")]
        if situation == "unseen" {
            stage.unobserved = ["rolebindings": "403"]
        } else if situation != "unbound" {
            stage.boundElsewhere = ["prometheus"]
        }
        try stage.settle()
        let isSpared = situation == "bound elsewhere" || situation == "unseen"
        #expect(stage.room.accounts["prometheus"]?.automountServiceAccountToken == (isSpared ? nil : false))
        // Not compliant all the same, and not held, which would end the repair of the others.
        let findings = stage.profile.assess(stage.view).flatMap(\.findings)
        #expect(findings.contains { $0.reason == .tokenAutomounted } == isSpared)
        #expect(!stage.isHeld)
        // What we have taken once is drift if it comes back.
        stage.room.set("default", automount: true)
        try stage.settle()
        #expect(stage.room.accounts["default"]?.automountServiceAccountToken == false)
    }

    @Test("Names that somebody else has taken are none to derive into")
    func takenNames() throws {
        var stage = try Stage("networkPolicy: {allow: {derive: [LoadBalancers]}}")
        for name in Marks.derivedPolicyNames {
            try stage.room.add(
                policy: name,
                "{podSelector: {matchLabels: {x: y}}, policyTypes: [Ingress], ingress: [{}]}"
            )
        }
        try stage.addLoadBalancer("web")
        try stage.settle()
        #expect(stage.isHeld && !stage.isDenied && stage.impacts.map(\.workload) == ["Service/web"])
    }

    // MARK: Whom a rule lets through

    @Test(
        "An allowance for somebody is none for another",
        arguments: [
            // who calls, the rule's peers, what is foretold: nothing, something, or something that holds nothing
            ("webhook", "[]", nil), ("webhook", "[{ipBlock: {cidr: 0.0.0.0/0}}]", nil),
            ("webhook", "[{ipBlock: {cidr: 10.0.0.0/24}}]", nil),
            ("webhook", "[{ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.5/32]}}]", true),
            ("webhook", "[{ipBlock: {cidr: 198.51.100.0/24}}]", true),
            ("webhook", "[{namespaceSelector: {}}]", true),
            ("lb", "[{ipBlock: {cidr: 198.51.100.0/24}}]", true), ("lb", "[{ipBlock: {cidr: 0.0.0.0/0}}]", nil),
            ("lb", "[{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]", true),
            ("office lb", "[{ipBlock: {cidr: 198.51.100.0/23}}]", nil),
            ("office lb", "[{ipBlock: {cidr: 198.51.100.0/25}}]", true),
            ("ingress", "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]", nil),
            ("ingress", "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]", true),
            ("ingress", "[{namespaceSelector: {matchLabels: {team: a}}}]", false),
            ("ingress", "[{namespaceSelector: {matchLabels: {purpose: gateway}}}]", nil),
            ("ingress", "[{namespaceSelector: {}}]", nil), ("ingress", "[{podSelector: {}}]", true),
        ] as [(String, String, Bool?)]
    )
    func peers(_ caller: String, _ peers: String, _ holds: Bool?) throws {
        var stage = try Stage(
            "networkPolicy: {allow: {ingressFrom: [{from: \(peers), ports: [{port: 8080}]}]}}"
        )
        switch caller {
        case "lb": try stage.addLoadBalancer("web")
        case "office lb": try stage.addLoadBalancer("web", more: ", loadBalancerSourceRanges: [198.51.100.0/24]")
        default:
            try stage.add(service: "web", "selector: {app: web}, ports: [{port: 443, targetPort: 8080}]")
            try stage.addWebhook("web")
            if caller == "ingress" { stage.callers[0].kind = .ingress }
        }
        try stage.settle()
        #expect(stage.impacts.isEmpty == (holds == nil))
        #expect(stage.isHeld == (holds == true) && stage.isDenied == (holds != true))
    }

    @Test(
        "Only a rule that reaches the API server's port at its address lets its clients through",
        arguments: [
            ("{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 5432}]}", true),
            ("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 53, protocol: UDP}]}", true),
            ("{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/24, 10.96.0.0/12]}}]}", true),
            ("{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 6443}]}", false),
            ("{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}", false), ("{ports: [{port: 6000, endPort: 7000}]}", false),
        ]
    )
    func egress(_ rule: String, _ isHeld: Bool) throws {
        var stage = try Stage("networkPolicy: {allow: {egressTo: [\(rule)]}}")
        stage.workloads = [try Make.deployment("op", "{serviceAccountName: op, containers: [{name: c}]}")]
        stage.room.bound = ["op"]
        #expect(stage.isHeld == isHeld)
    }

    // MARK: Who is called

    @Test(
        "What is reached without a selector, at addresses of its own or through the node's port is foretold, too",
        arguments: [
            ("type: LoadBalancer, ports: [{port: 80}]", Finding.Reason.loadBalancerService),
            ("selector: {app: web}, externalIPs: [192.0.2.1], ports: [{port: 80}]", .externalIPService),
            ("type: ExternalName, externalName: example.com", nil), ("selector: {app: web}, ports: [{port: 80}]", nil),
        ] as [(String, Finding.Reason?)]
    )
    func services(_ spec: String, _ reason: Finding.Reason?) throws {
        var stage = try Stage("networkPolicy: {}")
        stage.workloads = [try Make.deployment("web", "{containers: [{name: c}]}", labels: "{app: web}")]
        try stage.add(service: "web", spec)
        #expect(stage.impacts.map(\.reason) == [reason].compactMap { $0 })
        #expect(stage.isHeld == (reason != nil))
    }

    @Test("A webhook behind hand-made endpoints is foretold where there are pods that it may be, and can be allowed")
    func withoutSelector() throws {
        var stage = try Stage("networkPolicy: {}")
        try stage.add(service: "hook", "ports: [{port: 443, targetPort: 9443}]")
        try stage.addWebhook("hook")
        #expect(!stage.isHeld, "nothing here can be what it leads to")
        stage.workloads = [try Make.deployment("hook", "{containers: [{name: c}]}")]
        #expect(stage.isHeld && stage.impacts.map(\.severity) == [.critical])
        stage.profile = try compiled("networkPolicy: {allow: {derive: [Webhooks]}}")
        try stage.settle()
        let derived = stage.room.policies[Marks.derivedPolicyNames[0]]
        #expect(derived?.spec.podSelector.isEmpty == true)
        #expect(derived?.spec.ingress == [.init(ports: [.init(protocol: "TCP", port: .int(9443))])])
    }

    @Test("A port of the node leads to the pod, which a policy then looks at; not on the node's own network")
    func hostPort() throws {
        var stage = try Stage("networkPolicy: {}")
        let ports = "containers: [{name: c, ports: [{containerPort: 8080, hostPort: 80}]}]"
        stage.workloads = [try Make.deployment("edge", "{hostNetwork: true, \(ports)}", labels: "{app: edge}")]
        #expect(!stage.isHeld)
        stage.workloads = [try Make.deployment("edge", "{\(ports)}", labels: "{app: edge}")]
        #expect(stage.isHeld && stage.impacts.map(\.reason) == [.hostPort])
        stage.profile = try compiled("networkPolicy: {allow: {derive: [LoadBalancers]}}")
        #expect(!stage.isHeld)
    }

    // MARK: Tokens

    @Test("A wider scope of accounts is held for those who would lose their token, and what is in force is repaired")
    func widerScope() throws {
        var stage = try Stage("serviceAccountToken: {}")
        stage.room.add(account: "op")
        stage.room.set("default", automount: nil)
        try stage.settle()
        stage.workloads = [try Make.deployment("op", "{serviceAccountName: op, containers: [{name: c}]}")]
        stage.room.bound = ["op"]
        stage.profile = try compiled("serviceAccountToken: {scope: All, boundAccounts: Include}")
        try stage.settle()
        #expect(stage.isHeld && stage.room.accounts["op"]?.automountServiceAccountToken == nil)
        #expect(stage.impacts.map(\.reason) == [.tokenLost])
        stage.room.set("default", automount: true)
        try stage.settle()
        #expect(stage.room.accounts["default"]?.automountServiceAccountToken == false)
        stage.workloads = []
        try stage.settle()
        #expect(stage.room.accounts["op"]?.automountServiceAccountToken == false)
    }

    @Test("An account whose binding is replaced keeps its token for a while, in which another may come")
    func replacedBinding() throws {
        var stage = try Stage("serviceAccountToken: {scope: All}")
        stage.room.add(account: "op")
        stage.room.bound = ["op"]
        try stage.settle()
        stage.room.bound = []
        func plan(after seconds: Int64) -> [String] {
            var view = stage.view
            view.unboundSince = ["op": Timestamp(secondsSinceEpoch: 1000)]
            view.now = Timestamp(secondsSinceEpoch: 1000 + seconds)
            return stage.profile.plan(view).summary
        }
        #expect(plan(after: 0) == [] && plan(after: 299) == [])
        #expect(plan(after: 300) == ["apply ServiceAccount team-a/op"])
        var view = stage.view
        view.unboundSince = ["op": Timestamp(secondsSinceEpoch: 1000)]
        view.now = Timestamp(secondsSinceEpoch: 1100)
        #expect(stage.profile.judge(view).nextLook?.secondsSinceEpoch == 1300)
    }

    // MARK: Pod Security

    @Test(
        "A stricter level of an older version is not taken for stricter: its version is raised, if nothing runs into it"
    )
    func olderVersion() throws {
        var stage = try Stage("podSecurity: {enforce: baseline}")
        stage.room.label("pod-security.kubernetes.io/enforce", "restricted")
        stage.room.label("pod-security.kubernetes.io/enforce-version", "v1.0")
        #expect(stage.profile.reasons(stage.room).contains(.podSecurityLabelWeak))
        let running = stage.workloads
        stage.workloads = [try Make.deployment("web", "{containers: [{name: c}]}")]
        try stage.settle()
        #expect(stage.isHeld && stage.room.namespace.labels["pod-security.kubernetes.io/enforce-version"] == "v1.0")
        stage.workloads = running
        try stage.settle()
        #expect(stage.room.namespace.labels["pod-security.kubernetes.io/enforce"] == "restricted")
        #expect(stage.room.namespace.labels["pod-security.kubernetes.io/enforce-version"] == "v1.34")
        #expect(!stage.profile.reasons(stage.room).contains(.podSecurityLabelWeak))
    }
}
