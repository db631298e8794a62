import FoundationEssentials
import Hardening
import KubernetesAPI
import PrintableText

@testable import Manifests

/// A file as `audit` reads it.
func fuzzManifests(_ input: Input) {
    let bytes = Array(input.bytes)
    let file = ManifestFile(bytes, file: "file.yaml")
    // UTF-16 has its newlines elsewhere.
    let lines = 1 + bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") || $0 > 0x7F }
    for problem in file.problems {
        law(!problem.message.isEmpty, "nobody is told what is wrong")
        law(1...lines ~= problem.line ?? 1, "a problem is on line \(problem.line ?? 0) of \(lines)")
        law(!"\(problem)".unicodeScalars.contains(where: \.isHidden), "a message has hidden characters")
    }
    for manifest in file.manifests {
        law(1...lines ~= manifest.line, "an object is on line \(manifest.line) of \(lines)")
        law(lines >= manifest.line(of: manifest.name), "a path leads out of the file")
        let json = written(manifest.node)
        var reader = ManifestJSONReader(json[...], line: 1)
        let again = (try? reader.next()).flatMap(\.self).map { written($0) }
        law(again == json, "what was read is another when it is written and read")
        if let template = try? manifest.podTemplate() { _ = PodFacts(judging: template) }
        if manifest.kind == HardeningProfile.resource.kind {
            _ = try? manifest.decode(HardeningProfile.self, manifest.node, at: "")
        }
    }
}

private func written(_ node: ManifestNode) -> [UInt8] {
    var json: [UInt8] = []
    node.write(to: &json)
    return json
}
