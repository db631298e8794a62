import Hardening
import KubernetesAPI
import Testing

@testable import HardeningController

@Suite struct JudgedTemplatesTests {
    private static func pod(image: String = "app:1", tokenVolume: String = "kube-api-access-x2x9k") throws
        -> PodTemplateSpec
    {
        try JSONReader.read(
            PodTemplateSpec.self,
            from: """
                {"spec": {
                    "containers": [{"name": "app", "image": "\(image)", "volumeMounts": [
                        {"name": "\(tokenVolume)", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
                    "volumes": [{"name": "\(tokenVolume)", "projected": {"sources": []}}]}}
                """.utf8
        )
    }

    @Test("Pods of one template share their facts, though the volume of each one's token has a name of its own")
    func shared() throws {
        let templates = JudgedTemplates()
        let facts = templates.facts(of: try Self.pod())
        #expect(templates.facts(of: try Self.pod(tokenVolume: "kube-api-access-abcde")) === facts)
        #expect(facts.mountsToken)
    }

    @Test("What differs is judged by itself, and as it would be without the others")
    func different() throws {
        let templates = JudgedTemplates()
        let first = templates.facts(of: try Self.pod())
        let second = templates.facts(of: try Self.pod(image: "app:latest"))
        #expect(first !== second)
        #expect(first == PodFacts(judging: try Self.pod()))
        #expect(second == PodFacts(judging: try Self.pod(image: "app:latest")))
    }

    @Test("A volume that only bears such a name, and is of another kind, keeps it")
    func impostor() throws {
        let templates = JudgedTemplates()
        func pod(_ suffix: String) throws -> PodTemplateSpec {
            try JSONReader.read(
                PodTemplateSpec.self,
                from: #"{"spec": {"volumes": [{"name": "kube-api-access-\#(suffix)", "hostPath": {"path": "/"}}]}}"#
                    .utf8
            )
        }
        for suffix in ["a", "b"] {
            #expect(templates.facts(of: try pod(suffix)) == PodFacts(judging: try pod(suffix)))
        }
    }
}
