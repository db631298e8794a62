import Foundation
import Hardening
import KubernetesAPI
import Testing

@testable import hardening_operator

@Suite struct ManifestTests {
    @Test("Lists of every kind fall into their objects, which know their place")
    func lists() throws {
        let file = ManifestFile(
            Array(
                """
                apiVersion: v1
                kind: List
                metadata: {resourceVersion: ""}
                items:
                - {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: m}}
                - apiVersion: v1
                  kind: List
                  items:
                  - {apiVersion: apps/v1, kind: Deployment, metadata: {generateName: b-}}
                ---
                {"apiVersion":"apps/v1","kind":"DeploymentList","items":[
                {"metadata":{"name":"c"}},
                {"metadata":{"name":"d"}}]}
                ---
                {apiVersion: v1, kind: List, items: null}
                """.utf8
            ),
            file: "f.yaml"
        )
        #expect(file.problems.isEmpty)
        #expect(file.manifests.map(\.name) == ["a", "b-", "c", "d"])
        #expect(file.manifests.map(\.kind) == ["Pod", "Deployment", "Deployment", "Deployment"])
        #expect(file.manifests.map(\.apiVersion) == ["v1", "apps/v1", "apps/v1", "apps/v1"])
        #expect(file.manifests.map(\.namespace) == ["m", "", "", ""])
        #expect(file.manifests.map(\.line) == [5, 9, 12, 13])
        #expect(file.manifests.map(\.document) == [1, 1, 2, 2])
        #expect(file.manifests.map(\.prefix) == ["items[0].", "items[1].items[0].", "items[0].", "items[1]."])
    }

    @Test(
        "Input that is no object is reported with file, line and field",
        arguments: [
            ("a: 1\nb: 2", "f:1: kind is not set: expected a Kubernetes object"),
            ("\njust text", "f:2: expected an object with a kind, found a string"),
            ("- a\n- b", "f:1: expected an object with a kind, found a list"),
            ("apiVersion: v1\nkind: [Pod]", "f:2: kind: expected a string, found a list"),
            ("kind: Pod\nmetadata: text", "f:2: Pod: metadata: expected an object, found a string"),
            ("kind: Pod\nmetadata:\n  name: 5", "f:3: metadata.name: expected a string, found a number"),
            ("kind: Pod\nmetadata: {namespace: no}", "f:2: metadata.namespace: expected a string, found true or false"),
            ("kind: List\nitems:\n- kind: Pod\n- 3", "f:4: items[1]: expected an object with a kind, found a number"),
            ("kind: List\nitems:\n- metadata: {}", "f:3: items[0]: kind is not set: expected a Kubernetes object"),
            ("kind: PodList\nitems: {}", "f:2: items: expected a list, found an object"),
        ]
    )
    func noObject(text: String, problem: String) {
        #expect(ManifestFile(Array(text.utf8), file: "f").problems.map(\.description) == [problem])
    }

