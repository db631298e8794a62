/// A kind by which the Prometheus Operator is told what to scrape.
public protocol MonitorKind: Sendable {
    /// Where objects of this kind are found.
    static var resource: Resource { get }
    /// The field with its endpoints.
    static var endpointsField: String { get }
}

/// The kinds of the Prometheus Operator that select what runs in namespaces.
public enum MonitorKinds {
    /// `monitoring.coreos.com/v1` `ServiceMonitor`: selects services.
    public enum ServiceMonitor: MonitorKind {
        /// Where objects of this kind are found.
        public static let resource = monitorResource("servicemonitors", "ServiceMonitor")
        /// The field with its endpoints.
        public static let endpointsField = "endpoints"
    }

    /// `monitoring.coreos.com/v1` `PodMonitor`: selects pods.
    public enum PodMonitor: MonitorKind {
        /// Where objects of this kind are found.
        public static let resource = monitorResource("podmonitors", "PodMonitor")
        /// The field with its endpoints.
        public static let endpointsField = "podMetricsEndpoints"
    }

    private static func monitorResource(_ plural: String, _ kind: String) -> Resource {
        Resource(group: "monitoring.coreos.com", version: "v1", plural: plural, kind: kind, isNamespaced: true)
    }
}

/// What Prometheus is to scrape.
public struct Monitor<Kind: MonitorKind>: KubernetesObject {
    /// Where objects of this kind are found.
    public static var resource: Resource { Kind.resource }

    /// Where metrics are served.
    public struct Endpoint: Sendable, Hashable, Decodable {
        /// A port by its name: a service's, or a container's.
        public var port: String?
        /// A container's port by its number.
        public var portNumber: Int64?
        /// A container's port by number or name.
        public var targetPort: IntOrString?
    }

    private struct NamespaceSelector: Sendable, Decodable {
        var any: Bool?
        var matchNames: [String]?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The services or pods that are scraped, by their labels.
    public var selector: LabelSelector
    /// Where they serve metrics.
    public var endpoints: [Endpoint]
    private var namespaceSelector: NamespaceSelector?

    /// The namespaces that it selects in, its own unless it says otherwise; `nil` for all.
    public var namespaces: Set<String>? {
        if namespaceSelector?.any == true { return nil }
        let names = namespaceSelector?.matchNames ?? []
        return names.isEmpty ? [metadata.namespace ?? ""] : Set(names)
    }

    private enum CodingKeys: String, CodingKey {
        case metadata, spec
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decode(ObjectMeta.self, forKey: .metadata)
        let spec = try container.nestedContainer(keyedBy: AnyCodingKey.self, forKey: .spec)
        selector = try spec.value(AnyCodingKey("selector"), default: LabelSelector())
        endpoints = try spec.value(AnyCodingKey(Kind.endpointsField), default: [])
        namespaceSelector = try spec.decodeIfPresent(NamespaceSelector.self, forKey: AnyCodingKey("namespaceSelector"))
    }
}
