import Hardening
import KubernetesAPI
import Testing

@Suite struct NetworkPolicyControlTests {
    private static let deny = "hardening-default-deny"
    private static let allow = "hardening-default-allow"

    // MARK: Assessment

    @Test(
        "Somebody else's denial counts: all pods selected, the type named, no rule for it",
        arguments: [
            ("{podSelector: {}, policyTypes: [Ingress, Egress]}", ["Ingress", "Egress"]),
            ("{podSelector: {}, policyTypes: [Egress]}", ["Egress"]),
            ("{podSelector: {matchLabels: {}, matchExpressions: []}, policyTypes: [Ingress]}", ["Ingress"]),
            ("{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [], egress: []}", ["Ingress", "Egress"]),
            ("{podSelector: {}, policyTypes: [Ingress, Egress], egress: [{to: [{podSelector: {}}]}]}", ["Ingress"]),
            // The server takes Ingress for meant, and Egress only with rules.
            ("{podSelector: {}}", ["Ingress"]),
            ("{podSelector: {}, egress: [{ports: [{port: 53}]}]}", ["Ingress"]),
            // No denial at all.
            ("{podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress, Egress]}", []),
            ("{podSelector: {matchExpressions: [{key: a, operator: Exists}]}, policyTypes: [Ingress]}", []),
            ("{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}", []),
        ]
    )
    func denial(_ spec: String, _ denied: [String]) throws {
        var room = Room()
        try room.add(policy: "theirs", spec)
        for direction in ["Ingress", "Egress"] {
            let profile = try compiled("networkPolicy: {directions: [\(direction)]}")
            #expect(profile.reasons(room) == (denied.contains(direction) ? [] : [.defaultDenyMissing]))
        }
    }

    @Test("Two policies may deny a direction each")
    func separate() throws {
        var room = Room()
        try room.add(policy: "in", "{podSelector: {}, policyTypes: [Ingress]}")
        try room.add(policy: "out", "{podSelector: {}, policyTypes: [Egress]}")
        #expect(try compiled("networkPolicy: {}").reasons(room) == [])
    }

