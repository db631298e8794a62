import Foundation
import KubernetesAPI
import Testing

@testable import hardening_operator

/// What a real API server answered (`pod-security-oracle.jsonl`, see PodSecurityTests), asked of the command.
@Suite struct OracleAuditTests {
    private struct Case: Decodable {
        struct Answer: Decodable {
            var allowed: Bool
            var message: String?
        }
        var pod: JSONValue
        var verdicts: [String: Answer]
    }

    /// In which form the pods come.
    enum Form: CaseIterable {
        case jsonLines, yaml, list, files
    }

    @Test(
        "The command says of every pod what the real server said, in whatever form it comes",
        arguments: Form.allCases
    )
    func agreement(form: Form) throws {
        let resource = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../PodSecurityTests/Resources/pod-security-oracle.jsonl")
        let cases = try Data(contentsOf: resource).split(separator: UInt8(ascii: "\n"))
            .map { try JSONDecoder().decode(Case.self, from: $0) }
        #expect(cases.count == 1539)
        let pods = try cases.map { String(decoding: try JSONEncoder().encode($0.pod), as: UTF8.self) }
        let scratch = try Scratch()
        switch form {
        case .jsonLines: try scratch.write("pods.json", pods.joined(separator: "\n"))
        // A comment makes it YAML, which JSON is too.
        case .yaml: try scratch.write("pods.yaml", pods.map { "# a pod\n\($0)\n" }.joined(separator: "---\n"))
        case .list:
            try scratch.write(
                "pods.json",
                #"{"apiVersion":"v1","kind":"List","metadata":{"resourceVersion":""},"items":[\#(pods.joined(separator: ",\n"))]}"#
            )
        case .files:
            for (index, pod) in pods.enumerated() { try scratch.write("\(10_000 + index).json", pod) }
        }
        var policies = Set(cases.flatMap(\.verdicts.keys))
        #expect(policies.count == 8)
        // The form is no matter of the policy.
        if form != .jsonLines { policies = ["restricted@latest"] }
        var answers = 0
        for policy in policies {
            let audited = try audit([scratch.path], policy)
            #expect(audited.status == 2)
            #expect(audited.complaints.isEmpty)
            let lines = try audited.lines(VerdictLine.self)
            try #require(lines.count == cases.count)
            for (line, each) in zip(lines, cases) {
                let expected = try #require(each.verdicts[policy])
                answers += 1
                if line.allowed != expected.allowed || line.message != expected.message ?? ""
                    || line.checks.isEmpty != expected.allowed || "\(line.level)@\(line.version)" != policy
                    || line.name != each.pod["metadata"]?["name"]?.string
                {
                    Issue.record("\(policy): \(line) is not \(expected)")
                }
            }
        }
        #expect(answers == 1539 * policies.count)
    }
}

extension JSONValue {
    fileprivate var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
