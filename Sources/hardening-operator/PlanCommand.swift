import ArgumentParser
import Hardening
import HardeningController
import KubernetesAPI
import KubernetesClient
import Logging
import PrintableText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says what the operator would do in a cluster, and changes nothing.",
        discussion: """
            For each namespace: what would be created, changed (field by field), given back, and held, and why. Reads \
            what the operator would read; to ask how Pod Security admission would answer it also needs the right to \
            patch namespaces, and says so where it has not. Exit code 0: nothing to do; 2: changes; 1: an error, such as a \
            namespace that was asked for and does not exist; the rest is said all the same.
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var log: LogOptions

    @Option(help: "A file with a HardeningProfile, in place of the cluster's of that name or beside the others.")
    var profile: String?

    @Option(help: "Only this namespace, by its whole name. May be given several times.")
    var namespace: [String] = []

    @Option(name: [.short, .long], help: "How to print it.")
    var output = Format.text

    @Option(help: "The operator's own namespace, which is never written to.")
    var operatorNamespace = "hardening-system"

    @Option(help: "A protected namespace that profiles may harden all the same. May be given several times.")
    var unprotectNamespace: [String] = []

    @Option(help: "What acts on NetworkPolicies here, such as k3s, if no sign of it can be seen in the cluster.")
    var networkPolicyProvider: String?

    func run() async throws {
        let logger = log.logger()
        let profile = try profile.map { try HardeningProfile.read($0).profile }
        let client = try cluster.client(try cluster.configuration(logger: logger), logger: logger)
        let result: ClusterSurvey.Result
        do {
            result = try await survey(client, profile, logger)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
        switch output {
        case .text: print(PlanText(result, isAsked: !namespace.isEmpty).text, terminator: "")
        case .json: print(try PlanDocument(result).json)
        }
        for (name, error) in result.invalid.sorted(by: { $0.key < $1.key }) {
            logger.error("a profile is not understood", metadata: ["profile": "\(name)", "error": "\(error)"])
        }
        for name in result.missing {
            logger.error(
                "a namespace does not exist: --namespace takes one whole name, and no pattern",
                metadata: ["namespace": "\(name)"]
            )
        }
        let status = Self.status(of: result)
        if status != 0 { throw ExitCode(status) }
    }

    /// The exit status: 1 if something that was asked for cannot be said, 2 if there is something to do, else 0.
    static func status(of result: ClusterSurvey.Result) -> Int32 {
        if !result.invalid.isEmpty || !result.missing.isEmpty { return 1 }
        return result.namespaces.contains { !$0.changes.isEmpty } ? 2 : 0
    }

    private func survey(
        _ client: KubernetesClient,
        _ profile: HardeningProfile?,
        _ logger: Logger
    ) async throws -> ClusterSurvey.Result {
        let server = try await client.get(ServerVersion.self, path: "/version")
        var options = Controller.Options(serverMinor: server.minorNumber)
        options.networkPolicyProvider = networkPolicyProvider
        options.protectedNamespaces = SystemNamespaces.all.union([operatorNamespace]).subtracting(unprotectNamespace)
        let survey = ClusterSurvey(
            client: client,
            options: options,
            logger: logger,
            now: .now
        )
        return try await survey.run(profile: profile, only: Set(namespace))
    }
}

/// A survey as a person reads it.
struct PlanText {
    /// The most Unicode scalars of a line.
    static let lineLimit = 4_096

    private(set) var text = ""

    /// The text of `result`; of namespaces that were asked for by name, also that there is nothing to say.
    init(_ result: ClusterSurvey.Result, isAsked: Bool = false) {
        for survey in result.namespaces { describe(survey, isAsked: isAsked) }
        for name in result.missing {
            line("Namespace \(name): does not exist")
            line("")
        }
        for (plural, reason) in result.unobserved.sorted(by: { $0.key < $1.key }) {
            line("\(plural): cannot be read (\(reason)); what depends on them is not judged, and held")
        }
        for finding in result.clusterFindings.sorted(by: { $0.key < $1.key }).flatMap(\.value) {
            line("cluster: \(finding.severity.rawValue): \(finding.message)")
        }
        let changing = result.namespaces.filter { !$0.changes.isEmpty }
        let writes = changing.reduce(0) { $0 + $1.changes.count }
        let waiting = result.namespaces.filter { $0.verdicts.contains { $0.obstacle != nil } }.count
        line(
            "\(result.namespaces.count) \(Self.noun(result.namespaces.count)) looked at: "
                + (writes == 0 ? "nothing to write" : "\(writes) writes in \(changing.count)")
                + (waiting == 0 ? "" : "; something waits in \(waiting)")
        )
    }

    private mutating func describe(_ survey: NamespaceSurvey, isAsked: Bool) {
        let findings = survey.verdicts.flatMap(\.findings).filter { $0.type == .impact }
        let exempt = survey.verdicts.filter { $0.exemption != nil }
        let isSilent = survey.changes.isEmpty && findings.isEmpty && exempt.isEmpty && !survey.isProtected
        guard isAsked || !isSilent else { return }
        line("Namespace \(survey.name) (\(Self.governor(survey)))")
        if survey.isTerminating { line("  terminating: nothing is written any more") }
        if survey.isProtected { line("  protected: never written to") }
        if isSilent, survey.governor != nil { line("  nothing to write") }
        for change in survey.changes { describe(change) }
        for verdict in exempt {
            line("  exempt   \(verdict.control.rawValue) by exemption \(verdict.exemption ?? "")")
        }
        for finding in findings {
            switch finding.reason {
            case .enforcementHeld: line("  held     \(finding.control.rawValue): \(finding.message)")
            case .enforcementPending: line("  pending  \(finding.control.rawValue): \(finding.message)")
            default:
                line("  impact   \(finding.control.rawValue): \(finding.severity.rawValue): \(finding.message)")
            }
        }
        line("")
    }

    // Who is in charge, or why nobody is.
    private static func governor(_ survey: NamespaceSurvey) -> String {
        let others = survey.shadowed.joined(separator: ", ")
        if let governor = survey.governor {
            return "profile \(governor)" + (others.isEmpty ? "" : ", also selected by \(others)")
        }
        if !survey.selecting.isEmpty { return "selected by \(survey.selecting.joined(separator: ", "))" }
        if !others.isEmpty || !survey.changes.isEmpty || survey.isTerminating { return "no profile governs it" }
        return "no profile selects it"
    }

    private mutating func describe(_ change: NamespaceSurvey.Change) {
        let object = change.operation.object
        switch change.operation.verb {
        case .delete: line("  release  \(object)")
        case .apply where !change.isPresent: line("  create   \(object)")
        case .apply: line("  change   \(object)")
        case .merge: line("  restore  \(object)")
        }
        guard change.isPresent else { return }
        for difference in change.differences {
            let before = difference.before.map(Self.text) ?? "(not set)"
            let after = difference.after.map(Self.text) ?? "(not set)"
            line("             \(difference.path): \(before) -> \(after)")
        }
    }

    private mutating func line(_ text: String) { self.text += text.printable(upTo: Self.lineLimit) + "\n" }

    private static func noun(_ count: Int) -> String { count == 1 ? "namespace" : "namespaces" }

    static func text(_ value: JSONValue) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
    }
}

/// A survey as a machine reads it.
struct PlanDocument {
    private let document: JSONValue

    init(_ result: ClusterSurvey.Result) {
        let namespaces: [JSONValue] = result.namespaces.map { survey in
            var value: JSONValue = [
                "namespace": .string(survey.name),
                "changes": .array(survey.changes.map(Self.change)),
                "controls": .array(survey.verdicts.map(Self.verdict)),
            ]
            value["profile"] = survey.governor.map { .string($0) }
            if survey.isProtected { value["protected"] = true }
            if survey.isTerminating { value["terminating"] = true }
            if !survey.shadowed.isEmpty { value["shadowed"] = .array(survey.shadowed.map { .string($0) }) }
            return value
        }
        var document: JSONValue = ["namespaces": .array(namespaces), "unobserved": JSONValue(result.unobserved)]
        if !result.missing.isEmpty { document["missing"] = .array(result.missing.map { .string($0) }) }
        self.document = document
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return JSONText.withoutHidden(String(decoding: try encoder.encode(document), as: UTF8.self))
        }
    }

    private static func change(_ change: NamespaceSurvey.Change) -> JSONValue {
        let action =
            switch change.operation.verb {
            case .delete: "release"
            case .apply: change.isPresent ? "change" : "create"
            case .merge: "restore"
            }
        return [
            "action": .string(action),
            "control": .string(change.control.rawValue),
            "object": .string(change.operation.object),
            "fields": .array(
                change.differences.map {
                    ["path": .string($0.path), "before": $0.before ?? .null, "after": $0.after ?? .null]
                }
            ),
        ]
    }

    private static func verdict(_ verdict: Verdict) -> JSONValue {
        var value: JSONValue = [
            "control": .string(verdict.control.rawValue),
            "mode": .string(verdict.mode.rawValue),
            "standing": .string("\(verdict.standing)"),
            "findings": .array(
                verdict.findings.map { finding in
                    var value: JSONValue = [
                        "type": .string(finding.type.rawValue), "severity": .string(finding.severity.rawValue),
                        "reason": .string(finding.reason.rawValue), "message": .string(finding.message),
                    ]
                    value["check"] = finding.check.map { .string($0) }
                    value["workload"] = finding.workload.map { .string($0) }
                    return value
                }
            ),
        ]
        value["exemption"] = verdict.exemption.map { .string($0) }
        value["obstacle"] = verdict.obstacle.map { .string("\($0)") }
        return value
    }
}