    @Test("Each direction that nothing denies is found, and only those asked for")
    func missing() throws {
        let findings = try compiled("networkPolicy: {}").findings(Room())
        #expect(findings.map(\.reason) == [.defaultDenyMissing, .defaultDenyMissing])
        #expect(findings.map { $0.message.contains("Egress") } == [true, false])
        #expect(
            findings.allSatisfy { $0.severity == .high && $0.control == .networkPolicy && $0.namespace == "team-a" }
        )
        #expect(try compiled("networkPolicy: {directions: [Ingress]}").reasons(Room()) == [.defaultDenyMissing])
    }

    @Test(
        "A policy that allows all of all pods voids the denial: it is reported by name and never touched",
        arguments: [
            ("{podSelector: {}, ingress: [{}]}", true),
            ("{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [], ports: []}]}", true),
            ("{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}, {}]}", true),
            ("{podSelector: {}, policyTypes: [Egress], egress: [{}]}", true),
            ("{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}", false),
            ("{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}", false),
            ("{podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress], ingress: [{}]}", false),
            // The rule is there, but its type is not: it says nothing.
            ("{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}], egress: [{}]}", false),
        ]
    )
    func allowAll(_ spec: String, _ isReported: Bool) throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        try room.add(policy: "wide-open", spec)
        let findings = profile.findings(room)
        #expect(findings.map(\.reason) == (isReported ? [.allowAllPolicy] : []))
        #expect(findings.allSatisfy { $0.message.contains("wide-open") && $0.isViolation })
        #expect(profile.plan(room.view).isEmpty)
        try room.carryOut(Plan.release(room.view, of: ["restricted"]))
        #expect(room.policies.keys.sorted() == ["wide-open"])
    }

    @Test(
        "An object of ours by name only is left alone, and said so",
        arguments: [deny, allow],
        ["{podSelector: {}, policyTypes: [Ingress, Egress]}", "{podSelector: {}, ingress: [{}]}"]
    )
    func nameConflict(_ name: String, _ spec: String) throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        try room.add(policy: name, spec)
        // A label alone proves nothing: anyone can write it.
        room.policies[name]?.metadata.labels = [
            Marks.managedByLabel: Marks.managedByValue, Marks.profileLabel: "restricted",
        ]
        #expect(profile.reasons(room).contains(.nameConflict))
        #expect(profile.findings(room).contains { $0.reason == .nameConflict && $0.message.contains(name) })
        #expect(!profile.plan(room.view).summary.contains { $0.contains("NetworkPolicy") })
        #expect(Plan.release(room.view, of: ["restricted"]).isEmpty)
        // One that does what ours would do does not count against compliance.
        let isHarmless = name == Self.deny && !spec.contains("ingress")
        #expect(profile.findings(room).contains { $0.reason == .nameConflict && $0.isViolation } != isHarmless)
    }

    // MARK: What is written

    @Test("P3: The denial is the form that every scanner knows, labelled as ours")
    func denyDocument() throws {
        let plan = try compiled("networkPolicy: {}").plan(Room().view)
        let operation = try #require(plan.steps.first?.operations.last)
        #expect(
            operation.verb
                == .apply([
                    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                    "metadata": [
                        "name": "hardening-default-deny", "namespace": "team-a",
                        "labels": [
                            "app.kubernetes.io/managed-by": "hardening-operator", "hardening.dev/profile": "restricted",
                        ],
                    ],
                    "spec": ["podSelector": [:], "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": []],
                ])
        )
    }

    @Test(
        "The allowances are what the profile asks for, with a type for each direction that has one",
        arguments: [
            ("directions: [Ingress]", nil),
            ("allow: {dns: Deny}", nil),
            (
                "allow: {dns: Allow}",
                """
                {policyTypes: [Egress], egress: [{ports: [{protocol: TCP, port: 53}, {protocol: UDP, port: 53}], to: [
                  {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}},
                   podSelector: {matchLabels: {k8s-app: kube-dns}}},
                  {ipBlock: {cidr: 10.96.0.10/32}}, {ipBlock: {cidr: "fd00::a/128"}}]}]}
                """
            ),
            (
                "allow: {dns: Deny, sameNamespace: Allow}",
                """
                {policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}], egress: [{to: [{podSelector: {}}]}]}
                """
            ),
            (
                "directions: [Ingress], allow: {sameNamespace: Allow}",
                "{policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}"
            ),
            (
                "directions: [Egress], allow: {dns: Deny, apiServer: Allow}",
                """
                {policyTypes: [Egress], egress: [
                  {to: [{ipBlock: {cidr: 10.96.0.1/32}}], ports: [{port: 443}]},
                  {to: [{ipBlock: {cidr: 10.0.0.5/32}}], ports: [{port: 6443}]}]}
                """
            ),
            (
                """
                allow: {dns: Deny, ingressFrom: [{from: [{namespaceSelector: {matchLabels: {a: b}}}], ports: [{port: http}]}],
                  egressTo: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 1, endPort: 2}]},
                    {to: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}],
                     ports: [{protocol: SCTP}]}]}
                """,
                """
                {policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {matchLabels: {a: b}}}], ports: [{port: http}]}],
                  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 1, endPort: 2}]},
                    {to: [{podSelector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}],
                     ports: [{protocol: SCTP}]}]}
                """
            ),
        ] as [(String, String?)]
    )
    func allowances(_ settings: String, _ spec: String?) throws {
        var room = Room()
        try room.carryOut(compiled("networkPolicy: {\(settings)}").plan(room.view))
        let expected = try spec.map { try read(NetworkPolicy.Spec.self, $0).normalized }
        #expect(room.policies[Self.allow]?.spec.normalized == expected)
        #expect(room.policies[Self.deny] != nil)
    }

    @Test("A range with host bits, which servers of 1.36 refuse, is written without them, and is no drift then")
    func hostBits() throws {
        func rule(_ peers: String, _ range: String, _ except: String) -> String {
            "{\(peers): [{ipBlock: {cidr: \"\(range)\", except: [\"\(except)\"]}}]}"
        }
        func allowances(_ ranges: [(range: String, except: String)]) -> (ingress: String, egress: String) {
            let rules = ["from", "to"].map { peers in
                ranges.map { rule(peers, $0.range, $0.except) }.joined(separator: ", ")
            }
            return (rules[0], rules[1])
        }
        let asked = allowances([("10.0.0.5/8", "10.1.2.3/016"), ("2001:db8::1/32", "2001:db8:1::1/48")])
        let written = allowances([
            ("10.0.0.0/8", "10.1.0.0/16"), ("2001:db8:0:0:0:0:0:0/32", "2001:db8:1:0:0:0:0:0/48"),
        ])
        let profile = try compiled(
            "networkPolicy: {allow: {dns: Deny, ingressFrom: [\(asked.ingress)], egressTo: [\(asked.egress)]}}"
        )
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        let expected = try read(
            NetworkPolicy.Spec.self,
            "{policyTypes: [Ingress, Egress], ingress: [\(written.ingress)], egress: [\(written.egress)]}"
        )
        #expect(room.policies[Self.allow]?.spec.normalized == expected.normalized)
        #expect(profile.plan(room.view).isEmpty)
        #expect(profile.reasons(room) == [])
    }

    @Test("The allowances are written before the denial, and go after it")
    func order() throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        let plan = profile.plan(room.view)
        #expect(
            plan.summary == [
                "apply NetworkPolicy team-a/\(Self.allow)", "apply NetworkPolicy team-a/\(Self.deny)",
                "apply Namespace team-a",
            ]
        )
        try room.carryOut(plan)
        #expect(
            Plan.release(room.view, of: ["restricted"]).summary.prefix(2) == [
                "delete NetworkPolicy team-a/\(Self.deny)", "delete NetworkPolicy team-a/\(Self.allow)",
            ]
        )
    }

    @Test(
        "A direction that is to be denied no longer is opened before its allowances go",
        arguments: [
            ("{}", "{directions: [Ingress]}", ["apply \(deny)", "delete \(allow)"]),
            ("{}", "{directions: [Ingress], allow: {sameNamespace: Allow}}", ["apply \(deny)", "apply \(allow)"]),
            ("{directions: [Ingress]}", "{}", ["apply \(allow)", "apply \(deny)"]),
            (
                "{directions: [Ingress]}", "{directions: [Egress]}",
                ["delete \(deny)", "apply \(allow)", "apply \(deny)"]
            ),
            ("{}", "{allow: {dns: Deny}}", ["delete \(allow)"]),
            ("{allow: {dns: Deny}}", "{}", ["apply \(allow)"]),
        ]
    )
    func redirection(_ before: String, _ after: String, _ steps: [String]) throws {
        var room = Room()
        try room.carryOut(compiled("networkPolicy: \(before)").plan(room.view))
        let profile = try compiled("networkPolicy: \(after)")
        let plan = profile.plan(room.view)
        let policies = plan.summary.filter { $0.contains("NetworkPolicy") }
        #expect(policies.map { $0.replacing("NetworkPolicy team-a/", with: "") } == steps)
        try room.carryOut(plan)
        #expect(profile.plan(room.view).isEmpty)
        #expect(profile.reasons(room) == [])
    }

    // MARK: What cannot be allowed is not denied

    @Test("While DNS is not found egress is not denied, and said so; ingress is")
    func noDNS() throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room(cluster: ClusterFacts(serverMinor: 34))
        try room.carryOut(profile.plan(room.view))
        #expect(room.policies[Self.deny]?.spec.policyTypes == [.ingress])
        #expect(room.policies[Self.allow] == nil)
        let verdict = try #require(profile.assess(room.view).first)
        #expect(
            verdict.findings.map { "\($0.type.rawValue) \($0.reason.rawValue)" } == [
                "Impact DNSNotDiscovered", "Violation DefaultDenyMissing",
            ],
            "said once, and counted as what it is: egress that is not denied"
        )
        #expect(verdict.standing == .nonCompliant)
        #expect(profile.plan(room.view).isEmpty)
        // Found at last.
        room.cluster = .usual
        try room.carryOut(profile.plan(room.view))
        #expect(profile.reasons(room) == [])
    }

    @Test("Where a policy of the namespace's own denies egress, it matters to nobody that DNS is not found")
    func noDNSBesideTheirDenial() throws {
        let profile = try compiled("networkPolicy: {directions: [Egress]}")
        var room = Room(cluster: ClusterFacts(serverMinor: 34))
        try room.add(policy: "own", "{podSelector: {}, policyTypes: [Egress]}")
        #expect(profile.reasons(room) == [])
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("A profile that denies DNS needs not find it")
    func deniesDNS() throws {
        let profile = try compiled("networkPolicy: {allow: {dns: Deny}}")
        var room = Room(cluster: ClusterFacts(serverMinor: 34))
        try room.carryOut(profile.plan(room.view))
        #expect(profile.reasons(room) == [])
    }

    @Test("While the API server is not found, egress that should reach it is not denied")
    func noAPIServer() throws {
        let profile = try compiled("networkPolicy: {directions: [Egress], allow: {apiServer: Allow}}")
        var room = Room()
        room.cluster.apiServer = nil
        #expect(profile.reasons(room) == [.apiServerNotDiscovered])
        #expect(!profile.plan(room.view).summary.contains { $0.contains("NetworkPolicy") })
        #expect(try compiled("networkPolicy: {directions: [Egress]}").reasons(room) == [.defaultDenyMissing])
    }

    @Test("When DNS is lost sight of, what is denied stays so, with the allowances that were found once")
    func lostDNS() throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.cluster.dns = nil
        #expect(profile.plan(room.view).isEmpty)
        #expect(profile.reasons(room) == [])
        // Ingress that somebody opened is closed again.
        let before = room.state
        room.policies[Self.deny]?.spec.ingress = [.init()]
        try room.carryOut(profile.plan(room.view))
        #expect(room.state.policies == before.policies)
        // Egress is not: what it needs cannot be named.
        room.policies[Self.deny]?.spec.egress = [.init()]
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("When DNS is lost sight of, who calls is followed all the same")
    func lostDNSAndDerived() throws {
        let profile = try compiled("networkPolicy: {allow: {derive: [LoadBalancers]}}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.cluster.dns = nil
        var view = room.view
        let service = try read(
            Service.self,
            "{metadata: {name: web}, spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}"
        )
        view.services = [ObservedService(service)]
        #expect(profile.plan(view).summary == ["apply NetworkPolicy team-a/hardening-derived-1"])
        try room.carryOut(profile.plan(view))
        #expect(profile.plan(room.view).summary == ["delete NetworkPolicy team-a/hardening-derived-1"])
    }

    @Test("When DNS is lost and the allowances, too, egress is let go, and ingress gets its allowances back")
    func lostDNSAndAllowances() throws {
        let profile = try compiled("networkPolicy: {allow: {sameNamespace: Allow}}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.cluster.dns = nil
        room.policies[Self.allow] = nil
        #expect(profile.reasons(room).contains(.allowancesMissing))
        try room.carryOut(profile.plan(room.view))
        #expect(room.policies[Self.deny]?.spec.policyTypes == [.ingress])
        #expect(room.policies[Self.allow]?.spec.ingress?.count == 1)
        #expect(Set(profile.reasons(room)) == [.dnsNotDiscovered, .defaultDenyMissing])
        #expect(profile.plan(room.view).isEmpty)
    }

    @Test("In the namespace of the cluster's DNS, its ports stay open to everyone")
    func dnsNamespace() throws {
        let profile = try compiled("networkPolicy: {directions: [Ingress]}")
        var room = Room()
        room.cluster.dns?.namespace = room.namespace.name
        try room.carryOut(profile.plan(room.view))
        let rule = try #require(room.policies[Self.allow]?.spec.ingress?.first)
        #expect(rule.from == nil && rule.ports?.contains { $0.port == .int(53) } == true)
        #expect(profile.reasons(room) == [])
    }

    @Test("Beside somebody else's object of our name, what another profile denied becomes this one's and stays denied")
    func takenOverBesideForeign() throws {
        var room = Room()
        try room.carryOut(compiled("networkPolicy: {allow: {dns: Deny}}", name: "old").plan(room.view))
        try room.add(policy: Self.allow, "{podSelector: {matchLabels: {a: b}}}")
        let new = try compiled("networkPolicy: {}", name: "new")
        let before = room.policies[Self.deny]?.spec
        try room.carryOut(new.plan(room.view))
        #expect(room.policies[Self.deny]?.metadata.labels[Marks.profileLabel] == "new")
        #expect(room.policies[Self.deny]?.spec == before)
        #expect(new.plan(room.view).isEmpty)
    }

    @Test("When DNS moves, its allowance follows")
    func movedDNS() throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        room.cluster.dns?.addresses = ["10.96.0.11"]
        #expect(profile.plan(room.view).summary == ["apply NetworkPolicy team-a/\(Self.allow)"])
    }

    // MARK: Drift

    @Test(
        "What somebody changes in our policies is put back",
        arguments: [deny, allow],
        [
            "{podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress, Egress]}", "{policyTypes: [Ingress]}",
            "{policyTypes: [Ingress, Egress], ingress: [{}]}",
            "{policyTypes: [Ingress, Egress], egress: [{ports: [{port: 1}]}]}",
        ]
    )
    func drift(_ name: String, _ spec: String) throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        let before = room.policies.mapValues(\.spec.normalized)
        room.policies[name]?.spec = try read(NetworkPolicy.Spec.self, spec)
        let plan = profile.plan(room.view)
        #expect(plan.summary == ["apply NetworkPolicy team-a/\(name)"])
        try room.carryOut(plan)
        #expect(room.policies.mapValues(\.spec.normalized) == before)
    }

    @Test("What somebody deletes, or takes our labels off, is put back", arguments: [deny, allow])
    func deletion(_ name: String) throws {
        let profile = try compiled("networkPolicy: {}")
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        for label in [Marks.managedByLabel, Marks.profileLabel] {
            var stripped = room
            stripped.policies[name]?.metadata.labels[label] = nil
            #expect(profile.plan(stripped.view).summary == ["apply NetworkPolicy team-a/\(name)"])
        }
        room.policies[name] = nil
        #expect(profile.plan(room.view).summary == ["apply NetworkPolicy team-a/\(name)"])
    }

    @Test("P5: What the server fills in is no drift")
    func defaulting() throws {
        let profile = try compiled(
            """
            networkPolicy: {allow: {egressTo: [{ports: [{port: 80}]}], ingressFrom:
              [{from: [{podSelector: {matchExpressions: [{key: a, operator: Exists, values: []}]}}], ports: []}]}}
            """
        )
        var room = Room()
        try room.carryOut(profile.plan(room.view))
        for (name, policy) in room.policies { room.policies[name]?.spec = policy.spec.normalized }
        #expect(profile.plan(room.view).isEmpty)
    }
}
