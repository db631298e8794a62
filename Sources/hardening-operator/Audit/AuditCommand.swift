import ArgumentParser
import Hardening
import KubernetesAPI
import PodSecurity

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Judges manifests before they reach a cluster.",
        discussion: """
            Reads YAML and JSON: several documents in a file, JSON Lines, and lists such as kubectl prints. Objects of \
            kinds that do not matter are passed over.

            Exit status: 0 if nothing was found, 2 if there is a finding at or above --fail-on, 1 if some input cannot \
            be read; that is reported to standard error with file and line, and the rest is judged all the same.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Judge by the Pod Security Standards alone: privileged, baseline or restricted, of v1.N or latest.",
            discussion: "Each pod and pod template gets the verdict and the message of a current API server.",
            valueName: "level[@version]"
        )
    )
    var podSecurity: PolicyArgument?

    @Option(help: ArgumentHelp("Judge by the HardeningProfile in this file.", valueName: "file"))
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "The release of the API server that the manifests are for.",
            discussion:
                "Absent, the newest known here is assumed, and what depends on the server's own is not observed.",
            valueName: "1.N"
        )
    )
    var serverVersion: ServerVersionArgument?

    @Option(name: .shortAndLong, help: "How to report.")
    var output = ReportFormat.table

    @Option(help: "The least severe finding that makes the exit status 2: Critical, High, Medium, Low or Info.")
    var failOn = Severity.low

    @Argument(
        help: ArgumentHelp(
            "Files, folders (all *.yaml, *.yml and *.json in and below), or - for standard input.",
            discussion: "Only regular files are read, of \(InputFiles.limitInWords) at most."
        )
    )
    var paths: [String]

    func validate() throws {
        guard (podSecurity == nil) != (profile == nil) else {
            throw ValidationError("by what to judge: give either --profile FILE or --pod-security LEVEL[@VERSION]")
        }
        guard !paths.isEmpty else { throw ValidationError("what to judge: give files, folders or -") }
    }

    func run() throws {
        let question: Audit.Question
        if let podSecurity {
            question = .podSecurity(PodSecurityAudit(podSecurity.policy, serverMinor: serverVersion?.minor))
        } else {
            let profile = try HardeningProfile.read(profile ?? "").compiled
            question = .profile(ProfileAudit(profile, serverMinor: serverVersion?.minor))
        }
        let status = try Audit(
            question: question,
            paths: paths,
            format: output,
            now: .now,
            threshold: failOn,
            write: { try StandardStream.output.put($0) },
            complain: { try? StandardStream.errors.put($0 + "\n") },
            showProgress: StandardStream.errors.isTerminal ? { try? StandardStream.errors.put($0) } : nil
        ).run()
        if status != 0 { throw ExitCode(status) }
    }

}

/// `LEVEL` or `LEVEL@VERSION`.
struct PolicyArgument: ExpressibleByArgument {
    /// What it asks for; of the latest version if it does not say.
    let policy: Policy

    init?(argument: String) {
        let parts = argument.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), let level = Level(rawValue: parts[0]),
            let version = Version(parts.count == 2 ? parts[1] : "latest")
        else { return nil }
        policy = Policy(level: level, version: version)
    }
}

/// `1.N` or, as servers and labels say it, `v1.N` and `v1.N.P`, whatever a vendor puts after that.
struct ServerVersionArgument: ExpressibleByArgument {
    /// N; at most 999.
    let minor: Int

    init?(argument: String) {
        let version = argument.hasPrefix("v") ? String(argument.dropFirst()) : argument
        guard let match = version.wholeMatch(of: /1\.(0|[1-9][0-9]{0,2})(?:[.+-].*|\+)?/), let minor = Int(match.1)
        else {
            return nil
        }
        self.minor = minor
    }
}

extension ReportFormat: ExpressibleByArgument {}

extension Severity: ExpressibleByArgument {
    /// Reads a severity whatever the case of its letters.
    public init?(argument: String) {
        guard let severity = Self.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() }) else {
            return nil
        }
        self = severity
    }
}
