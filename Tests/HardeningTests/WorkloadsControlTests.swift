import Foundation
import Hardening
import KubernetesAPI
import PodSecurity
import TestSupport
import Testing
import Yams

/// A namespace with these workloads in it.
func view(
    _ workloads: [ObservedWorkload],
    namespace: String = "team-a",
    policies: [String] = ["{podSelector: {}, policyTypes: [Ingress, Egress]}"],
    accounts: [ObservedServiceAccount] = [],
    bound: Set<String> = [],
    unobserved: [String: String] = [:],
    cluster: ClusterFacts = .usual
) throws -> NamespaceView {
    NamespaceView(
        namespace: ObservedNamespace(Namespace(metadata: ObjectMeta(name: namespace))),
        networkPolicies: try policies.enumerated().map { index, spec in
            ObservedNetworkPolicy(
                NetworkPolicy(metadata: ObjectMeta(name: "p\(index)"), spec: try read(NetworkPolicy.Spec.self, spec))
            )
        },
        serviceAccounts: accounts,
        workloads: WorkloadGroup.groups(workloads),
        unobserved: unobserved,
        boundAccounts: bound,
        cluster: cluster
    )
}

/// The control `workloads` of a profile.
func workloads(_ settings: String = "") throws -> WorkloadsControl {
    try #require(try compiled("workloads: {\(settings)}").controls.first as? WorkloadsControl)
}

/// What a check says, whatever else is found.
func messages(_ check: String, _ findings: [Finding]) -> [String] {
    findings.filter { $0.check == check }.map(\.message)
}

@Suite struct WorkloadsControlTests {
    private let root = "read-only-root-filesystem"

    // MARK: Findings

    @Test("One finding for a workload and check, whether it has pods or none, with the object's own field")
    func oneFinding() throws {
        let dirty = Make.writable
        let none = try view([try Make.deployment("web", dirty, replicas: 0)])
        let finding = try #require(try workloads().assess(none).first { $0.check == root })
        #expect(
            finding.message
                == "Deployment/web (0 pods): container \"app\" can write to the root file system: "
                + "set spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem: true"
        )
        #expect(finding.workload == "Deployment/web" && finding.namespace == "team-a" && finding.control == .workloads)
        #expect(finding.reason == .checkFailed && finding.type == .violation && finding.severity == .medium)

