import Foundation
import Hardening
import KubernetesAPI
import Testing

@testable import hardening_operator

@Suite("The operator's own manifests") struct OwnManifestTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL.path(percentEncoded: false)

    /// What kustomize puts together, in a directory of its own, the image named as a release names it.
    private static func release(in scratch: borrowing Scratch) throws {
        let list = try String(contentsOfFile: "\(package)/manifests/kustomization.yaml", encoding: .utf8)
        let files = list.split(separator: "\n").compactMap { $0.wholeMatch(of: #/[ ]{2}- ([a-z-]+\.yaml)/#)?.output.1 }
        #expect(files.count > 5)
        for file in files {
            let text = try String(contentsOfFile: "\(package)/manifests/\(file)", encoding: .utf8)
            let digest = String(repeating: "0", count: 64)
            let image = "image: registry.example.com/hardening-operator:\(version)@sha256:\(digest)"
            try scratch.write(String(file), text.replacing("image: hardening-operator:latest", with: image))
        }
    }

    @Test("pass its own audit, with every control and every check at the strictest; but it needs its token")
    func strict() throws {
        let scratch = try Scratch()
        try Self.release(in: scratch)
        let found = try audit(
            [scratch.path],
            controls: """
                networkPolicy: {directions: [Ingress, Egress]}, podSecurity: {enforce: restricted}, \
                serviceAccountToken: {scope: All, boundAccounts: Include}, workloads: {level: restricted}, \
                limitRange: {limits: [{type: Container, default: {memory: 256Mi}, \
                defaultRequest: {cpu: 50m, memory: 256Mi}}]}
                """
        )
        #expect(found.complaints.isEmpty)
        // Info is what manifests do not show. Who writes to the API server has to have a token.
        let failures = try found.lines(FindingLine.self).filter { $0.severity != "Info" }
        #expect(failures.map(\.check) == ["service-account-token-mounted"], "\(failures.map(\.message))")
    }

    @Test("are what the Pod Security Standards call restricted")
    func restricted() throws {
        let scratch = try Scratch()
        try Self.release(in: scratch)
        let found = try audit([scratch.path], "restricted")
        #expect(found.status == 0)
        #expect(try found.lines(VerdictLine.self).map(\.name) == ["hardening-operator"])
    }
}
