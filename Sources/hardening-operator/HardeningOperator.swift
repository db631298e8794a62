import ArgumentParser
import PrintableText

/// The version that `--version` prints and requests carry.
let version = "0.1.0"

@main
struct HardeningOperator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hardening-operator",
        abstract: "Hardens the namespaces of a Kubernetes cluster as HardeningProfiles ask.",
        version: "hardening-operator \(version)",
        subcommands: [RunCommand.self, PlanCommand.self, AuditCommand.self, ReleaseCommand.self]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch {
                throw PrintableError.of(error)
            }
        } catch {
            exit(withError: error)
        }
    }
}