    @Test("Every kind that makes pods has its template, in every version of its group, and no other kind has")
    func templates() throws {
        let template = "{metadata: {labels: {a: b}}, spec: {hostPID: true}}"
        func labels(_ text: String) throws -> [String: String]? {
            let file = ManifestFile(Array(text.utf8), file: "f")
            let manifest = try #require(file.manifests.first)
            return try manifest.podTemplate()?.labels
        }
        for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"] {
            for version in ["apps/v1", "apps/v1beta2", "extensions/v1beta1"] {
                let text = "{apiVersion: \(version), kind: \(kind), spec: {template: \(template)}}"
                #expect(try labels(text) == ["a": "b"])
            }
            #expect(try labels("{apiVersion: apps.example/v1, kind: \(kind), spec: {template: \(template)}}") == nil)
        }
        #expect(
            try labels("{apiVersion: v1, kind: ReplicationController, spec: {template: \(template)}}") == ["a": "b"]
        )
        #expect(try labels("{apiVersion: v1, kind: ReplicationController, spec: {replicas: 1}}") == nil)
        #expect(try labels("{apiVersion: batch/v1, kind: Job, spec: {template: \(template)}}") == ["a": "b"])
        for version in ["batch/v1", "batch/v1beta1"] {
            let text = "{apiVersion: \(version), kind: CronJob, spec: {jobTemplate: {spec: {template: \(template)}}}}"
            #expect(try labels(text) == ["a": "b"])
        }
        #expect(try labels("{apiVersion: v1, kind: PodTemplate, template: \(template)}") == ["a": "b"])
        #expect(try labels("{apiVersion: v1, kind: Pod, metadata: {labels: {a: b}}}") == ["a": "b"])
        #expect(try labels("{kind: Pod, metadata: {labels: {a: b}}}") == ["a": "b"])
        #expect(try labels("{apiVersion: v1, kind: Service, spec: {template: \(template)}}") == nil)
        #expect(try labels("{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: \(template)}}") == nil)
        #expect(try labels("{apiVersion: extensions/v1, kind: Pod, metadata: {labels: {a: b}}}") == nil)
    }

    @Test(
        "A field of another form than the API's is named with its line, and what stands there is not shown",
        arguments: [
            (
                "kind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: x\n    securityContext:\n      privileged: 'yes'",
                "f:7: Pod a: spec.containers[0].securityContext.privileged: expected true or false, found a string"
            ),
            (
                "kind: Pod\nmetadata: {annotations: {a.b/c: on}}",
                "f:2: Pod: metadata.annotations[a.b/c]: expected a string, found true or false"
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec: {containers: {}}",
                "f:5: Deployment: spec.template.spec.containers: expected a list, found an object"
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nspec: 3",
                "f:3: Deployment: spec: expected an object, found a number"
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment\nspec: {template: [1]}",
                "f:3: Deployment: spec.template: expected an object, found a list"
            ),
            (
                "kind: Pod\nspec:\n  securityContext: {runAsUser: root}",
                "f:3: Pod: spec.securityContext.runAsUser: expected an integer, found a string"
            ),
            (
                "kind: List\nitems:\n- kind: Pod\n  spec: {hostPID: 1}",
                "f:4: Pod: items[0].spec.hostPID: expected true or false, found a number"
            ),
        ]
    )
    func wrongType(text: String, problem: String) throws {
        let manifest = try #require(ManifestFile(Array(text.utf8), file: "f").manifests.first)
        let error = #expect(throws: ManifestProblem.self) { _ = try manifest.podTemplate() }
        #expect(error?.description == problem)
    }
}

@Suite struct ProfileFileTests {
    private static let profile = """
        apiVersion: hardening.dev/v1alpha1
        kind: HardeningProfile
        metadata: {name: p}
        spec:
          namespaceSelector: {}
          controls: {podSecurity: {}}
        """

    private func read(_ text: String) throws -> CompiledProfile {
        let scratch = try Scratch()
        try scratch.write("p.yaml", text)
        do {
            return try HardeningProfile.read("\(scratch.path)/p.yaml").compiled
        } catch {
            throw ManifestProblem(file: "p.yaml", line: error.line, message: error.message)
        }
    }

    @Test("A profile is read out of its file, whatever else is there")
    func read() throws {
        #expect(try read("kind: ConfigMap\n---\n\(Self.profile)").name == "p")
    }

    @Test("The samples that come with the operator are read")
    func samples() throws {
        for name in ["audit", "restricted"] {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../manifests/samples/\(name).yaml").path(percentEncoded: false)
            #expect(try HardeningProfile.read(file).profile.metadata.name == name)
        }
    }

    @Test(
        "What is wrong with a profile is said with its line",
        arguments: [
            ("kind: ConfigMap", "p.yaml: expected one HardeningProfile (hardening.dev/v1alpha1), found 0"),
            (
                "\(profile)\n---\n\(profile)",
                "p.yaml:8: expected one HardeningProfile (hardening.dev/v1alpha1), found 2"
            ),
            (
                profile.replacing("controls: {", with: "priority: 5000\n  controls: {"),
                "p.yaml:6: HardeningProfile p: spec.priority: \"5000\" is not between 0 and 1000"
            ),
            ("\(profile)\n---\na: [", "p.yaml:8: not valid YAML: did not find expected node content"),
        ]
    )
    func wrong(text: String, problem: String) {
        let error = #expect(throws: ManifestProblem.self) { _ = try read(text) }
        #expect(error?.description == problem)
    }
}
