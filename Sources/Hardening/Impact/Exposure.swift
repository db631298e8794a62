import KubernetesAPI

/// Pods that something outside their namespace calls: what denying ingress by default would cut off.
public struct Exposure: Sendable, Hashable {
    /// By whom they are called.
    public enum Caller: Sendable, Hashable {
        /// The API server or what stands in for it.
        case apiServer(ServiceCaller.Kind)
        /// Clients outside the cluster, through an address or a port of the nodes.
        case external(serviceType: String)
        /// What takes requests from outside and hands them on.
        case proxy(ServiceCaller.Kind)
        /// Prometheus.
        case monitoring
    }

    /// By whom.
    public var caller: Caller
    /// The object that says so, such as `APIService/v1.metrics.example.com`.
    public var object: String
    /// What is called, such as `Service/web`.
    public var target: String
    /// The pods that are called.
    public var podSelector: LabelSelector
    /// Their ports; any if empty.
    public var ports: [NetworkPolicy.Port]
    /// The object's namespace, if that is another than the pods'. Who may write there need have no say here: nothing is
    /// opened on its word.
    public var otherNamespace: String?
    /// Where clients outside the cluster may come from, if the object says so.
    public var sourceRanges: [CIDR] = []

    /// What is reached through an address of the cluster's administrator's choice.
    static let externalIPs = "externalIPs"
    /// What is reached through a port of the node.
    static let hostPort = "hostPort"
}

extension NamespaceView {
    /// All pods of this namespace that something outside is known to call.
    var exposures: [Exposure] {
        callerExposures + serviceExposures + hostPortExposures + monitorExposures + annotationExposures
    }

    private var callerExposures: [Exposure] {
        callers.compactMap { caller in
            guard let service = services.first(where: { $0.name == caller.service }), service.leadsToPods else {
                return nil
            }
            let ports = service.ports.filter { port in
                switch caller.port {
                case .int(let number): port.port == number
                case .string(let name): port.name == name
                case nil: true
                }
            }
            let kind: Exposure.Caller =
                switch caller.kind {
                case .ingress, .httpRoute: .proxy(caller.kind)
                case .admissionWebhook, .conversionWebhook, .aggregatedAPI: .apiServer(caller.kind)
                }
            var exposure = exposure(kind, caller.object, service, ports)
            exposure.otherNamespace = caller.otherNamespace
            return exposure
        }
    }

    private var serviceExposures: [Exposure] {
        services.filter(\.leadsToPods).compactMap { service in
            let type = ["LoadBalancer", "NodePort"].contains(service.type) ? service.type : nil
            guard let way = type ?? (service.hasExternalAddresses ? Exposure.externalIPs : nil) else { return nil }
            var exposure = exposure(.external(serviceType: way), "Service/\(service.name)", service, service.ports)
            if way == "LoadBalancer" { exposure.sourceRanges = service.sourceRanges }
            return exposure
        }
    }

    // A packet to the node's port has the pod's own address once the network plugin sees it.
    private var hostPortExposures: [Exposure] {
        workloads.compactMap { group in
            guard
                let member = group.members.first(where: { member in
                    member.facts.map { !$0.hostPorts.isEmpty && !$0.isOnHostNetwork } == true
                })
            else { return nil }
            return Exposure(
                caller: .external(serviceType: Exposure.hostPort),
                object: "\(group.identity)",
                target: "\(group.identity)",
                podSelector: group.templates.first?.selector ?? LabelSelector(matchLabels: member.podLabels),
                ports: (member.facts?.hostPorts ?? []).map { .init(protocol: $0.protocol, port: .int($0.number)) }
            )
        }
    }

    private var monitorExposures: [Exposure] {
        monitors.flatMap { monitor in
            exposures(by: monitor).map { exposure in
                var exposure = exposure
                if monitor.namespace != namespace.name, !monitor.namespace.isEmpty {
                    exposure.otherNamespace = monitor.namespace
                }
                return exposure
            }
        }
    }

