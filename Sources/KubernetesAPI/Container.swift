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
    public struct ContainerPort: Sendable, Hashable {
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
    public struct VolumeMount: Sendable, Hashable {
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
    public struct Lifecycle: Sendable, Hashable {
        /// Done right after the start.
        public var postStart: Handler?
        /// Done before the end.
        public var preStop: Handler?
    }

    /// The handlers that go over the network, of a `v1.Probe` or a `v1.LifecycleHandler`.
    public struct Handler: Sendable, Hashable {
        /// The host part of `v1.HTTPGetAction` and `v1.TCPSocketAction`.
        public struct Target: Sendable, Hashable {
            /// The host that the kubelet calls; the pod's address if unset or empty.
            public var host: String?
        }

        /// An HTTP request.
        public var httpGet: Target?
        /// A TCP connection.
        public var tcpSocket: Target?
    }
}

extension Container: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name") ?? ""
        image = try json.value("image") ?? ""
        securityContext = try json.value("securityContext")
        ports = try json.value("ports") ?? []
        env = try json.value("env") ?? []
        envFrom = try json.value("envFrom") ?? []
        resources = try json.value("resources") ?? ResourceRequirements()
        volumeMounts = try json.value("volumeMounts") ?? []
        restartPolicy = try json.value("restartPolicy")
        livenessProbe = try json.value("livenessProbe")
        readinessProbe = try json.value("readinessProbe")
        startupProbe = try json.value("startupProbe")
        lifecycle = try json.value("lifecycle")
    }
}

extension Container.ContainerPort: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name")
        `protocol` = try json.value("protocol")
        containerPort = try json.value("containerPort")
        hostPort = try json.value("hostPort")
    }
}

extension Container.VolumeMount: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        name = try json.value("name")
        mountPath = try json.value("mountPath")
        readOnly = try json.value("readOnly")
        subPath = try json.value("subPath")
    }
}

extension Container.Lifecycle: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        postStart = try json.value("postStart")
        preStop = try json.value("preStop")
    }
}

extension Container.Handler: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        httpGet = try json.value("httpGet")
        tcpSocket = try json.value("tcpSocket")
    }
}

extension Container.Handler.Target: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        host = try json.value("host")
    }
}

extension Container.EnvVar: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        let secret = try json.member("valueFrom")?.member("secretKeyRef")
        self.init(
            name: try json.value("name") ?? "",
            hasValue: try json.value("value", as: String.self).map(Self.mayBeSecret) ?? false,
            secretName: try secret.map { (secret) throws(JSONError) in try secret.value("name") ?? "" }
        )
    }
}

extension Container.EnvVar {
    private static func mayBeSecret(_ value: String) -> Bool {
        if value.isEmpty || ["true", "false", "yes", "no"].contains(value.lowercased()) { return false }
        return !(value.hasPrefix("$(") && value.firstIndex(of: ")") == value.index(before: value.endIndex))
    }
}

extension Container.EnvFromSource: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        let secret = try json.member("secretRef")
        self.init(secretName: try secret.map { (secret) throws(JSONError) in try secret.value("name") ?? "" })
    }
}
