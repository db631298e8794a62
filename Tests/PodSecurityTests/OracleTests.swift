import Foundation
import KubernetesAPI
import PodSecurity
import Testing

/// What a real API server answered. Each line of `pod-security-oracle.jsonl` is a pod as it was sent to a
/// kube-apiserver v1.36.2, and what its PodSecurity admission said of it at two levels in four versions.
@Suite struct OracleTests {
    private struct Case: JSONReadable {
        struct Answer: JSONReadable {
            var allowed: Bool
            var message: String?

            init(json: JSONReader) throws(JSONError) {
                allowed = try json.required("allowed")
                message = try json.value("message")
            }
        }

        var name: String
        var pod: PodTemplateSpec
        var verdicts: [String: Answer]

        init(json: JSONReader) throws(JSONError) {
            pod = try json.required("pod")
            name = try json.member("pod")?.metadata().name ?? ""
            verdicts = try json.required("verdicts")
        }
    }

    private static func cases() throws -> [(line: Int, case: Case)] {
        let file = try #require(Bundle.module.url(forResource: "pod-security-oracle", withExtension: "jsonl"))
        let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        return try lines.enumerated().map { ($0 + 1, try JSONReader.read(Case.self, from: $1)) }
    }

    private static func policy(_ text: String) -> Policy? {
        let parts = text.split(separator: "@").map(String.init)
        guard parts.count == 2, let level = Level(rawValue: parts[0]), let version = Version(parts[1]) else {
            return nil
        }
        return Policy(level: level, version: version)
    }

    @Test("Every pod gets the real server's verdict and message, at each level and in each version")
    func agreement() throws {
        let evaluator = Evaluator(serverMinor: 36)
        var answers = 0
        var differences: [String] = []
        for (line, each) in try Self.cases() {
            let created = Evaluator.asCreated(each.pod)
            for (key, expected) in each.verdicts.sorted(by: { $0.key < $1.key }) {
                let policy = try #require(Self.policy(key))
                let verdict = evaluator.judge(created, by: policy)
                let digest = evaluator.failedChecks(of: created, in: policy.version)
                answers += 1
                if verdict.allowed != expected.allowed || verdict.message != expected.message
                    || digest.intersection(evaluator.checks(of: policy)) != verdict.failedChecks
                {
                    differences.append(
                        """
                        line \(line), pod \(each.name), \(key)
                          expected: \(expected.message ?? "allowed")
                          got:      \(verdict.message ?? "allowed")
                          failed checks: \(verdict.failedChecks.checks.map(\.rawValue))
                          digest:        \(digest.checks.map(\.rawValue))
                        """
                    )
                }
            }
        }
        #expect(answers == 1539 * 8, "the file is not the whole one")
        #expect(
            differences.isEmpty,
            """
            \(differences.count) of \(answers) answers differ, the first of them:
            \(differences.prefix(5).joined(separator: "\n"))
            """
        )
    }
}
