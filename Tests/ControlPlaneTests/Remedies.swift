import Hardening
import KubernetesAPI
import Testing

/// A remedy that `docs/do-no-harm.md` names for a situation, and what is there once it was applied.
struct RemedyCase: Sendable {
    /// What comes of it.
    enum Outcome: Sendable {
        /// Nothing breaks any more, and the control is enforced.
        case released
        /// The control is enforced all the same.
        case proceeded
        /// The control is not asked for.
        case exempt
    }

    /// The situation with this remedy, under a name of its own.
    var harm: Harm
    var outcome: Outcome
    /// What is in the namespace then of the objects that the control writes, as ``Scene/written(_:for:)`` has it.
    /// NAMESPACE and APISERVER stand for what they are.
    var written: JSONValue
}

// MARK: What is written

extension RemedyCase {
    private static let everything: JSONValue = ["podSelector": [:], "policyTypes": ["Ingress"]]

    /// A policy that lets anybody reach this port of the pods `app: web`, and nothing else.
    private static func derived(from reason: String, port: Int64 = 9443) -> JSONValue {
        [
            "hardening-default-deny": everything,
            "hardening-derived-1": [
                "podSelector": ["matchLabels": ["app": "web"]],
                "policyTypes": ["Ingress"],
                "ingress": [["ports": [["protocol": "TCP", "port": .integer(port)]]]],
            ],
            "hardening-derived-1 derived from": .string(reason),
        ]
    }

    private static func allowed(_ rule: JSONValue) -> JSONValue {
        var spec = everything
        spec["ingress"] = [rule]
        return ["hardening-default-deny": everything, "hardening-default-allow": spec]
    }

    private static let limited: JSONValue = [
        "hardening-limits": [
            ["type": "Container", "default": ["memory": "256Mi"], "defaultRequest": ["memory": "256Mi"]]
        ]
    ]
}

// MARK: Remedies

extension RemedyCase {
    private static func row(
        _ situation: String,
        _ name: String,
        _ remedy: Harm.Remedy,
        _ written: JSONValue,
        _ outcome: Outcome = .released,
        _ change: (inout Harm) -> Void = { _ in }
    ) throws -> RemedyCase {
        var harm = try Harm.named(situation)
        harm.name = "\(situation)-\(name)"
        harm.remedy = remedy
        change(&harm)
        return RemedyCase(harm: harm, outcome: outcome, written: written)
    }

    private static func derive(
        _ situation: String,
        _ what: String,
        from object: String,
        port: Int64 = 9443
    ) throws -> RemedyCase {
        try row(situation, "derived", Harm.deriving(what), derived(from: "\(what): \(object)", port: port))
    }

    private static func allow(_ situation: String, _ rule: JSONValue) throws -> RemedyCase {
        try row(situation, "allowed", Harm.allowing(rule), allowed(rule))
    }

    private static func proceed(_ situation: String, _ settings: JSONValue, _ written: JSONValue) throws -> RemedyCase {
        try row(situation, "proceeding", .proceed(settings), written, .proceeded)
    }

    private static func exempt(_ situation: String, _ written: JSONValue) throws -> RemedyCase {
        let control = try Harm.named(situation).control
        let exemption: JSONValue = [
            "name": "team", "reason": "moves away soon", "controls": [.string(control.rawValue)],
            "namespaces": ["NAMESPACE"],
        ]
        return try row(situation, "exempt", .exemption(exemption), written, .exempt)
    }

    private static func exempt(_ situation: String, check: String, of kind: String, _ name: String) throws -> RemedyCase
    {
        let exemption: JSONValue = [
            "name": "team", "reason": "needs it", "checks": [.string(check)], "namespaces": ["NAMESPACE"],
            "workloads": [["kind": .string(kind), "name": .string(name)]],
        ]
        return try row(situation, "exempt-check", .exemption(exemption), ["enforce": "baseline"])
    }

