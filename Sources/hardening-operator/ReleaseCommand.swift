import ArgumentParser
import HardeningController
import KubernetesClient
import Logging
import PrintableText

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Gives back all that was enforced for a profile.",
        discussion: """
            For profiles that were deleted with deletionPolicy Retain, and for when the operator is gone: deletes its \
            NetworkPolicies and LimitRanges and puts labels and service accounts back to what they were before. Works \
            from anywhere with a kubeconfig whose user may do so.
            """
    )

    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var log: LogOptions

    @Option(help: "The profile's name. It need not exist any more.")
    var profile: String

    @Flag(help: "Also if the profile still enforces. A running operator would write it all again.")
    var force = false

    func run() async throws {
        let logger = log.logger()
        let client = try cluster.client(try cluster.configuration(logger: logger), logger: logger)
        do {
            try await run(client, logger)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private func run(_ client: KubernetesClient, _ logger: Logger) async throws {
        let release = ProfileRelease(client: client, profile: profile)
        if try await release.stillEnforces(), !force {
            throw ReleaseError(
                description:
                    "\(profile): the profile still enforces, and a running operator would write all this again: "
                    + "delete, disable or suspend it first, or use --force if no operator runs"
            )
        }
        let isDone = try await release.run { progress in
            switch progress {
            case .found(let count):
                if count > 0 { say("\(profile): \(count) \(count == 1 ? "namespace" : "namespaces") to release") }
            case .performed(let operation): say("\(operation)")
            case .failed(let operation, let error):
                logger.error("failed", metadata: ["operation": "\(operation)", "error": "\(error)"])
            }
        }
        guard isDone else {
            throw ReleaseError(description: "\(profile): not everything could be given back: see above, and try again")
        }
        say("\(profile): nothing of it is left")
    }

    private func say(_ line: String) { print(line.printable(upTo: PlanText.lineLimit)) }
}

struct ReleaseError: Error, CustomStringConvertible {
    var description: String
}