        let set = try Make.replicaSet("web-1", dirty, owner: "Deployment/web")
        let pods = try (0..<12).map { try Make.pod("web-1-\($0)", dirty, owner: "ReplicaSet/web-1") }
        let twelve = try workloads().assess(view([try Make.deployment("web", dirty), set] + pods))
        #expect(twelve.filter { $0.check == root }.count == 1)
        #expect(messages(root, twelve).first?.hasPrefix("Deployment/web (12 pods): container") == true)
        #expect(messages(root, twelve).first?.contains("live pod") == false)
    }

    @Test("The field is named as the kind has it")
    func prefixes() throws {
        let dirty = Make.writable
        let field = "spec.containers[0].securityContext.readOnlyRootFilesystem: true"
        let cronJob = try observed(
            WorkloadKinds.CronJob.self,
            "metadata: {name: c, uid: c}\nspec: {jobTemplate: {spec: {template: {spec: \(dirty)}}}}"
        )
        let findings = try workloads().assess(view([cronJob, try Make.pod("p", dirty)]))
        #expect(
            messages(root, findings) == [
                "CronJob/c (0 pods): container \"app\" can write to the root file system: "
                    + "set spec.jobTemplate.spec.template.\(field)",
                "Pod/p: container \"app\" can write to the root file system: set \(field)",
            ]
        )
    }

    @Test("What is as it should be is not found")
    func clean() throws {
        let groups = [
            try Make.deployment("web", Make.clean()),
            try Make.replicaSet("web-1", Make.clean(), owner: "Deployment/web"),
            try Make.pod("web-1-a", Make.clean(), owner: "ReplicaSet/web-1"), try Make.pod("bare", Make.clean()),
        ]
        #expect(try workloads().assess(view(groups)) == [])
    }

    @Test("A container that somebody injected is a finding of the owner that names a pod, and how many")
    func injected() throws {
        let proxy =
            "{name: proxy, image: 'p@sha256:00', resources: {limits: {memory: 1Mi, cpu: 1}}, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}"
        let live = "{\(Make.clean().dropFirst().dropLast(2)), \(proxy)]}"
        var pods = [
            try Make.deployment("web", Make.clean()),
            try Make.replicaSet("web-1", Make.clean(), owner: "Deployment/web"),
        ]
        for name in ["web-1-b", "web-1-a", "web-1-c"] {
            pods.append(try Make.pod(name, live, owner: "ReplicaSet/web-1"))
        }
        pods.append(try Make.pod("web-1-0", Make.clean(), owner: "ReplicaSet/web-1"))
        let findings = try workloads().assess(view(pods))
        #expect(findings.map(\.check) == [root])
        #expect(findings.first?.workload == "Deployment/web")
        #expect(
            findings.first?.message
                == "Deployment/web (4 pods): live pod web-1-a and 2 more, unlike the template: container \"proxy\" can write "
                + "to the root file system: change what adds proxy, or have the pods created anew"
        )

        // Where the template fails too, that is said first, and once.
        pods[0] = try Make.deployment("web", Make.writable)
        #expect(
            try messages(root, workloads().assess(view(pods))) == [
                "Deployment/web (4 pods): container \"app\" can write to the root file system: "
                    + "set spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem: true"
                    + "; and live pod web-1-a and 2 more moreover in proxy"
            ]
        )
    }

    @Test("Containers that come first shift the others, which stay what they are")
    func shifted() throws {
        let dirty = Make.writable
        let first = dirty.replacing("containers: [", with: "containers: [\(Make.cleanContainer("first")), ")
        let pod = try Make.pod("web-a", first, owner: "ReplicaSet/web")
        let findings = try workloads().assess(view([try Make.replicaSet("web", dirty), pod]))
        #expect(messages(root, findings).allSatisfy { !$0.contains("live pod") })
    }

    @Test("An ephemeral container is a finding of the owner, and goes with its pod")
    func ephemeral() throws {
        let debug = ", ephemeralContainers: [{name: debug, image: 'd@sha256:00', securityContext: {privileged: true}}]}"
        let live = Make.clean().dropLast() + debug
        let pods = [
            try Make.replicaSet("web", Make.clean()), try Make.pod("web-a", String(live), owner: "ReplicaSet/web"),
        ]
        let message = try #require(try messages("privileged", workloads().assess(view(pods))).first)
        #expect(
            message.hasPrefix(
                "ReplicaSet/web (1 pod): live pod web-a, unlike the template: privileged (container \"debug\""
            )
        )
        #expect(message.hasSuffix(": delete the pod, to be rid of ephemeral container debug"))
        let bare = try messages("privileged", workloads().assess(view([try Make.pod("p", String(live))])))
        #expect(bare.first?.hasSuffix(": delete the pod, to be rid of ephemeral container debug") == true)
    }

    @Test("A pod of an older template is a finding until it is gone, although the template is mended")
    func older() throws {
        let pods = [
            try Make.deployment("web", Make.clean()),
            try Make.replicaSet("web-1", Make.clean(), owner: "Deployment/web"),
            try Make.pod("web-0-a", Make.writable, owner: "ReplicaSet/web-1"),
        ]
        #expect(
            try messages(root, workloads().assess(view(pods))).first?.contains("live pod web-0-a, unlike the template")
                == true
        )
        #expect(try workloads().assess(view(Array(pods.dropLast()))) == [])
    }

    @Test("Pods of a foreign controller speak for it")
    func foreign() throws {
        let dirty = Make.writable
        let pods = try ["a", "b"].map { try Make.pod($0, dirty, owner: "x.io/App/web") }
        #expect(
            try messages(root, workloads().assess(view(pods))) == [
                "App/web (2 pods): container \"app\" can write to the root file system: "
                    + "set spec.containers[0].securityContext.readOnlyRootFilesystem: true (where these pods come from)"
            ]
        )
    }

    @Test("Many containers are one finding, whose message keeps the essential within its limit")
    func bounded() throws {
        let containers = (0..<60).map { "{name: container-with-a-long-name-\($0), image: nginx}" }.joined(
            separator: ", "
        )
        let findings = try workloads().assess(view([try Make.deployment("web", "{containers: [\(containers)]}")]))
        #expect(Set(findings.map(\.check)).count == findings.count)
        for finding in findings {
            #expect(finding.message.unicodeScalars.count <= Finding.messageLimit)
            #expect(finding.message.hasPrefix("Deployment/web (0 pods): "))
        }
        let message = try #require(messages(root, findings).first)
        #expect(message.contains(": set spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem: true"))
        #expect(message.hasSuffix(" more"))
        let few = try workloads().assess(
            view([try Make.deployment("web", "{containers: [{name: a}, {name: b}, {name: c}]}")])
        )
        #expect(
            messages(root, few).first?.hasSuffix(
                ": set spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem: true; "
                    + "spec.template.spec.containers[1].securityContext.readOnlyRootFilesystem: true; "
                    + "spec.template.spec.containers[2].securityContext.readOnlyRootFilesystem: true"
            ) == true
        )
    }

    @Test("Setting and removing are told apart in one list")
    func verbs() throws {
        let pod = try Make.pod("p", Make.clean("ports: [{hostPort: 80, containerPort: 80}]", pod: "hostNetwork: true"))
        #expect(
            try messages("host-ports", workloads().assess(view([pod]))).first?.hasSuffix(
                ": set spec.hostNetwork: false; remove spec.containers[0].ports[0].hostPort"
            ) == true
        )
    }

    @Test("The same state gives the same findings, in whatever order it was read", arguments: seeds)
    func stable(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let specs = [
            Make.clean(), Make.writable, "{containers: [{name: a, image: nginx}]}",
            "{hostNetwork: true, containers: [{name: a}], volumes: [{name: v, hostPath: {path: /run}}]}",
        ]
        func spec() -> String { specs.randomElement(using: &random) ?? "{}" }
        var all: [ObservedWorkload] = []
        for name in ["a", "b", "c"] {
            all.append(try Make.deployment(name, spec()))
            all.append(try Make.replicaSet("\(name)-1", spec(), owner: "Deployment/\(name)"))
            for pod in 0..<3 { all.append(try Make.pod("\(name)-1-\(pod)", spec(), owner: "ReplicaSet/\(name)-1")) }
            all.append(try Make.pod("bare-\(name)", spec()))
        }
        let findings = try workloads().assess(view(all))
        #expect(try workloads().assess(view(all.shuffled(using: &random))) == findings)
        let keys = findings.map { "\($0.workload ?? "") \($0.check ?? "")" }
        #expect(Set(keys).count == keys.count)
        #expect(findings.allSatisfy { $0.message.unicodeScalars.count <= Finding.messageLimit })
    }

    // MARK: Pod Security

    @Test("The Pod Security checks of the level and version count, and no others")
    func levels() throws {
        let worst = try view([
            try Make.deployment("web", "{hostPID: true, containers: [{name: a, livenessProbe: {httpGet: {host: h}}}]}")
        ])
        func checks(_ settings: String, _ minor: Int = 36) throws -> Set<String> {
            var view = worst
            view.cluster.serverMinor = minor
            let ids = try workloads(settings).assess(view).compactMap(\.check)
            return Set(ids).intersection(CheckID.allCases.map(\.controlID))
        }
        let baseline: Set = ["host-namespaces", "host-probes-and-host-lifecycle"]
        let restricted = baseline.union([
            "allow-privilege-escalation", "capabilities-restricted", "run-as-non-root", "seccomp-profile-restricted",
        ])
        #expect(try checks("") == restricted)
        #expect(try checks("level: restricted") == restricted)
        #expect(try checks("level: baseline") == baseline)
        #expect(try checks("level: privileged") == [])
        #expect(try checks("level: baseline, version: v1.33") == ["host-namespaces"])
        // A server that does not know the check yet cannot ask it.
        #expect(try checks("level: baseline", 33) == ["host-namespaces"])
        #expect(try checks("version: v1.18") == ["host-namespaces", "allow-privilege-escalation", "run-as-non-root"])
        // Named, it counts whatever the level, in the version.
        #expect(
            try checks("level: baseline, checks: [{id: run-as-non-root, mode: Audit}]")
                == baseline.union(["run-as-non-root"])
        )
        let probes = "level: baseline, checks: [{id: host-probes-and-host-lifecycle, mode: Audit}]"
        #expect(try checks("\(probes), version: v1.33") == ["host-namespaces"])
        #expect(try checks("level: privileged, checks: [{id: run-as-non-root, severity: Low}]") == [])
    }

    @Test("What is found of the Pod Security Standards is what the API server's admission says, for any pod")
    func agreesWithEvaluator() throws {
        let spec = try read(JSONValue.self, "{containers: [{name: a, securityContext: {privileged: true}}]}")
        let pod = try read(PodTemplateSpec.self, JSONValue.object(["spec": spec]))
        for minor in [20, 24, 33, 36] {
            for version in ["v1.0", "v1.22", "v1.34", "latest"] {
                var view = try view([
                    try Make.pod("p", "{containers: [{name: a, securityContext: {privileged: true}}]}")
                ])
                view.cluster.serverMinor = minor
                let policy = Policy(level: .restricted, version: try #require(Version(version)))
                let expected = Evaluator(serverMinor: minor).judge(pod, by: policy).violations.map {
                    "Pod/p: \($0.description)"
                }
                let found = try workloads("version: \(version)").assess(view).filter { finding in
                    CheckID.allCases.contains { $0.controlID == finding.check }
                }
                #expect(found.count == expected.count)
                for (finding, message) in zip(found, expected) { #expect(finding.message.hasPrefix(message)) }
            }
        }
    }

    // MARK: Settings

    @Test("A check can be left out, asked all the same, or made more or less severe")
    func settings() throws {
        let dirty = try view([try Make.deployment("web", Make.writable)])
        func severity(_ settings: String) throws -> Severity? {
            try workloads(settings).assess(dirty).first { $0.check == root }?.severity
        }
        #expect(try severity("") == .medium)
        #expect(try severity("checks: [{id: \(root), severity: Critical}]") == .critical)
        #expect(try severity("checks: [{id: \(root), mode: Disabled}]") == nil)
        #expect(try severity("checks: [{id: \(root), mode: Disabled, severity: High}]") == nil)
        #expect(try severity("checks: [{id: \(root), mode: Enforce}]") == .medium)
        let info = try compiled("workloads: {checks: [{id: \(root), severity: Info}]}").assess(dirty)
        #expect(info.first?.findings.contains { $0.severity == .info && !$0.isViolation } == true)
    }

    @Test(
        "It never writes, whatever its mode, and what is enforced counts as audited",
        arguments: ["Enforce", "Audit"]
    )
    func silent(_ mode: String) throws {
        let dirty = try view([try Make.deployment("web", "{hostPID: true, containers: [{name: a}]}")])
        let profile = try compiled("workloads: {mode: \(mode)}")
        #expect(profile.controls.map(\.mode) == [.audit])
        let control = try #require(profile.controls.first)
        #expect(control.plan(dirty, for: "restricted", replacing: ["restricted"]) == [])
        #expect(WorkloadsControl.release(dirty, of: ["restricted"]) == [])
        #expect(try compiled("workloads: {mode: Disabled}").controls.isEmpty)
    }

    private static let invalid: [(settings: String, field: String, value: String)] = [
        ("mode: Loud", "mode", "Loud"), ("level: strict", "level", "strict"), ("version: '1.30'", "version", "1.30"),
        ("allowedRegistries: []", "allowedRegistries", "[]"),
        ("allowedRegistries: [registry.example.com, 'library/nginx']", "allowedRegistries[1]", "library/nginx"),
        ("allowedRegistries: ['https://r.example.com']", "allowedRegistries[0]", "https://r.example.com"),
        ("allowedRegistries: ['r.example.com/']", "allowedRegistries[0]", "r.example.com/"),
        ("allowedRegistries: ['r.example.com/x*']", "allowedRegistries[0]", "r.example.com/x*"),
        ("allowedRegistries: ['r.example.com:port/x']", "allowedRegistries[0]", "r.example.com:port/x"),
        ("minimumKubernetesVersion: v1.33", "minimumKubernetesVersion", "v1.33"),
        ("minimumKubernetesVersion: latest", "minimumKubernetesVersion", "latest"),
        ("minimumKubernetesVersion: '1.033'", "minimumKubernetesVersion", "1.033"),
        ("checks: [{id: privileged}, {id: read-only-root}]", "checks[1].id", "read-only-root"),
        ("checks: [{id: privileged}, {id: privileged}]", "checks[1].id", "privileged"),
        ("checks: [{id: privileged, mode: Off}]", "checks[0].mode", "false"),
        ("checks: [{id: privileged, severity: Severe}]", "checks[0].severity", "Severe"),
        ("checks: [{id: image-registry-allowlist, mode: Audit}]", "checks[0].mode", "Audit"),
        ("checks: [{id: kubernetes-version, mode: Enforce}]", "checks[0].mode", "Enforce"),
    ]

    @Test("Everything invalid is reported with its field and value", arguments: invalid)
    func refuses(_ settings: String, _ field: String, _ value: String) throws {
        let profile = try profile("namespaceSelector: {}\ncontrols: {workloads: {\(settings)}}")
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        #expect(error.problems.map(\.field) == ["spec.controls.workloads.\(field)"])
        #expect(error.problems.map(\.value) == [value])
    }

    @Test("An unknown check is refused by name, with the names that there are")
    func unknown() throws {
        let profile = try profile("namespaceSelector: {}\ncontrols: {workloads: {checks: [{id: bogus}]}}")
        let error = try #require(throws: InvalidProfile.self) { try CompiledProfile(profile) }
        let problem = try #require(error.problems.first)
        #expect(problem.value == "bogus")
        for check in WorkloadCheck.all { #expect(problem.expected.contains(check.id)) }
    }

    // MARK: The registry

    @Test("Checks have ids and titles of their own, and a source")
    func registry() {
        #expect(WorkloadCheck.all.count == 42)
        #expect(Set(WorkloadCheck.all.map(\.id)).count == 42 && Set(WorkloadCheck.all.map(\.title)).count == 42)
        #expect(WorkloadCheck.all.allSatisfy { !$0.source.isEmpty && WorkloadCheck.named($0.id)?.title == $0.title })
        #expect(WorkloadCheck.all.compactMap(\.podSecurityCheck) == CheckID.allCases)
        #expect(WorkloadCheck.named("bogus") == nil)
        #expect(
            WorkloadCheck.all.filter { !$0.isOnByDefault }.map(\.id) == [
                "image-registry-allowlist", "kubernetes-version",
            ]
        )
    }

    @Test("The CRD knows exactly the checks that there are")
    func schema() throws {
        struct Definition: Decodable {
            struct Specification: Decodable { var versions: [Version] }
            struct Version: Decodable { var schema: [String: JSONValue] }
            var spec: Specification
        }
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let yaml = try String(contentsOf: root.appending(path: "crds/hardeningprofiles.yaml"), encoding: .utf8)
        let definition = try read(Definition.self, yaml)
        var node = definition.spec.versions.first?.schema["openAPIV3Schema"]
        for key in ["spec", "controls", "workloads", "checks"] { node = node?["properties"]?[key] }
        let ids = try read([String].self, node?["items"]?["properties"]?["id"]?["enum"] ?? [:])
        #expect(ids.sorted() == WorkloadCheck.all.map(\.id).sorted())
    }
}
