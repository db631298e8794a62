import Hardening
import KubernetesAPI
import Testing

@Suite struct CompiledProfileTests {
    private static let full = """
        description: Baseline of the platform team
        mode: Enforce
        suspend: false
        priority: 100
        namespaceSelector: {matchLabels: {hardening: "on"}}
        excludedNamespaces: ["sandbox-*"]
        deletionPolicy: Release
        controls:
          networkPolicy:
            directions: [Ingress, Egress]
            allow:
              dns: Allow
              sameNamespace: Deny
              apiServer: Deny
              ingressFrom: [{from: [{namespaceSelector: {matchLabels: {team: edge}}}], ports: [{port: http}]}]
              egressTo: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 8000, endPort: 9000}]}]
          podSecurity: {enforce: restricted, audit: restricted, warn: restricted, enforceVersion: v1.30, auditVersion: latest}
          serviceAccountToken: {scope: All, explicitTrue: Respect, boundAccounts: Skip, exemptServiceAccounts: ["vault-agent"]}
          limitRange:
            existing: Respect
            limits: [{type: Container, default: {memory: 256Mi}, defaultRequest: {cpu: 50m, memory: 256Mi}}]
          workloads:
            level: baseline
            version: v1.30
            allowedRegistries: [registry.example.com, docker.io/library]
            minimumKubernetesVersion: "1.33"
            checks: [{id: image-digest, mode: Disabled}, {id: resource-limits, severity: Low}]
        """

