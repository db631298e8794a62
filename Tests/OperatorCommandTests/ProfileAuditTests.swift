import Foundation
import Hardening
import PodSecurity
import Testing

@testable import hardening_operator

@Suite struct ProfileAuditTests {
    private static func deployment(_ name: String, hostPID: Bool, uid: String = "") -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name), namespace: shop, uid: "\(uid)"}
        spec:
          template:
            spec:
              hostPID: \(hostPID)
              containers: [{name: c, image: "r.example/x:1"}]
        """
    }

    // What is said of host namespaces, and where.
    private static func places(_ audited: Audited, _ path: String, check: String = "host-namespaces") throws -> [String]
    {
        try audited.lines(FindingLine.self).filter { $0.check == check }
            .map { "\($0.file.replacing("\(path)/", with: "")):\($0.line) \($0.kind)/\($0.name)" }
    }

    // MARK: Several of one name

    @Test(
        "Of objects of one kind, namespace and name, each is judged by itself and reported where it stands",
        arguments: [
            (true, false, ["a/web.yaml:7 Deployment/web"]), (false, true, ["b/web.yaml:7 Deployment/web"]),
            (true, true, ["a/web.yaml:7 Deployment/web", "b/web.yaml:7 Deployment/web"]), (false, false, []),
        ]
    )
    func copies(_ first: Bool, _ second: Bool, _ places: [String]) throws {
        let scratch = try Scratch()
        try scratch.write("a/web.yaml", Self.deployment("web", hostPID: first))
        try scratch.write("b/web.yaml", Self.deployment("web", hostPID: second))
        let audited = try audit([scratch.path], controls: "workloads: {level: baseline}")
        #expect(try Self.places(audited, scratch.path) == places)
    }

    @Test("What stands beside several of one name is told once, and so is what is said of a namespace that none makes")
    func once() throws {
        let scratch = try Scratch()
        for folder in ["a", "b", "c"] { try scratch.write("\(folder)/web.yaml", Self.deployment("web", hostPID: true)) }
        try scratch.write("b/db.yaml", Self.deployment("db", hostPID: true))
        let audited = try audit([scratch.path], controls: "workloads: {level: baseline}, podSecurity: {}")
        #expect(
            try Self.places(audited, scratch.path) == [
                "a/web.yaml:7 Deployment/web", "b/db.yaml:7 Deployment/db", "b/web.yaml:7 Deployment/web",
                "c/web.yaml:7 Deployment/web",
            ]
        )
        let ofNamespace = try audited.lines(FindingLine.self).filter {
            $0.kind == "Namespace" && $0.check == "podSecurity"
        }
        #expect(Set(ofNamespace).count == ofNamespace.count)
        #expect(Set(ofNamespace.map(\.file)) == ["\(scratch.path)/a/web.yaml"])
    }

    @Test("A namespace that is written down twice is judged twice: none hides the other's labels or policies")
    func namespaces() throws {
        func namespace(_ level: String) -> String {
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop
              labels: {pod-security.kubernetes.io/enforce: \(level), pod-security.kubernetes.io/enforce-version: latest,
                pod-security.kubernetes.io/audit: restricted, pod-security.kubernetes.io/warn: restricted}
            """
        }
        func policy(_ rules: String) -> String {
            """

            ---
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: deny, namespace: shop}
            spec: {podSelector: {}, policyTypes: [Ingress], ingress: [\(rules)]}
            """
        }
        for (bad, good) in [("a", "b"), ("b", "a")] {
            let scratch = try Scratch()
            try scratch.write("\(bad)/all.yaml", namespace("privileged") + policy("{}"))
            try scratch.write("\(good)/all.yaml", namespace("baseline") + policy(""))
            let audited = try audit(
                [scratch.path],
                controls: "podSecurity: {enforce: baseline}, networkPolicy: {directions: [Ingress]}"
            )
            let files = try audited.lines(FindingLine.self).reduce(into: [String: Set<String>]()) {
                $0[$1.reason, default: []].insert($1.file.replacing("\(scratch.path)/", with: ""))
            }
            #expect(files["PodSecurityLabelWeak"] == ["\(bad)/all.yaml"], "\(files)")
            #expect(files["DefaultDenyMissing"] == ["\(bad)/all.yaml"], "\(files)")
        }
    }

    @Test("What kubectl prints of two clusters: pods stay with the deployment that they are of, in whatever order")
    func owners() throws {
        func pod(_ name: String, of uid: String, hostPID: Bool) -> String {
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: \(name)
              namespace: shop
              uid: \(name)
              ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: \(uid), controller: true}]
            spec: {hostPID: \(hostPID), containers: [{name: c, image: "r.example/x:1"}]}
            """
        }
        let scratch = try Scratch()
        try scratch.write(
            "a.yaml",
            "\(pod("web-1", of: "one", hostPID: false))\n---\n\(Self.deployment("web", hostPID: false, uid: "one"))"
        )
        try scratch.write(
            "b.yaml",
            "\(pod("web-2", of: "two", hostPID: true))\n---\n\(Self.deployment("web", hostPID: false, uid: "two"))"
        )
        let audited = try audit([scratch.path], controls: "workloads: {level: baseline}")
        let found = try audited.lines(FindingLine.self).filter { $0.check == "host-namespaces" }
        #expect(
            found.map { "\($0.file.replacing("\(scratch.path)/", with: "")) \($0.kind)/\($0.name)" } == [
                "b.yaml Deployment/web"
            ]
        )
        #expect(found.first?.message.contains("(1 pod)") == true)
    }

    // MARK: The API server's version

    @Test(
        "Which release the API server is of is not observed, unless somebody says",
        arguments: [
            ("1.99", nil, "NotObserved"), ("1.33", nil, "NotObserved"), ("1.33", 33, nil), ("1.33", 34, nil),
            ("1.33", 32, "CheckFailed"),
        ] as [(String, Int?, String?)]
    )
    func version(_ minimum: String, _ server: Int?, _ reason: String?) throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", Self.deployment("web", hostPID: false))
        let controls = "workloads: {level: baseline, minimumKubernetesVersion: \"\(minimum)\"}"
        let found = try audit([scratch.path], controls: controls, serverMinor: server).lines(FindingLine.self)
            .filter { $0.check == "kubernetes-version" }
        #expect(found.map(\.reason) == [reason].compactMap { $0 })
        let severity = reason == "NotObserved" ? "Info" : "High"
        #expect(found.allSatisfy { $0.severity == severity })
        let table = try audit([scratch.path], controls: controls, serverMinor: server, .table).output
        #expect(table.contains("by Kubernetes 1.\(server ?? 36)"))
        #expect(table.contains("which is assumed (--server-version 1.N says another)") == (server == nil))
    }

    @Test("The Pod Security Standards are those of the release that was said")
    func standard() throws {
        let scratch = try Scratch()
        // Baseline forbids a probe's host since 1.34.
        try scratch.write(
            "a.yaml",
            "{kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, livenessProbe: {httpGet: {host: a, port: 80}}}]}}"
        )
        for (minor, isAllowed) in [(33, true), (34, false), (nil, false)] as [(Int?, Bool)] {
            let controls = "workloads: {level: baseline, version: latest}"
            let checks = try audit([scratch.path], controls: controls, serverMinor: minor).lines(FindingLine.self).map(
                \.check
            )
            #expect(!checks.contains("host-probes-and-host-lifecycle") == isAllowed)
            let policy = try #require(PolicyArgument(argument: "baseline@latest")).policy
            let file = try ManifestFile(InputFiles.contents(of: "\(scratch.path)/a.yaml"), file: "a.yaml")
            let manifest = try #require(file.manifests.first)
            #expect(try PodSecurityAudit(policy, serverMinor: minor).judge(manifest)?.allowed == isAllowed)
        }
    }

    @Test(
        "A release is said as people, labels and servers say it",
        arguments: [
            ("1.33", 33), ("v1.33", 33), ("1.0", 0), ("v1.33.4", 33), ("v1.34.1-gke.5", 34), ("1.34+", 34),
            ("v1.30.2+k3s1", 30), ("33", nil), ("2.33", nil), ("1.", nil), ("1.x", nil), ("1.033", nil), ("1.33a", nil),
            ("1.99999999999999999999", nil), ("", nil), ("-1.3", nil),
        ] as [(String, Int?)]
    )
    func argument(_ text: String, _ minor: Int?) {
        #expect(ServerVersionArgument(argument: text)?.minor == minor)
    }

    // MARK: Profiles from files

    @Test("A file's profile with a field that no profile has is refused, with every such field and its line")
    func typos() throws {
        let scratch = try Scratch()
        try scratch.write(
            "profile.yaml",
            """
            apiVersion: hardening.dev/v1alpha1
            kind: HardeningProfile
            metadata: {name: typo}
            spec:
              mode: Enforced
              namespaceSelector: {}
              onDisruptions: Proceed
              controls: {networkPolicy: {directions: [Ingress], alow: {sameNamespace: Allow}}, podsecurity: {}}
            """
        )
        let problem = #expect(throws: ManifestProblem.self) {
            try HardeningProfile.read("\(scratch.path)/profile.yaml")
        }
        let message = problem?.description ?? ""
        #expect(message.hasPrefix("\(scratch.path)/profile.yaml:8: HardeningProfile typo: "))
        for part in [
            "spec.controls.networkPolicy.alow: \"alow\" is not a field of spec.controls.networkPolicy: did you mean allow?",
            "spec.controls.podsecurity: \"podsecurity\" is not a field of spec.controls: did you mean podSecurity?",
            "spec.onDisruptions: \"onDisruptions\" is not a field of spec: did you mean onDisruption?",
            "spec.mode: \"Enforced\" is not one of Enforce, Audit, Disabled",
        ] { #expect(message.contains(part), "\(message)") }
        #expect(!message.contains("kubectl"))
    }

    // MARK: What is read

    @Test("A pipe or a device is reported and not waited for, named or in a folder", .timeLimit(.minutes(15)))
    func irregular() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", Self.deployment("web", hostPID: false))
        try #require(mkfifo("\(scratch.path)/pipe.yaml", 0o600) == 0)
        try FileManager.default.createSymbolicLink(
            atPath: "\(scratch.path)/zero.yaml",
            withDestinationPath: "/dev/null"
        )
        let reason = "not a regular file: only those are read, folders, and - for standard input"
        let inFolder = try audit([scratch.path])
        #expect(inFolder.complaints == ["pipe", "zero"].map { "\(scratch.path)/\($0).yaml: \(reason)" })
        #expect(inFolder.status == 1)
        #expect(try inFolder.lines(VerdictLine.self).map(\.name) == ["web"])
        let named = try audit(["/dev/null", "\(scratch.path)/pipe.yaml", "\(scratch.path)/a.yaml"])
        #expect(named.complaints == ["/dev/null: \(reason)", "\(scratch.path)/pipe.yaml: \(reason)"])
        #expect(try named.lines(VerdictLine.self).map(\.name) == ["web"])
    }

    @Test("A file of more than 64 MiB is reported and not read; one of as much is")
    func size() throws {
        let scratch = try Scratch()
        func file(_ name: String, bytes: UInt64) throws -> String {
            try scratch.write(name, "")
            let handle = try #require(FileHandle(forWritingAtPath: "\(scratch.path)/\(name)"))
            try handle.truncate(atOffset: bytes)
            try handle.close()
            return "\(scratch.path)/\(name)"
        }
        let over = try file("over.yaml", bytes: (64 << 20) + 1)
        #expect(
            try audit([over]).complaints == ["\(over): larger than 64 MiB, the most that is read of one file: split it"]
        )
        let full = try file("full.yaml", bytes: 64 << 20)
        #expect(try InputFiles.contents(of: full).count == (64 << 20))
    }
}
