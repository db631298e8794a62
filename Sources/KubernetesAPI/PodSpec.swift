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

extension PodSpec: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        initContainers = try json.value("initContainers") ?? []
        containers = try json.value("containers") ?? []
        ephemeralContainers = try json.value("ephemeralContainers") ?? []
        volumes = try json.value("volumes") ?? []
        securityContext = try json.value("securityContext")
        hostNetwork = try json.value("hostNetwork") ?? false
        hostPID = try json.value("hostPID") ?? false
        hostIPC = try json.value("hostIPC") ?? false
        hostUsers = try json.value("hostUsers")
        osName = try json.member("os")?.value("name")
        serviceAccountName = try json.value("serviceAccountName")
        automountServiceAccountToken = try json.value("automountServiceAccountToken")
        shareProcessNamespace = try json.value("shareProcessNamespace")
        resources = try json.value("resources")
    }
}