    @Test("A full spec is understood")
    func fullSpec() throws {
        let compiled = try CompiledProfile(profile(Self.full, generation: 7, created: 42))
        #expect(compiled.name == "restricted" && compiled.generation == 7)
        #expect(compiled.mode == .enforce && !compiled.isSuspended && compiled.isWriting)
        #expect(compiled.priority == 100 && compiled.creationTimestamp == Timestamp(secondsSinceEpoch: 42))
        #expect(compiled.releasesOnDeletion)
        #expect(
            compiled.controls.map { type(of: $0).name } == [
                .limitRange, .networkPolicy, .podSecurity, .serviceAccountToken, .workloads,
            ]
        )
    }

    @Test("What is left out has the gentle default: it audits, retains and has no priority")
    func defaults() throws {
        let compiled = try CompiledProfile(profile("namespaceSelector: {}\ncontrols: {podSecurity: {}}"))
        #expect(compiled.mode == .audit && !compiled.isSuspended && !compiled.isWriting)
        #expect(compiled.priority == 0 && !compiled.releasesOnDeletion)
        #expect(compiled.controls.map(\.mode) == [.audit])
    }

    @Test("A profile selects by labels, all with an empty selector, but none that it excludes")
    func selection() throws {
        func namespace(_ name: String, _ labels: [String: String]) -> ObservedNamespace {
            ObservedNamespace(Namespace(metadata: ObjectMeta(name: name, labels: labels)))
        }
        let restricted = try CompiledProfile(profile(Self.full))
        #expect(restricted.selects(namespace("team-a", ["hardening": "on"])))
        #expect(!restricted.selects(namespace("team-a", ["hardening": "off"])))
        #expect(!restricted.selects(namespace("team-a", [:])))
        #expect(!restricted.selects(namespace("sandbox-1", ["hardening": "on"])))
        #expect(restricted.selects(namespace("my-sandbox-1", ["hardening": "on"])))
        let all = try CompiledProfile(profile("namespaceSelector: {}\ncontrols: {podSecurity: {}}"))
        #expect(all.selects(namespace("team-a", [:])))
    }

    @Test(
        "A profile's mode is the ceiling of its controls'",
        arguments: [
            ("Enforce", "Enforce", .enforce), ("Enforce", "Audit", .audit), ("Enforce", "Disabled", nil),
            ("Enforce", nil, .enforce), ("Audit", "Enforce", .audit), ("Audit", "Audit", .audit),
            ("Audit", nil, .audit),
            ("Audit", "Disabled", nil), ("Disabled", "Enforce", nil), ("Disabled", nil, nil),
        ] as [(String, String?, Mode?)]
    )
    func ceiling(_ profile: String, _ control: String?, _ mode: Mode?) throws {
        let own = control.map { "mode: \($0)" } ?? ""
        for name in ["networkPolicy", "podSecurity", "serviceAccountToken"] {
            #expect(try compiled("\(name): {\(own)}", mode: profile).controls.map(\.mode) == [mode].compactMap { $0 })
        }
        let limits = "limits: [{type: Container, default: {cpu: 1}}]" + (own.isEmpty ? "" : ", " + own)
        #expect(
            try compiled("limitRange: {\(limits)}", mode: profile).controls.map(\.mode) == [mode].compactMap { $0 }
        )
    }

    @Test("A spec that is suspended is not writing, whatever its mode")
    func suspended() throws {
        #expect(try !compiled("podSecurity: {}", suspend: true).isWriting)
        #expect(try compiled("podSecurity: {}", suspend: true).isSuspended)
    }

    // MARK: What is not understood

    private static let selector = "namespaceSelector: {}"
    private static let pods = "controls: {podSecurity: {}}"

    private static func spec(_ controls: String) -> String { "\(selector)\ncontrols: {\(controls)}" }
    private static func rule(_ rule: String) -> String { spec("networkPolicy: {allow: {ingressFrom: [\(rule)]}}") }
    private static func limits(_ limits: String) -> String { spec("limitRange: {limits: [\(limits)]}") }

    private static let invalid: [(spec: String, field: String, value: String)] = [
        // The profile.
        ("\(selector)\n\(pods)\npriority: -1", "spec.priority", "-1"),
        ("\(selector)\n\(pods)\npriority: 1001", "spec.priority", "1001"),
        ("\(selector)\n\(pods)\npriority: high", "spec.priority", "high"),
        ("\(selector)\n\(pods)\nmode: Strict", "spec.mode", "Strict"),
        ("\(selector)\n\(pods)\nsuspend: 1", "spec.suspend", "1"),
        ("\(selector)\n\(pods)\ndeletionPolicy: Keep", "spec.deletionPolicy", "Keep"),
        ("\(selector)\n\(pods)\nexcludedNamespaces: [a, \"b[\"]", "spec.excludedNamespaces[1]", "b["),
        ("\(selector)\n\(pods)\nexcludedNamespaces: [\"\"]", "spec.excludedNamespaces[0]", ""),
        ("\(selector)\n\(pods)\nexcludedNamespaces: sandbox", "spec.excludedNamespaces", "sandbox"),
        (pods, "spec.namespaceSelector", ""),
        (selector, "spec.controls", ""),
        ("namespaceSelector: {matchLabels: {\"a b\": c}}\n\(pods)", "spec.namespaceSelector.matchLabels", "a b"),
        ("namespaceSelector: {matchLabels: {a: \"b c\"}}\n\(pods)", "spec.namespaceSelector.matchLabels[a]", "b c"),
        (
            "namespaceSelector: {matchExpressions: [{key: a, operator: In}]}\n\(pods)",
            "spec.namespaceSelector.matchExpressions[0].values", "[]"
        ),
        (
            "namespaceSelector: {matchExpressions: [{key: a, operator: Like}]}\n\(pods)",
            "spec.namespaceSelector.matchExpressions[0].operator", "Like"
        ),
        // networkPolicy
        (spec("networkPolicy: {mode: Loud}"), "spec.controls.networkPolicy.mode", "Loud"),
        (spec("networkPolicy: {directions: []}"), "spec.controls.networkPolicy.directions", "[]"),
        (spec("networkPolicy: {directions: [Sideways]}"), "spec.controls.networkPolicy.directions[0]", "Sideways"),
        (spec("networkPolicy: {allow: {dns: Maybe}}"), "spec.controls.networkPolicy.allow.dns", "Maybe"),
        (rule("{from: [{}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].from[0]", "{}"),
        (
            rule("{from: [{podSelector: {matchLabels: {a: \"?\"}}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].podSelector.matchLabels[a]", "?"
        ),
        (
            rule("{from: [{namespaceSelector: {matchLabels: {\"?\": a}}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].namespaceSelector.matchLabels", "?"
        ),
        (
            rule("{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0]", "ipBlock and a selector"
        ),
        (
            rule("{from: [{ipBlock: {cidr: 10.0.0.0}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].ipBlock.cidr", "10.0.0.0"
        ),
        (
            rule("{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].ipBlock.except[0]", "10.0.0.0/8"
        ),
        (
            rule("{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 11.0.0.0/16]}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].ipBlock.except[1]", "11.0.0.0/16"
        ),
        (
            rule("{from: [{ipBlock: {cidr: \"::ffff:10.0.0.0/104\"}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].ipBlock.cidr", "::ffff:10.0.0.0/104"
        ),
        (
            rule("{from: [{ipBlock: {cidr: \"::/0\", except: [\"::ffff:10.0.0.0/104\"]}}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].from[0].ipBlock.except[0]", "::ffff:10.0.0.0/104"
        ),
        (rule("{ports: [{port: 0}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "0"),
        (rule("{ports: [{port: 65536}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "65536"),
        (rule("{ports: [{port: \"80\"}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "80"),
        (rule("{ports: [{port: HTTP}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "HTTP"),
        (
            rule("{ports: [{port: sixteen-letters-}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "sixteen-letters-"
        ),
        (rule("{ports: [{port: a--b}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "a--b"),
        (
            rule("{ports: [{port: 80, protocol: ICMP}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].protocol", "ICMP"
        ),
        (
            rule("{ports: [{port: 80, endPort: 79}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].endPort", "79"
        ),
        // Beyond the greatest port there is no range that begins with it.
        (
            rule("{ports: [{port: 70000, endPort: 70001}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].port", "70000"
        ),
        (
            rule("{ports: [{port: http, endPort: 90}]}"),
            "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].endPort", "90"
        ),
        (rule("{ports: [{endPort: 90}]}"), "spec.controls.networkPolicy.allow.ingressFrom[0].ports[0].endPort", "90"),
        (
            spec("networkPolicy: {allow: {egressTo: [{}, {to: [{}]}]}}"),
            "spec.controls.networkPolicy.allow.egressTo[1].to[0]", "{}"
        ),
        (
            spec("networkPolicy: {allow: {egressTo: [{ports: [{port: 0}]}]}}"),
            "spec.controls.networkPolicy.allow.egressTo[0].ports[0].port", "0"
        ),
        // podSecurity
        (spec("podSecurity: {enforce: strict}"), "spec.controls.podSecurity.enforce", "strict"),
        (spec("podSecurity: {enforceVersion: \"1.30\"}"), "spec.controls.podSecurity.enforceVersion", "1.30"),
        (spec("podSecurity: {auditVersion: newest}"), "spec.controls.podSecurity.auditVersion", "newest"),
        (spec("podSecurity: {warnVersion: v1.x}"), "spec.controls.podSecurity.warnVersion", "v1.x"),
        // serviceAccountToken
        (spec("serviceAccountToken: {scope: Some}"), "spec.controls.serviceAccountToken.scope", "Some"),
        (spec("serviceAccountToken: {explicitTrue: Keep}"), "spec.controls.serviceAccountToken.explicitTrue", "Keep"),
        (spec("serviceAccountToken: {boundAccounts: No}"), "spec.controls.serviceAccountToken.boundAccounts", "false"),
        (
            spec("serviceAccountToken: {exemptServiceAccounts: [Vault]}"),
            "spec.controls.serviceAccountToken.exemptServiceAccounts[0]", "Vault"
        ),
        // limitRange
        (spec("limitRange: {}"), "spec.controls.limitRange.limits", "[]"),
        (spec("limitRange: {existing: Replace, limits: []}"), "spec.controls.limitRange.existing", "Replace"),
        (limits("{type: Node, max: {cpu: 1}}"), "spec.controls.limitRange.limits[0].type", "Node"),
        (limits("{type: Container}"), "spec.controls.limitRange.limits[0]", "Container"),
        (
            limits("{type: Container, max: {cpu: 1}}, {type: Container, min: {cpu: 1}}"),
            "spec.controls.limitRange.limits[1].type", "Container"
        ),
        (
            limits("{type: Container, default: {memory: 256MB}}"),
            "spec.controls.limitRange.limits[0].default[memory]", "256MB"
        ),
        (limits("{type: Container, min: {cpu: -1}}"), "spec.controls.limitRange.limits[0].min[cpu]", "-1"),
        (limits("{type: Container, min: {cpu: 0.5}}"), "spec.controls.limitRange.limits[0].min.cpu", "0.5"),
        (limits("{type: Container, default: {memroy: 1Mi}}"), "spec.controls.limitRange.limits[0].default", "memroy"),
        (limits("{type: Container, default: {storage: 1Gi}}"), "spec.controls.limitRange.limits[0].default", "storage"),
        (limits("{type: Pod, default: {cpu: 1}}"), "spec.controls.limitRange.limits[0].default", "Pod"),
        (limits("{type: Pod, defaultRequest: {cpu: 1}}"), "spec.controls.limitRange.limits[0].defaultRequest", "Pod"),
        (
            limits("{type: PersistentVolumeClaim, maxLimitRequestRatio: {storage: 2}}"),
            "spec.controls.limitRange.limits[0]", "PersistentVolumeClaim"
        ),
        (
            limits("{type: Container, maxLimitRequestRatio: {cpu: 500m}}"),
            "spec.controls.limitRange.limits[0].maxLimitRequestRatio[cpu]", "500m"
        ),
        (
            limits("{type: Container, min: {cpu: 1}, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 3}}"),
            "spec.controls.limitRange.limits[0].maxLimitRequestRatio[cpu]", "3"
        ),
        (
            limits("{type: Container, min: {cpu: 2}, max: {cpu: 1}}"),
            "spec.controls.limitRange.limits[0].max[cpu]", "1"
        ),
        (
            limits("{type: Container, default: {cpu: 1}, defaultRequest: {cpu: 1001m}}"),
            "spec.controls.limitRange.limits[0].default[cpu]", "1"
        ),
        (
            limits("{type: Container, default: {cpu: 2}, max: {cpu: 1}}"),
            "spec.controls.limitRange.limits[0].max[cpu]", "1"
        ),
        (
            limits("{type: Container, default: {example.com/gpu: 2}, defaultRequest: {example.com/gpu: 1}}"),
            "spec.controls.limitRange.limits[0].defaultRequest[example.com/gpu]", "1"
        ),
        (
            limits("{type: Container, max: {hugepages-2Mi: 4Mi}, defaultRequest: {hugepages-2Mi: 2Mi}}"),
            "spec.controls.limitRange.limits[0].defaultRequest[hugepages-2Mi]", "2Mi"
        ),
    ]

    @Test("Everything invalid is reported with its field and value", arguments: invalid)
    func refuses(_ spec: String, _ field: String, _ value: String) throws {
        let profile = try profile(spec)
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        #expect(error.problems.map(\.field) == [field])
        #expect(error.problems.map(\.value) == [value])
        #expect(error.problems.allSatisfy { !$0.expected.isEmpty })
        #expect("\(error)".contains(field))
        #expect("\(error)".contains("\"\(value)\""))
    }

    @Test("A control that is disabled is checked all the same")
    func disabled() throws {
        #expect(throws: InvalidProfile.self) {
            try compiled("podSecurity: {mode: Disabled, warnVersion: x}, networkPolicy: {}")
        }
    }

    @Test("A name that cannot be a label's value is refused: it is written as one")
    func longName() throws {
        let name = String(repeating: "a", count: 64)
        let profile = try profile(Self.full, name: name)
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        #expect(error.problems.map(\.field) == ["metadata.name"])
    }

    @Test("All problems are found at once; the message names five and counts the rest")
    func many() throws {
        let globs = (0..<7).map { "\"[\($0)\"" }.joined(separator: ", ")
        let profile = try profile("\(Self.selector)\n\(Self.pods)\nexcludedNamespaces: [\(globs)]\npriority: 2000")
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        #expect(error.problems.count == 8)
        #expect("\(error)".hasSuffix("; and 3 more"))
    }

    @Test("A profile without a spec, or with a broken status, is still read")
    func broken() throws {
        let profile = try read(HardeningProfile.self, "metadata: {name: a}\nstatus: {conditions: 1}")
        #expect(profile.metadata.name == "a" && profile.status == nil)
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        #expect(error.problems.map(\.field) == ["spec"])
    }

    @Test("The field is named from the spec on, also when the profile is read out of a list")
    func nested() throws {
        let list = try read(
            [String: [HardeningProfile]].self,
            "items: [{metadata: {name: a}, spec: {namespaceSelector: {}, controls: {podSecurity: {warn: x}}}}]"
        )
        let profile = try #require(list["items"]?.first)
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        #expect(error.problems.map(\.field) == ["spec.controls.podSecurity.warn"])
        #expect(error.problems.map(\.value) == ["x"])
    }

    @Test("Good limits of every type are understood")
    func goodLimits() throws {
        _ = try compiled(
            """
            limitRange: {limits: [
              {type: Container, min: {cpu: 10m}, defaultRequest: {cpu: 50m, example.com/gpu: 1}, default: {cpu: 1, example.com/gpu: 1},
               max: {cpu: 2, hugepages-2Mi: 4Mi, ephemeral-storage: 1Gi}, maxLimitRequestRatio: {cpu: 20}},
              {type: Pod, max: {memory: 4Gi}}, {type: PersistentVolumeClaim, min: {storage: 1Gi}, max: {storage: 10Gi}}]}
            """
        )
    }
}
