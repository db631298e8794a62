/// The part of `v1.Container`, and of `v1.EphemeralContainer`, that bears on what it may do to the node and to others.
///
/// Source: Kubernetes API reference, *Container*.
public struct Container: Sendable, Hashable {
    /// Unique among all containers of the pod.
    public var name: String
    /// The image, such as `nginx:1.27`; empty if a template leaves it to somebody else.
    public var image: String
    /// Its settings, which go before those of the pod.
    public var securityContext: SecurityContext?
    /// The ports that it says it listens on.
    public var ports: [ContainerPort]
    /// Environment variables, one by one.
    public var env: [EnvVar]
    /// Environment variables, all of an object's.
    public var envFrom: [EnvFromSource]
    /// What it asks for and may use.
    public var resources: ResourceRequirements
    /// Where it mounts the pod's volumes.
    public var volumeMounts: [VolumeMount]
    /// `Always` makes an init container one that runs beside the others.
    public var restartPolicy: String?
    /// Whether it is alive.
    public var livenessProbe: Handler?
    /// Whether it can serve.
    public var readinessProbe: Handler?
    /// Whether it has started.
    public var startupProbe: Handler?
    /// What the kubelet does right after its start and before its end.
    public var lifecycle: Lifecycle?

    /// A container with nothing but a name and, if given, settings.
    public init(name: String, securityContext: SecurityContext? = nil) {
        self.name = name
        self.securityContext = securityContext
        image = ""
        ports = []
        env = []
        envFrom = []
        resources = ResourceRequirements()
        volumeMounts = []
    }

    /// `v1.ContainerPort`.
    public struct ContainerPort: Sendable, Hashable, Decodable {
        /// What services and policies may call it by.
        public var name: String?
        /// TCP, UDP or SCTP; TCP if unset.
        public var `protocol`: String?
        /// The port within the container.
        public var containerPort: Int?
        /// The port of the node that leads there; none if unset or 0.
        public var hostPort: Int?
    }

    /// `v1.EnvVar`.
    public struct EnvVar: Sendable, Hashable {
        /// The variable's name.
        public var name: String
        /// Whether it has a literal value that could be a secret: not empty, not a boolean, and more than a reference to
        /// another variable, `$(NAME)`. The value itself is not kept, for that reason.
        public var hasValue: Bool
        /// The Secret that it comes from, if it does.
        public var secretName: String?

        /// A variable with the given parts.
        public init(name: String, hasValue: Bool = false, secretName: String? = nil) {
            self.name = name
            self.hasValue = hasValue
            self.secretName = secretName
        }
    }

    /// `v1.EnvFromSource`.
    public struct EnvFromSource: Sendable, Hashable {
        /// The Secret that they come from, if they do.
        public var secretName: String?

        /// Variables from a Secret.
        public init(secretName: String?) {
            self.secretName = secretName
        }
    }

    /// `v1.VolumeMount`.
    public struct VolumeMount: Sendable, Hashable, Decodable {
        /// The volume.
        public var name: String?
        /// Where its files are in the container.
        public var mountPath: String?
        /// Whether they may only be read.
        public var readOnly: Bool?
        /// What of the volume is mounted.
        public var subPath: String?
    }

    /// `v1.Lifecycle`.
    public struct Lifecycle: Sendable, Hashable, Decodable {
        /// Done right after the start.
        public var postStart: Handler?
        /// Done before the end.
        public var preStop: Handler?
    }

    /// The handlers that go over the network, of a `v1.Probe` or a `v1.LifecycleHandler`.
    public struct Handler: Sendable, Hashable, Decodable {
        /// The host part of `v1.HTTPGetAction` and `v1.TCPSocketAction`.
        public struct Target: Sendable, Hashable, Decodable {
            /// The host that the kubelet calls; the pod's address if unset or empty.
            public var host: String?
        }

        /// An HTTP request.
        public var httpGet: Target?
        /// A TCP connection.
        public var tcpSocket: Target?
    }
}

extension Container: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, image, securityContext, ports, env, envFrom, resources, volumeMounts, restartPolicy
        case livenessProbe, readinessProbe, startupProbe, lifecycle
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.value(.name, default: "")
        securityContext = try container.decodeIfPresent(SecurityContext.self, forKey: .securityContext)
        image = try container.value(.image, default: "")
        ports = try container.value(.ports, default: [])
        env = try container.value(.env, default: [])
        envFrom = try container.value(.envFrom, default: [])
        resources = try container.value(.resources, default: ResourceRequirements())
        volumeMounts = try container.value(.volumeMounts, default: [])
        restartPolicy = try container.decodeIfPresent(String.self, forKey: .restartPolicy)
        livenessProbe = try container.decodeIfPresent(Handler.self, forKey: .livenessProbe)
        readinessProbe = try container.decodeIfPresent(Handler.self, forKey: .readinessProbe)
        startupProbe = try container.decodeIfPresent(Handler.self, forKey: .startupProbe)
        lifecycle = try container.decodeIfPresent(Lifecycle.self, forKey: .lifecycle)
    }
}

extension Container.EnvVar: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, value, valueFrom
    }

    private struct Source: Decodable {
        struct Reference: Decodable {
            var name: String?
        }
        var secretKeyRef: Reference?
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let source = try container.decodeIfPresent(Source.self, forKey: .valueFrom)
        self.init(
            name: try container.value(.name, default: ""),
            hasValue: try container.decodeIfPresent(String.self, forKey: .value).map(Self.mayBeSecret) ?? false,
            secretName: source?.secretKeyRef.map { $0.name ?? "" }
        )
    }
}

extension Container.EnvVar {
    private static func mayBeSecret(_ value: String) -> Bool {
        if value.isEmpty || ["true", "false", "yes", "no"].contains(value.lowercased()) { return false }
        return !(value.hasPrefix("$(") && value.firstIndex(of: ")") == value.index(before: value.endIndex))
    }
}

extension Container.EnvFromSource: Decodable {
    private enum CodingKeys: String, CodingKey {
        case secretRef
    }

    private struct Reference: Decodable {
        var name: String?
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let reference = try container.decodeIfPresent(Reference.self, forKey: .secretRef)
        self.init(secretName: reference.map { $0.name ?? "" })
    }
}
