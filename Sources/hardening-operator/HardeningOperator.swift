import ArgumentParser

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
}
