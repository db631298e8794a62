import Hardening
import KubernetesAPI
import Testing

@testable import HardeningController

@Suite struct JudgedTemplatesTests {
    private static func template(of pod: String) throws -> EncodedPodTemplate {
        let pod = try JSONReader.read(Workload<WorkloadKinds.Pod>.self, from: pod.utf8)
        return try #require(pod.template)
    }

    private static func pod(
        image: String = "app:1",
        tokenVolume: String = "kube-api-access-x2x9k",
        annotations: String = ""
    ) throws -> EncodedPodTemplate {
        try template(
            of: """
                {"metadata": {"name": "p", "annotations": {\(annotations)}}, "spec": {
                    "containers": [{"name": "app", "image": "\(image)", "volumeMounts": [
                        {"name": "\(tokenVolume)", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
                    "volumes": [{"name": "\(tokenVolume)", "projected": {"sources": []}}]}}
                """
        )
    }

    @Test("Pods of one template share their facts, though the volume of each one's token has a name of its own")
    func shared() throws {
        let templates = JudgedTemplates()
        let facts = try templates.facts(of: Self.pod())
        #expect(try templates.facts(of: Self.pod(tokenVolume: "kube-api-access-abcde")) === facts)
        #expect(facts.mountsToken)
    }

    @Test("So they do though each has annotations of its own that nothing depends on")
    func annotated() throws {
        let templates = JudgedTemplates()
        let facts = try ["10.0.0.1/32", "10.0.0.2/32"].map { address in
            try templates.facts(of: Self.pod(annotations: "\"cni.projectcalico.org/podIP\": \"\(address)\""))
        }
        #expect(facts[0] === facts[1])
    }

    @Test(
        "What differs is judged by itself, and as it would be without the others",
        arguments: [
            #""prometheus.io/scrape": "true", "prometheus.io/port": "9""#,
            #""seccomp.security.alpha.kubernetes.io/pod": "unconfined""#,
            #""container.seccomp.security.alpha.kubernetes.io/app": "unconfined""#,
            #""container.apparmor.security.beta.kubernetes.io/app": "unconfined""#,
        ]
    )
    func different(annotations: String) throws {
        let templates = JudgedTemplates()
        let pods = [
            try Self.pod(), try Self.pod(image: "app:latest"), try Self.pod(annotations: annotations),
        ]
        let facts = try pods.map { try templates.facts(of: $0) }
        #expect(Set(facts.map(ObjectIdentifier.init)).count == 3)
        #expect(try facts == pods.map { PodFacts(judging: try $0.read()) })
        #expect(facts[0] != facts[1] && facts[0] != facts[2])
    }

    @Test("A volume that only bears such a name, and is of another kind, keeps it")
    func impostor() throws {
        let templates = JudgedTemplates()
        for suffix in ["a", "b"] {
            let pod = try Self.template(
                of: """
                    {"metadata": {"name": "p"},
                     "spec": {"volumes": [{"name": "kube-api-access-\(suffix)", "hostPath": {"path": "/"}}]}}
                    """
            )
            #expect(try templates.facts(of: pod) == PodFacts(judging: pod.read()))
        }
    }

    @Test("What is mounted under another name than the token's volume keeps that")
    func otherMount() throws {
        let templates = JudgedTemplates()
        let mounted = try ["token", "kube-api-access-x"].map { mount in
            let pod = try Self.template(
                of: """
                    {"metadata": {"name": "p"}, "spec": {
                        "volumes": [{"name": "kube-api-access-x", "projected": {"sources": []}}],
                        "containers": [{"name": "app", "volumeMounts": [
                            {"name": "\(mount)", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}]}}
                    """
            )
            return try templates.facts(of: pod).mountsToken
        }
        #expect(mounted == [false, true])
    }

    @Test("A template that cannot be read is reported by where it stands, each time")
    func unreadable() throws {
        let deployment = try JSONReader.read(
            Workload<WorkloadKinds.Deployment>.self,
            from: #"{"metadata": {"name": "d"}, "spec": {"template": {"spec": {"containers": [{"image": 1}]}}}}"#.utf8
        )
        let templates = JudgedTemplates()
        for _ in 0..<2 {
            let error = #expect(throws: JSONError.self) { try templates.facts(of: #require(deployment.template)) }
            #expect(error?.path == "spec.template.spec.containers[0].image")
        }
    }
}
