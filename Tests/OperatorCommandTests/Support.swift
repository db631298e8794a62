import KubernetesAPI
import Foundation
import Hardening
import PodSecurity
import Testing

@testable import hardening_operator

/// A directory of its own for a test's files, gone after it.
struct Scratch: ~Copyable {
    /// Its path.
    let path = NSTemporaryDirectory() + "audit-\(UUID().uuidString)"

    /// Makes it.
    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file, and the folders above it.
    func write(_ name: String, _ text: String) throws {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: URL(filePath: file).deletingLastPathComponent().path(percentEncoded: false),
            withIntermediateDirectories: true
        )
        try text.write(toFile: file, atomically: false, encoding: .utf8)
    }
}

/// What an audit came to.
struct Audited {
    /// The exit status.
    var status: Int32
    /// The report.
    var output = ""
    /// What was said of input that cannot be read.
    var complaints: [String] = []

    /// The report's lines as JSON.
    func lines<Line: Decodable>(_ type: Line.Type = Line.self) throws -> [Line] {
        try output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }
}

/// A verdict as `-o json` writes it.
struct VerdictLine: Decodable, Equatable {
    var file: String
    var kind: String
    var namespace: String
    var name: String
    var level: String
    var version: String
    var allowed: Bool
    var checks: [String]
    var message: String
}

/// Audits `paths` by the Pod Security Standards.
func audit(
    _ paths: [String],
    _ policy: String = "baseline",
    _ format: ReportFormat = .json,
    threshold: Severity = .low
) throws -> Audited {
    let policy = try #require(PolicyArgument(argument: policy)).policy
    var audited = Audited(status: 0)
    audited.status = try Audit(
        question: .podSecurity(PodSecurityAudit(policy)),
        paths: paths,
        format: format,
        now: Timestamp(secondsSinceEpoch: 0),
        threshold: threshold,
        write: { audited.output += $0 },
        complain: { audited.complaints.append($0) },
        showProgress: nil
    ).run()
    return audited
}

/// A finding as `-o json` writes it.
struct FindingLine: Decodable, Hashable {
    var file: String
    var line: Int
    var kind: String
    var namespace: String
    var name: String
    var check: String
    var severity: String
    var reason: String
    var message: String
}

/// Audits `paths` by a profile in Audit for every namespace with these controls, in YAML's flow style without the braces.
func audit(
    _ paths: [String],
    controls: String,
    serverMinor: Int? = nil,
    _ format: ReportFormat = .json
) throws -> Audited {
    let scratch = try Scratch()
    try scratch.write(
        "profile.yaml",
        """
        apiVersion: hardening.dev/v1alpha1
        kind: HardeningProfile
        metadata: {name: p}
        spec: {mode: Audit, namespaceSelector: {}, controls: {\(controls)}}
        """
    )
    let profile = try HardeningProfile.read("\(scratch.path)/profile.yaml").compiled
    var audited = Audited(status: 0)
    audited.status = try Audit(
        question: .profile(ProfileAudit(profile, serverMinor: serverMinor)),
        paths: paths,
        format: format,
        now: Timestamp(secondsSinceEpoch: 0),
        write: { audited.output += $0 },
        complain: { audited.complaints.append($0) },
        showProgress: nil
    ).run()
    return audited
}
