/// The part of `v1.PodSpec` that bears on what a pod may do to its node and its neighbours.
///
/// Source: Kubernetes API reference, *PodSpec*. Fields that nothing here reads are not decoded. What the API declares
/// as a pointer is optional here, since unset and zero differ there.
public struct PodSpec: Sendable, Hashable {
    /// Run one after the other before the others, or beside them if they restart always.
    public var initContainers: [Container]
    /// Run side by side.
    public var containers: [Container]
    /// Added to a running pod for debugging; templates have none.
    public var ephemeralContainers: [Container]
    /// What containers may mount.
    public var volumes: [Volume]
    /// Settings for all containers.
    public var securityContext: PodSecurityContext?
    /// Whether it shares the node's network.
    public var hostNetwork: Bool
    /// Whether it sees the node's processes.
    public var hostPID: Bool
    /// Whether it shares the node's System V IPC.
    public var hostIPC: Bool
    /// `false` puts it in a user namespace, where its root is nobody on the node.
    public var hostUsers: Bool?
    /// `os.name`: `linux` or `windows`, if it is said.
    public var osName: String?
    /// The account it runs as; `default` if unset or empty.
    public var serviceAccountName: String?
    /// Whether it is given its account's token; goes before the account's own setting.
    public var automountServiceAccountToken: Bool?
    /// Whether its containers see each other's processes.
    public var shareProcessNamespace: Bool?
    /// What all containers together ask for and may use (KEP-2837).
    public var resources: ResourceRequirements?

    /// A pod of the given containers, everything else unset.
    public init(
        initContainers: [Container] = [],
        containers: [Container] = [],
        ephemeralContainers: [Container] = [],
        volumes: [Volume] = [],
        securityContext: PodSecurityContext? = nil
    ) {
        self.initContainers = initContainers
        self.containers = containers
        self.ephemeralContainers = ephemeralContainers
        self.volumes = volumes
        self.securityContext = securityContext
        hostNetwork = false
        hostPID = false
        hostIPC = false
    }
}

extension PodSpec: Decodable {
    private enum CodingKeys: String, CodingKey {
        case initContainers, containers, ephemeralContainers, volumes, securityContext
        case hostNetwork, hostPID, hostIPC, hostUsers, os
        case serviceAccountName, automountServiceAccountToken, shareProcessNamespace, resources
    }

    private struct OS: Decodable {
        var name: String?
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        initContainers = try container.value(.initContainers, default: [])
        containers = try container.value(.containers, default: [])
        ephemeralContainers = try container.value(.ephemeralContainers, default: [])
        volumes = try container.value(.volumes, default: [])
        securityContext = try container.decodeIfPresent(PodSecurityContext.self, forKey: .securityContext)
        hostNetwork = try container.value(.hostNetwork, default: false)
        hostPID = try container.value(.hostPID, default: false)
        hostIPC = try container.value(.hostIPC, default: false)
        hostUsers = try container.decodeIfPresent(Bool.self, forKey: .hostUsers)
        osName = try container.decodeIfPresent(OS.self, forKey: .os)?.name
        serviceAccountName = try container.decodeIfPresent(String.self, forKey: .serviceAccountName)
        automountServiceAccountToken = try container.decodeIfPresent(Bool.self, forKey: .automountServiceAccountToken)
        shareProcessNamespace = try container.decodeIfPresent(Bool.self, forKey: .shareProcessNamespace)
        resources = try container.decodeIfPresent(ResourceRequirements.self, forKey: .resources)
    }
}

extension KeyedDecodingContainer {
    /// The value of `key`, or `fallback` where the API's form leaves it out or says `null`.
    func value<Value: Decodable>(_ key: Key, default fallback: @autoclosure () -> Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? fallback()
    }
}
