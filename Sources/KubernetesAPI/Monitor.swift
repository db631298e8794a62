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
    public struct Endpoint: Sendable, Hashable {
        /// A port by its name: a service's, or a container's.
        public var port: String?
        /// A container's port by its number.
        public var portNumber: Int64?
        /// A container's port by number or name.
        public var targetPort: IntOrString?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The services or pods that are scraped, by their labels.
    public var selector: LabelSelector
    /// Where they serve metrics.
    public var endpoints: [Endpoint]
    /// The namespaces that it selects in, its own unless it says otherwise; `nil` for all.
    public var namespaces: Set<String>?

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        let spec: JSONReader? = try json.member("spec")
        selector = try spec?.value("selector") ?? LabelSelector()
        endpoints =
            try spec?.member(named: Kind.endpointsField).map { (endpoints) throws(JSONError) in
                try [Endpoint](json: endpoints)
            } ?? []
        let namespaceSelector = try spec?.member("namespaceSelector")
        guard try namespaceSelector?.value("any") != true else { return }
        let names: [String] = try namespaceSelector?.value("matchNames") ?? []
        namespaces = names.isEmpty ? [metadata.namespace ?? ""] : Set(names)
    }
}

extension Monitor.Endpoint: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        port = try json.value("port")
        portNumber = try json.value("portNumber")
        targetPort = try json.value("targetPort")
    }
}
