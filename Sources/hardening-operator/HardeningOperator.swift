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
            // Else it is one of the argument parser's own, such as for --help, and so are its errors.
            let isOurs = configuration.subcommands.contains { $0 == type(of: command) }
            do {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            } catch {
                throw isOurs ? PrintableError.of(error) : error
            }
        } catch {
            exit(withError: error)
        }
    }
}
