import KubernetesAPI
import PodSecurity
import Testing

@Suite struct DefaultingTests {
    @Test("A pod in the node's network takes the node's ports as it is created; a template does not")
    func hostPorts() throws {
        let template = try spec(
            #"""
            {"hostNetwork":true,"containers":[{"name":"a","ports":[{"containerPort":80},{"containerPort":81,"hostPort":82}]}],
            "initContainers":[{"name":"i","ports":[{"containerPort":90,"hostPort":0}]}]}
            """#
        )
        #expect(
            Evaluator().answer(Evaluator.asCreated(template), .baseline) == #"violates PodSecurity "baseline:latest": "#
                + #"host namespaces (hostNetwork=true), hostPort (containers "i", "a" use hostPorts 80, 82, 90)"#
        )
        #expect(
            Evaluator().answer(template, .baseline) == #"violates PodSecurity "baseline:latest": "#
                + #"host namespaces (hostNetwork=true), hostPort (container "a" uses hostPort 82)"#
        )
    }

    @Test("A pod in a network of its own takes none")
    func podNetwork() throws {
        let pod = try spec(#"{"containers":[{"name":"a","ports":[{"containerPort":80}]}]}"#)
        #expect(Evaluator.asCreated(pod) == pod)
    }

    private static func annotated(_ value: String, _ spec: String) throws -> PodTemplateSpec {
        try pod(
            #"""
            {"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/a":"\#(value)"}},
            "spec":\#(spec)}
            """#
        )
    }

    private static let annotation = #"container.apparmor.security.beta.kubernetes.io/a="unconfined""#

    @Test("The annotation of a container becomes its field as the pod is created")
    func appArmor() throws {
        let pod = try Self.annotated("unconfined", #"{"containers":[{"name":"a"},{"name":"b"}]}"#)
        #expect(
            Evaluator().answer(Evaluator.asCreated(pod), .baseline) == #"violates PodSecurity "baseline:latest": "#
                + #"forbidden AppArmor profiles (container "a" and annotation must not set AppArmor profile type to "#
                + #""Unconfined", "\#(Self.annotation)")"#
        )
        for (value, type) in [("runtime/default", "RuntimeDefault"), ("localhost/x", "Localhost")] {
            let created = Evaluator.asCreated(try Self.annotated(value, #"{"initContainers":[{"name":"a"}]}"#))
            #expect(created.spec.initContainers[0].securityContext?.appArmorProfile?.type == type)
        }
    }

    @Test(
        "It does not where the field is set, the pod says the same, the value means nothing or the pod is for Windows",
        arguments: [
            (
                "unconfined",
                #"{"containers":[{"name":"a","securityContext":{"appArmorProfile":{"type":"Localhost"}}}]}"#
            ),
            (
                "unconfined",
                #"{"securityContext":{"appArmorProfile":{"type":"Unconfined"}},"containers":[{"name":"a"}]}"#
            ),
            ("odd", #"{"containers":[{"name":"a"}]}"#), ("", #"{"containers":[{"name":"a"}]}"#),
            ("localhost/", #"{"containers":[{"name":"a"}]}"#),
            ("unconfined", #"{"os":{"name":"windows"},"containers":[{"name":"a"}]}"#),
            ("unconfined", #"{"containers":[{"name":"b"}]}"#),
        ]
    )
    func unchanged(_ value: String, _ spec: String) throws {
        let pod = try Self.annotated(value, spec)
        #expect(Evaluator.asCreated(pod) == pod)
    }

    @Test("What was created is created as it is")
    func idempotent() throws {
        let pod = try Self.annotated(
            "unconfined",
            #"{"hostNetwork":true,"ephemeralContainers":[{"name":"a","ports":[{"containerPort":1}]}]}"#
        )
        let created = Evaluator.asCreated(pod)
        #expect(created != pod)
        #expect(Evaluator.asCreated(created) == created)
    }
}