    private func exposures(by monitor: ObservedMonitor) -> [Exposure] {
        guard monitor.selectsServices else {
            let ports = monitor.endpoints.compactMap { $0.target ?? $0.port.map { .string($0) } }
            return [
                Exposure(
                    caller: .monitoring,
                    object: monitor.object,
                    target: monitor.object,
                    podSelector: monitor.selector,
                    ports: self.ports(ports.map { ("TCP", $0) }, of: monitor.selector)
                )
            ]
        }
        return services.filter { monitor.selector.matches($0.labels) && !$0.selector.isEmpty }.map { service in
            let targets = monitor.endpoints.flatMap { endpoint -> [(String, IntOrString)] in
                if let name = endpoint.port {
                    return service.ports.filter { $0.name == name }.map { ($0.protocol, $0.target) }
                }
                return endpoint.target.map { [("TCP", $0)] } ?? []
            }
            return Exposure(
                caller: .monitoring,
                object: monitor.object,
                target: "Service/\(service.name)",
                podSelector: LabelSelector(matchLabels: service.selector),
                ports: ports(targets, of: LabelSelector(matchLabels: service.selector))
            )
        }
    }

    // Of pods, and of services for the pods behind them.
    private var annotationExposures: [Exposure] {
        let ofServices = services.filter { !$0.selector.isEmpty }.compactMap { service in
            service.scrapePort.map { port in
                var ports = service.ports
                if port > 0 { ports = [.init(name: nil, protocol: "TCP", port: 0, target: .int(Int64(port)))] }
                return exposure(.monitoring, "annotation prometheus.io/scrape", service, ports)
            }
        }
        return ofServices
            + workloads.compactMap { group in
                guard let member = group.members.first(where: { $0.facts?.scrapePort != nil }),
                    let port = member.facts?.scrapePort
                else { return nil }
                let selector =
                    group.templates.first?.selector ?? LabelSelector(matchLabels: member.podLabels)
                return Exposure(
                    caller: .monitoring,
                    object: "annotation prometheus.io/scrape",
                    target: "\(group.identity)",
                    podSelector: selector,
                    ports: port == 0 ? [] : [.init(protocol: "TCP", port: .int(Int64(port)))]
                )
            }
    }

    private func exposure(
        _ caller: Exposure.Caller,
        _ object: String,
        _ service: ObservedService,
        _ ports: [ObservedService.Port]
    ) -> Exposure {
        let selector = LabelSelector(matchLabels: service.selector)
        return Exposure(
            caller: caller,
            object: object,
            target: "Service/\(service.name)",
            podSelector: selector,
            ports: self.ports(ports.map { ($0.protocol, $0.target) }, of: selector)
        )
    }

    // Names are looked up in the pods, since not every network plugin resolves them; where no pod says, they stay.
    private func ports(_ targets: [(String, IntOrString)], of selector: LabelSelector) -> [NetworkPolicy.Port] {
        var ports: [NetworkPolicy.Port] = []
        func add(_ port: NetworkPolicy.Port) {
            if !ports.contains(port) { ports.append(port) }
        }
        for (transport, target) in targets {
            guard case .string(let name) = target else {
                add(.init(protocol: transport, port: target))
                continue
            }
            let numbers = Set(
                members(selector).flatMap { $0.facts?.ports ?? [] }
                    .filter { $0.name == name && $0.port.protocol == transport }.map(\.port.number)
            )
            if numbers.isEmpty { add(.init(protocol: transport, port: target)) }
            for number in numbers.sorted() { add(.init(protocol: transport, port: .int(number))) }
        }
        return ports.sorted {
            ($0.protocol ?? "", "\($0.port ?? .int(0))") < ($1.protocol ?? "", "\($1.port ?? .int(0))")
        }
    }

    /// The pods, and templates of pods, that `selector` selects.
    func members(_ selector: LabelSelector) -> [ObservedWorkload] {
        workloads.flatMap { $0.members.filter { selector.matches($0.podLabels) } }
    }
}
