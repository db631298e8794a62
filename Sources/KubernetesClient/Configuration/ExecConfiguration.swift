import KubernetesAPI

/// A credential plugin: a program that prints an `ExecCredential`.
///
/// Rule: Kubernetes documentation, "Authenticating", section "client-go credential plugins" (KEP-541).
public struct ExecConfiguration: Sendable, Hashable, Redacted {
    /// The version of the exchange with the plugin; what it prints must be of the same.
    public enum APIVersion: String, Sendable, Hashable, CaseIterable {
        /// Since Kubernetes 1.22.
        case v1 = "client.authentication.k8s.io/v1"
        /// Since Kubernetes 1.11.
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// Whether the plugin wants a terminal to talk to its user.
    public enum InteractiveMode: String, Sendable, Hashable, CaseIterable {
        /// It never reads standard input.
        case never = "Never"
        /// It does when it can.
        case ifAvailable = "IfAvailable"
        /// It cannot do without, hence cannot serve an operator.
        case always = "Always"
    }

    /// A variable added to the plugin's environment, or replacing one that is there.
    public struct Variable: Sendable, Hashable, Redacted {
        /// The variable's name.
        public var name: String
        /// Its value, often a secret.
        public var value: String

        /// A variable of this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// The name alone.
        public var description: String { name }
    }

    /// A path if it contains a slash, otherwise a name to look up in `PATH`.
    public var command: String
    /// The arguments after the program's own name.
    public var arguments: [String]
    /// Variables over and above this process's own; of two with one name the later holds.
    public var environment: [Variable]
    /// The version asked for.
    public var apiVersion: APIVersion
    /// What to tell a person when the program is not there.
    public var installHint: String?
    /// Whether the plugin is told which cluster it is for.
    public var provideClusterInfo: Bool
    /// Whether it wants a terminal.
    public var interactiveMode: InteractiveMode
    /// The cluster's extension `client.authentication.k8s.io/exec`, handed to the plugin as `spec.cluster.config`.
    public var clusterExtension: JSONValue?

    /// A plugin; what is not given is as a kubeconfig leaves it out.
    public init(
        command: String,
        arguments: [String] = [],
        environment: [Variable] = [],
        apiVersion: APIVersion = .v1,
        installHint: String? = nil,
        provideClusterInfo: Bool = false,
        interactiveMode: InteractiveMode = .ifAvailable,
        clusterExtension: JSONValue? = nil
    ) {
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.apiVersion = apiVersion
        self.installHint = installHint
        self.provideClusterInfo = provideClusterInfo
        self.interactiveMode = interactiveMode
        self.clusterExtension = clusterExtension
    }

    /// The command alone: arguments and variables may be secrets (`--oidc-client-secret=...`).
    public var description: String { command }
}
