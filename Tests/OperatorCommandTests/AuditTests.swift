import Foundation
import PodSecurity
import Testing
import Yams

@testable import hardening_operator

@Suite struct AuditTests {
    private static let good = "{apiVersion: v1, kind: Pod, metadata: {name: good}, spec: {containers: [{name: a}]}}"
    private static let bad = "{apiVersion: v1, kind: Pod, metadata: {name: bad}, spec: {hostPID: true}}"

    @Test("A verdict has exactly the promised keys, in their order, on a line of its own")
    func keys() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", "\(Self.good)\n---\n{kind: Pod, metadata: {generateName: b-, namespace: x}}")
        let audited = try audit([scratch.path], "baseline@v1.28")
        #expect(
            audited.output == """
                {"file":"\(scratch.path)/a.yaml","kind":"Pod","namespace":"","name":"good","level":"baseline","version":"v1.28","allowed":true,"checks":[],"message":""}
                {"file":"\(scratch.path)/a.yaml","kind":"Pod","namespace":"x","name":"b-","level":"baseline","version":"v1.28","allowed":true,"checks":[],"message":""}

                """
        )
        #expect(audited.status == 0)
    }

    @Test("A pod is judged as the server creates it, a template as it is written")
    func defaulting() throws {
        let spec = "{hostNetwork: true, containers: [{name: a, ports: [{containerPort: 80}]}]}"
        let scratch = try Scratch()
        try scratch.write(
            "a.yaml",
            """
            {apiVersion: v1, kind: Pod, spec: \(spec)}
            ---
            {apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: \(spec)}}}
            ---
            {apiVersion: v1, kind: PodTemplate, template: {spec: \(spec)}}
            """
        )
        let lines = try audit([scratch.path]).lines(VerdictLine.self)
        #expect(lines.map(\.checks) == [["hostNamespaces", "hostPorts"], ["hostNamespaces"], ["hostNamespaces"]])
        #expect(lines.map(\.kind) == ["Pod", "Deployment", "PodTemplate"])
    }

    @Test("What is refused makes the status 2, what cannot be read 1, and the latter goes before; the rest goes on")
    func status() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", Self.good)
        try scratch.write("b.yaml", Self.bad)
        try scratch.write(
            "c.yaml",
            "a: [\n---\n\(Self.good)\n---\n{kind: Pod, metadata: {name: c}, spec: {hostPID: 7}}"
        )
        func status(_ names: String...) throws -> Int32 { try audit(names.map { "\(scratch.path)/\($0)" }).status }
        #expect(try status("a.yaml") == 0)
        #expect(try status("b.yaml", "a.yaml") == 2)
        #expect(try status("c.yaml", "a.yaml") == 1)
        #expect(try status("b.yaml", "c.yaml") == 1)
        let audited = try audit(["\(scratch.path)/gone.yaml", scratch.path])
        #expect(audited.status == 1)
        #expect(try audited.lines(VerdictLine.self).map(\.name) == ["good", "bad", "good"])
        #expect(audited.complaints.count == 3)
        #expect(audited.complaints[0] == "\(scratch.path)/gone.yaml: no such file or directory")
        #expect(audited.complaints[1].hasPrefix("\(scratch.path)/c.yaml:1: not valid YAML"))
        #expect(
            audited.complaints[2]
                == "\(scratch.path)/c.yaml:5: Pod c: spec.hostPID: expected true or false, found a number"
        )
    }

    @Test("Findings below the threshold are told and fail nothing")
    func threshold() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", "{kind: Pod, spec: {containers: [{ports: [{hostPort: 80}]}]}}")
        #expect(try audit([scratch.path], threshold: .medium).status == 2)
        #expect(try audit([scratch.path], threshold: .high).status == 0)
        #expect(try audit([scratch.path], "baseline", .table, threshold: .high).output.contains("hostPort"))
    }

    @Test("Every check that fails is a finding at the line of what to change, in the object's own words")
    func lines() throws {
        let scratch = try Scratch()
        try scratch.write(
            "a.yaml",
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: shop}
            spec:
              template:
                spec:
                  hostPID: true
                  containers:
                  - name: a
                  - name: b
                    securityContext:
                      privileged: true
                  volumes:
                  - name: v
                    hostPath: {path: /}
            """
        )
        let report = try audit([scratch.path], "baseline", .table).output.replacing("\(scratch.path)/", with: "")
            // How wide the columns are depends on where the file is.
            .replacing(/[ ]{2,}/, with: "  ")
        #expect(
            report == """
                SEVERITY  PLACE  NAMESPACE  OBJECT  CHECK  MESSAGE
                Critical  a.yaml:7  shop  Deployment/web  host-namespaces  host namespaces (hostPID=true)
                  spec.template.spec.hostPID: false
                High  a.yaml:15  shop  Deployment/web  host-path-volumes  hostPath volumes (volume "v")
                  remove spec.template.spec.volumes[0].hostPath
                Critical  a.yaml:12  shop  Deployment/web  privileged  privileged (container "b" must not set \
                securityContext.privileged=true)
                  spec.template.spec.containers[1].securityContext.privileged: false

                1 of 1 workload in 1 file violates baseline:latest; 3 findings: 2 Critical, 1 High

                """
        )
    }

    @Test("Every check has a severity above Info, so that what is refused fails the audit")
    func severities() throws {
        for version in ["v1.0", "v1.18", "latest"] {
            for level in ["baseline", "restricted"] {
                let policy = try #require(PolicyArgument(argument: "\(level)@\(version)")).policy
                let rules = PodSecurityAudit(policy).rules
                #expect(rules.map(\.id) == Evaluator().checks(of: policy).checks.map(\.controlID))
                #expect(rules.allSatisfy { $0.severity < .low })
            }
        }
    }

    @Test("A folder is its manifests in order of their paths, hidden ones and links to folders left out")
    func folders() throws {
        let scratch = try Scratch()
        for name in [
            "b.yaml", "a/z.yml", "a/b/c.json", "a.json", ".git/x.yaml", ".hidden.yaml", "notes.txt", "a/Makefile",
        ] {
            try scratch.write(name, Self.good)
        }
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/loop", withDestinationPath: ".")
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/link.yaml", withDestinationPath: "b.yaml")
        let files = InputFiles([scratch.path + "/", "-", "\(scratch.path)/notes.txt"])
        #expect(
            files.files.map { $0.replacing(scratch.path, with: "") }
                == ["/a.json", "/a/b/c.json", "/a/z.yml", "/b.yaml", "/link.yaml", "-", "/notes.txt"]
        )
        #expect(files.problems.isEmpty)
        // A link that is named is followed.
        #expect(InputFiles(["\(scratch.path)/loop"]).files.count == 5)
    }

    @Test("A folder without manifests is reported: nothing judged is not nothing found")
    func emptyFolder() throws {
        let scratch = try Scratch()
        let audited = try audit([scratch.path])
        #expect(audited.status == 1)
        #expect(audited.complaints == ["\(scratch.path): no *.yaml, *.yml or *.json in this folder"])
        #expect(audited.output.isEmpty)
    }

    @Test("What kubectl prints of a live object is read: lists, status, managed fields, null where nothing is set")
    func live() throws {
        let scratch = try Scratch()
        try scratch.write(
            "live.json",
            """
            {"apiVersion": "v1", "items": [
              {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop",
                "creationTimestamp": "2026-01-01T00:00:00Z", "annotations": {"a": null},
                "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {}}}]},
               "spec": {"containers": [{"name": "a", "image": "x", "resources": {"limits": {"cpu": 1}}, "ports": null,
                 "terminationMessagePath": "/dev/termination-log"}], "hostIPC": true, "volumes": null},
               "status": {"phase": "Running"}},
              {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"ports": [{"port": 80}]}}
            ], "kind": "List", "metadata": {"resourceVersion": "", "selfLink": ""}}
            """
        )
        let lines = try audit([scratch.path]).lines(VerdictLine.self)
        #expect(lines.map(\.name) == ["web-1"])
        #expect(lines.first?.namespace == "shop")
        #expect(lines.first?.message == #"violates PodSecurity "baseline:latest": host namespaces (hostIPC=true)"#)
    }

    @Test("Other kinds are passed over and counted, whatever they hold")
    func otherKinds() throws {
        let scratch = try Scratch()
        try scratch.write(
            "a.yaml",
            """
            {apiVersion: v1, kind: ConfigMap, data: 5}
            ---
            # only a comment
            ---
            {apiVersion: v1, kind: ReplicationController, spec: {replicas: 1}}
            ---
            \(Self.bad)
            """
        )
        let audited = try audit([scratch.path], "baseline", .table)
        #expect(audited.status == 2)
        #expect(
            audited.output.hasSuffix(
                """

                1 of 1 workload in 1 file violates baseline:latest; 2 objects of other kinds or without pods; \
                1 finding: 1 Critical

                """
            )
        )
    }

    @Test("The YAML report says the same as the JSON report")
    func yaml() throws {
        let scratch = try Scratch()
        try scratch.write("a.yaml", "\(Self.good)\n---\n\(Self.bad)")
        let report = try audit([scratch.path], "baseline", .yaml).output
        let fromYAML = try YAMLDecoder().decode([VerdictLine].self, from: report)
        #expect(try fromYAML == audit([scratch.path]).lines())
        try scratch.write("a.yaml", "kind: ConfigMap")
        #expect(try audit([scratch.path], "baseline", .yaml).output == "[]\n")
    }

    @Test(
        "A policy is a level and, if it says so, a version",
        arguments: [
            ("restricted", "restricted:latest"), ("baseline@v1.28", "baseline:v1.28"),
            ("privileged@latest", "privileged:latest"),
            ("baseline@v1.99", "baseline:v1.99"),
            ("baseline@", nil), ("baseline@1.28", nil), ("Baseline", nil), ("", nil), ("baseline@v1.28@x", nil),
        ] as [(String, String?)]
    )
    func policies(argument: String, policy: String?) {
        #expect(PolicyArgument(argument: argument).map { "\($0.policy)" } == policy)
    }
}

@Suite struct AuditProgressTests {
    @Test("Nothing is shown in the first second, then five times a second, and nothing stays")
    func rhythm() {
        var progress = AuditProgress()
        #expect(progress.update(done: 1, of: 9, at: .milliseconds(999)) == nil)
        #expect(progress.clear() == nil)
        #expect(progress.update(done: 2, of: 9, at: .milliseconds(1000)) == "\r2 of 9 files\u{1B}[K")
        #expect(progress.update(done: 3, of: 9, at: .milliseconds(1100)) == nil)
        #expect(progress.update(done: 4, of: 9, at: .milliseconds(1200)) == "\r4 of 9 files\u{1B}[K")
        #expect(progress.clear() == "\r\u{1B}[K")
        #expect(progress.clear() == nil)
    }
}
