import KubernetesAPI

/// What is kept of a service.
public struct ObservedService: Sendable, Hashable {
    /// A port of it.
    public struct Port: Sendable, Hashable {
        /// Its name, if it has one.
        public var name: String?
        /// TCP, UDP or SCTP.
        public var `protocol`: String
        /// The port at the service's own address.
        public var port: Int64
        /// The pods' port: what policies look at, since the service's address is translated before they do.
        public var target: IntOrString
    }

    /// Its name.
    public var name: String
    /// Its own labels, by which monitors select it.
    public var labels: [String: String]
    /// Labels of the pods behind it; empty for one whose endpoints somebody else maintains.
    public var selector: [String: String]
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    public var type: String
    /// Its ports.
    public var ports: [Port]
    /// Whether it is reached at addresses that were given to it by hand (`externalIPs`).
    public var hasExternalAddresses: Bool
    /// From where its load balancer takes requests; from anywhere if empty.
    public var sourceRanges: [CIDR]
    /// The port of its pods that its annotations ask Prometheus to scrape, if they do; 0 where they name none.
    public var scrapePort: Int?

    /// What is kept of `service`.
    public init(_ service: Service) {
        name = service.metadata.name
        labels = service.metadata.labels
        selector = service.spec?.selector ?? [:]
        type = service.spec?.type ?? "ClusterIP"
        ports = (service.spec?.ports ?? []).map {
            Port(
                name: $0.name,
                protocol: $0.protocol ?? "TCP",
                port: $0.port,
                target: $0.targetPort ?? .int($0.port)
            )
        }
        hasExternalAddresses = service.spec?.externalIPs?.isEmpty == false
        sourceRanges = (service.spec?.loadBalancerSourceRanges ?? []).compactMap { CIDR($0) }
        scrapePort = service.metadata.annotations.scrapePort
    }

    /// Whether what it leads to are, or may be, pods of its namespace. Which, only a selector says.
    var leadsToPods: Bool { type != "ExternalName" }
}

/// Somebody outside a namespace who calls a service in it, since an object says so.
public struct ServiceCaller: Sendable, Hashable, Comparable {
    /// Through what.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The API server, before it accepts requests.
        case admissionWebhook
        /// The API server, to convert objects between versions.
        case conversionWebhook
        /// The API server, to have a part of its API served.
        case aggregatedAPI
        /// An ingress controller.
        case ingress
        /// A gateway.
        case httpRoute
    }

    /// Through what.
    public var kind: Kind
    /// The object that says so, such as `ValidatingWebhookConfiguration/quota`.
    public var object: String
    /// The service's namespace.
    public var namespace: String
    /// The service.
    public var service: String
    /// Its port, by number or name; any if `nil`.
    public var port: IntOrString?
    /// The object's namespace, if that is another than the service's.
    public var otherNamespace: String?

    /// By service, then by object.
    public static func < (left: ServiceCaller, right: ServiceCaller) -> Bool {
        (left.service, left.object, left.port?.description ?? "") < (
            right.service, right.object, right.port?.description ?? ""
        )
    }
}

extension ServiceCaller {
    private init?(_ kind: Kind, _ object: String, _ reference: ServiceReference) {
        guard let namespace = reference.namespace, let service = reference.name else { return nil }
        self.init(
            kind: kind,
            object: object,
            namespace: namespace,
            service: service,
            port: .int(reference.port ?? 443)
        )
    }

    /// The services that webhooks of `configuration` call.
    public static func callers<Kind>(_ configuration: WebhookConfiguration<Kind>) -> [ServiceCaller] {
        let object = "\(Kind.resource.kind)/\(configuration.metadata.name)"
        return configuration.services.compactMap { ServiceCaller(.admissionWebhook, object, $0) }
    }

    /// The service that converts objects of `definition`.
    public static func callers(_ definition: CustomResourceDefinition) -> [ServiceCaller] {
        let object = "CustomResourceDefinition/\(definition.metadata.name)"
        return [definition.conversionService].compactMap { $0 }
            .compactMap { ServiceCaller(.conversionWebhook, object, $0) }
    }

    /// The service that serves `apiService`.
    public static func callers(_ apiService: APIService) -> [ServiceCaller] {
        let object = "APIService/\(apiService.metadata.name)"
        return [apiService.service].compactMap { $0 }.compactMap { ServiceCaller(.aggregatedAPI, object, $0) }
    }

    /// The services that `ingress` sends requests to.
    public static func callers(_ ingress: Ingress) -> [ServiceCaller] {
        callers(.ingress, "Ingress", ingress.metadata, ingress.backends)
    }

    /// The services that `route` sends requests to.
    public static func callers(_ route: HTTPRoute) -> [ServiceCaller] {
        callers(.httpRoute, "HTTPRoute", route.metadata, route.backends)
    }

    private static func callers(
        _ kind: Kind,
        _ name: String,
        _ metadata: ObjectMeta,
        _ backends: [BackendReference]
    ) -> [ServiceCaller] {
        backends.map { backend in
            let own = metadata.namespace ?? ""
            return ServiceCaller(
                kind: kind,
                object: "\(name)/\(metadata.name)",
                namespace: backend.namespace ?? own,
                service: backend.service,
                port: backend.port,
                otherNamespace: backend.namespace == nil || backend.namespace == own ? nil : own
            )
        }
    }
}

/// What Prometheus was told to scrape.
public struct ObservedMonitor: Sendable, Hashable {
    /// The object, such as `ServiceMonitor/web`.
    public var object: String
    /// Its namespace; empty if a manifest does not say.
    public var namespace: String
    /// Whether it selects services, not pods.
    public var selectsServices: Bool
    /// The namespaces that it selects in; `nil` for all.
    public var namespaces: Set<String>?
    /// What it selects there.
    public var selector: LabelSelector
    /// Where metrics are served.
    public var endpoints: [Endpoint]

    /// A port: of a service or a container by its name, or of a container by number.
    public struct Endpoint: Sendable, Hashable {
        /// A port's name, of the service for those that select services.
        public var port: String?
        /// A container's port.
        public var target: IntOrString?
    }

    /// What is kept of `monitor`.
    public init<Kind>(_ monitor: Monitor<Kind>) {
        object = "\(Kind.resource.kind)/\(monitor.metadata.name)"
        namespace = monitor.metadata.namespace ?? ""
        selectsServices = Kind.self == MonitorKinds.ServiceMonitor.self
        namespaces = monitor.namespaces
        selector = monitor.selector
        endpoints = monitor.endpoints.map {
            Endpoint(port: $0.port, target: $0.portNumber.map { .int($0) } ?? $0.targetPort)
        }
    }

    /// Whether it selects in `namespace`.
    public func selects(in namespace: String) -> Bool { namespaces?.contains(namespace) ?? true }
}

extension [String: String] {
    /// How the names of the annotations begin that ``scrapePort`` asks for.
    static var scrapePrefix: String { "prometheus.io/" }

    /// The port that these annotations ask Prometheus to scrape, by the custom of its own example configuration
    /// (prometheus/prometheus, `documentation/examples/prometheus-kubernetes.yml`); 0 where they name none, `nil` where
    /// they do not ask.
    var scrapePort: Int? {
        self["prometheus.io/scrape"] == "true" ? self["prometheus.io/port"].flatMap { Int($0) } ?? 0 : nil
    }
}
