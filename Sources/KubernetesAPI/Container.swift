/// The part of `v1.Container`, and of `v1.EphemeralContainer`, that bears on what it may do to the node and to others.
///
/// Source: Kubernetes API reference, *Container*.
public struct Container: Sendable, Hashable {
    /// Unique among all containers of the pod.
    public var name: String
    /// Its settings, which go before those of the pod.
    public var securityContext: SecurityContext?
    /// The ports that it says it listens on.
    public var ports: [ContainerPort]
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
        ports = []
    }

    /// `v1.ContainerPort`.
    public struct ContainerPort: Sendable, Hashable, Decodable {
        /// The port within the container.
        public var containerPort: Int?
        /// The port of the node that leads there; none if unset or 0.
        public var hostPort: Int?
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
        case name, securityContext, ports, livenessProbe, readinessProbe, startupProbe, lifecycle
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.value(.name, default: "")
        securityContext = try container.decodeIfPresent(SecurityContext.self, forKey: .securityContext)
        ports = try container.value(.ports, default: [])
        livenessProbe = try container.decodeIfPresent(Handler.self, forKey: .livenessProbe)
        readinessProbe = try container.decodeIfPresent(Handler.self, forKey: .readinessProbe)
        startupProbe = try container.decodeIfPresent(Handler.self, forKey: .startupProbe)
        lifecycle = try container.decodeIfPresent(Lifecycle.self, forKey: .lifecycle)
    }
}