    /// Where addresses are outside the cluster, and where Prometheus or a gateway is.
    private static let outside: JSONValue = [["ipBlock": ["cidr": "198.51.100.0/24"]]]
    private static let everywhere: JSONValue = [["ipBlock": ["cidr": "0.0.0.0/0"]]]
    private static let apiServer: JSONValue = [["ipBlock": ["cidr": "APISERVER/32"]]]
    private static func inside(_ namespace: String) -> JSONValue {
        [["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(namespace)]]]]
    }
    private static func ports(_ port: Int64) -> JSONValue { [["protocol": "TCP", "port": .integer(port)]] }

    /// Those for denied ingress and egress.
    static func ofNetworks() throws -> [RemedyCase] {
        let own: JSONValue = [
            "podSelector": ["matchLabels": ["app": "web"]], "policyTypes": ["Ingress"], "ingress": [["from": outside]],
        ]
        let apiServer: JSONValue = ["to": [["ipBlock": ["cidr": "APISERVER/32"]]]]
        return [
            try derive(
                "conversion",
                "Webhooks",
                from: "CustomResourceDefinition/widgets.NAMESPACE.example.com calls Service/web"
            ),
            try derive(
                "api-service",
                "Webhooks",
                from: "APIService/v1.metrics.NAMESPACE.example.com calls Service/web"
            ),
            try derive("load-balancer", "LoadBalancers", from: "Service/web"),
            try derive("node-port", "LoadBalancers", from: "Service/web"),
            try derive("ingress", "Ingress", from: "Ingress/shop calls Service/web"),
            try derive("http-route", "Ingress", from: "HTTPRoute/shop calls Service/web"),
            try derive("service-monitor", "Monitoring", from: "ServiceMonitor/shop calls Service/web"),
            try derive("pod-monitor", "Monitoring", from: "PodMonitor/shop"),
            try derive(
                "scrape-annotation",
                "Monitoring",
                from: "annotation prometheus.io/scrape calls Deployment/web",
                port: 9102
            ),
            try derive(
                "scrape-service",
                "Monitoring",
                from: "annotation prometheus.io/scrape calls Service/web",
                port: 9102
            ),
            try allow("api-service", ["from": Self.apiServer, "ports": ports(9443)]),
            try allow("load-balancer", ["from": everywhere]),
            try allow("node-port", ["from": everywhere, "ports": ports(9443)]),
            try allow("http-route", ["from": inside("gateway")]),
            try allow("service-monitor", ["from": inside("monitoring"), "ports": ports(9443)]),
            try allow("scrape-annotation", ["from": inside("monitoring"), "ports": ports(9102)]),
            try allow("scrape-service", ["from": inside("monitoring")]),
            try row(
                "load-balancer",
                "own-policy",
                .apply(
                    """
                    apiVersion: networking.k8s.io/v1
                    kind: NetworkPolicy
                    metadata: {name: own}
                    spec:
                      podSelector: {matchLabels: {app: web}}
                      policyTypes: [Ingress]
                      ingress: [{from: [{ipBlock: {cidr: 198.51.100.0/24}}]}]
                    """
                ),
                ["own": own, "hardening-default-deny": everything]
            ),
            try row(
                "webhook",
                "host-network",
                .apply(
                    Harm.web.replacing("      containers:", with: "      hostNetwork: true\n      containers:")
                ),
                ["hardening-default-deny": everything]
            ),
            try row(
                "api-client",
                "allowed",
                .settings(["directions": ["Egress"], "allow": ["dns": "Deny", "egressTo": [apiServer]]]),
                [
                    "hardening-default-deny": ["podSelector": [:], "policyTypes": ["Egress"]],
                    "hardening-default-allow": [
                        "podSelector": [:], "policyTypes": ["Egress"], "egress": [apiServer],
                    ],
                ]
            ),
            try proceed("webhook", ["directions": ["Ingress"]], ["hardening-default-deny": everything]),
            try exempt("webhook", [:]),
        ]
    }

    /// Those for levels of Pod Security.
    static func ofPodSecurity() throws -> [RemedyCase] {
        [
            try exempt("zero-replicas", check: "privileged", of: "Deployment", "web"),
            try exempt("cron-job", check: "host-namespaces", of: "CronJob", "night*"),
            try row(
                "zero-replicas",
                "moved",
                .move(
                    kind: "deployment",
                    name: "web",
                    Harm.deployment(container: ", securityContext: {privileged: true}")
                ),
                ["enforce": "baseline"]
            ),
            try proceed(
                "zero-replicas",
                ["enforce": "baseline", "rollout": ["strategy": "Immediate"]],
                ["enforce": "baseline"]
            ),
            try exempt("zero-replicas", [:]),
        ]
    }

    /// Those for tokens that are used.
    static func ofTokens() throws -> [RemedyCase] {
        func settings(exempting account: String) -> JSONValue {
            var settings = Harm.everyAccount
            settings["exemptServiceAccounts"] = [.string(account)]
            return settings
        }
        return [
            try row(
                "bound-account",
                "exempt-account",
                .settings(settings(exempting: "app")),
                ["app": nil, "default": false]
            ),
            try row("bound-account", "skipped", .settings(["scope": "All"]), ["app": nil, "default": false]),
            try row(
                "lease-holder",
                "exempt-account",
                .settings(settings(exempting: "age*")),
                ["agent": nil, "default": false]
            ) {
                $0.objects =
                    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: agent}\n---\n"
                    + $0.objects.replacing("spec: {containers", with: "spec: {serviceAccountName: agent, containers")
            },
            try proceed("bound-account", Harm.everyAccount, ["app": false, "default": false]),
            try exempt("bound-account", ["app": nil, "default": nil]),
        ]
    }

    /// Those for limits.
    static func ofLimits() throws -> [RemedyCase] {
        let own: JSONValue = [
            ["type": "Container", "default": ["memory": "512Mi"], "defaultRequest": ["memory": "512Mi"]]
        ]
        var both: JSONValue = ["limits": [["type": "Container", "default": ["memory": "256Mi", "cpu": "1"]]]]
        both["existing"] = "Respect"
        return [
            try row(
                "two-defaults",
                "respected",
                .settings(both),
                [
                    "own": own,
                    "hardening-limits": [
                        ["type": "Container", "default": ["cpu": "1"], "defaultRequest": ["cpu": "1"]]
                    ],
                ]
            ),
            try row(
                "ratio",
                "limit",
                .apply(Harm.deployment(container: ", resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}")),
                ["hardening-limits": [["type": "Container", "maxLimitRequestRatio": ["cpu": "2"]]]]
            ),
            try proceed(
                "request-above-default",
                Harm.limits(["type": "Container", "default": ["memory": "256Mi"]]),
                limited
            ),
            try exempt("request-above-default", [:]),
        ]
    }

    /// Those for `control`.
    static func all(for control: ControlName) throws -> [RemedyCase] {
        switch control {
        case .networkPolicy: try ofNetworks()
        case .podSecurity: try ofPodSecurity()
        case .serviceAccountToken: try ofTokens()
        case .limitRange: try ofLimits()
        case .workloads: []
        }
    }
}
