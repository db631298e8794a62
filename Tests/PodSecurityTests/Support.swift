import Foundation
import KubernetesAPI
import PodSecurity

/// The pod of a JSON document.
func pod(_ json: String) throws -> PodTemplateSpec {
    try JSONReader.read(PodTemplateSpec.self, from: json.utf8)
}

/// The pod of this JSON as its spec.
func spec(_ json: String) throws -> PodTemplateSpec {
    try pod(#"{"spec": \#(json)}"#)
}

extension Evaluator {
    /// The message, or "allowed".
    func answer(_ pod: PodTemplateSpec, _ level: Level, _ version: Version = .latest) -> String {
        judge(pod, by: Policy(level: level, version: version)).message ?? "allowed"
    }
}
