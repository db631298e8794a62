import Hardening
import KubernetesAPI
import Testing

/// A namespace in which enforcing a control would break something: what is there, how that is foretold, and what to do.
struct Harm: Sendable, CustomTestStringConvertible {
    /// What somebody does so that nothing breaks any more.
    enum Remedy: Sendable {
        /// The profile's control says something else; APISERVER in it stands for the API server's address.
        case settings(JSONValue)
        /// The profile has an exemption; NAMESPACE in it stands for the namespace's name.
        case exemption(JSONValue)
        /// The profile says `Proceed`, and its control this.
        case proceed(JSONValue)
        /// Objects are as in this YAML.
        case apply(String)
        /// An object is gone.
        case delete(kind: String, name: String)
        /// An object is in a namespace of its own, which no profile is for.
        case move(kind: String, name: String, String)
    }

    /// The case, as `docs/do-no-harm.md` names it; also ends the name of its namespace.
    var name: String
    var control: ControlName
    /// The control's field in the profile.
    var settings: JSONValue
    /// The objects, in YAML. NAMESPACE stands for the namespace's name, which also tells apart what is of the whole
    /// cluster, and SCENE for the name of the scene, a label by which that is taken away.
    var objects: String
    var reason: Finding.Reason
    /// What would break.
    var subject: String
    /// What the finding mentions.
    var mention: String
    var remedy: Remedy
    /// Whether the control waits for the remedy.
    var isHeld = true

    var testDescription: String { name }

    /// Whether it is about custom resources that a cluster may lack.
    var needsDefinitions: Bool { [.httpRouteBackend, .monitoringTarget].contains(reason) }
}

// MARK: Objects

extension Harm {
    /// A Deployment `web` that listens on 9443.
    static let web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 0
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers: [{name: web, image: example.com/web, ports: [{name: https, containerPort: 9443}]}]
        ---

        """

    /// A service in front of it.
    static func service(
        type: String = "ClusterIP",
        target: String = "9443",
        annotations: String = "{}"
    ) -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, labels: {app: web}, annotations: \(annotations)}
        spec:
          type: \(type)
          selector: {app: web}
          ports: [{name: https, port: 443, targetPort: \(target)}]
        ---

        """
    }

    /// A Deployment with one container.
    static func deployment(
        _ name: String = "web",
        container: String = "",
        pod: String = "",
        annotations: String = "{}",
        replicas: Int = 0
    ) -> String {
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name)}
        spec:
          replicas: \(replicas)
          strategy: {type: Recreate}
          selector: {matchLabels: {app: \(name)}}
          template:
            metadata: {labels: {app: \(name)}, annotations: \(annotations)}
            spec: {\(pod)containers: [{name: \(name), image: example.com/\(name)\(container)}]}
        ---

        """
    }

    private static let webhook = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: NAMESPACE, labels: {test: SCENE}}
        webhooks:
          - name: check.example.com
            admissionReviewVersions: [v1]
            sideEffects: None
            failurePolicy: Ignore
            rules: [{apiGroups: [NAMESPACE.example.com], apiVersions: ["*"], operations: [CREATE], resources: ["*"]}]
            clientConfig: {service: {namespace: NAMESPACE, name: web, port: 443}}
        """

    private static let conversion = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.NAMESPACE.example.com, labels: {test: SCENE}}
        spec:
          group: NAMESPACE.example.com
          scope: Namespaced
          names: {plural: widgets, kind: Widget}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
          conversion:
            strategy: Webhook
            webhook:
              conversionReviewVersions: [v1]
              clientConfig: {service: {namespace: NAMESPACE, name: web}}
        """

    private static let apiService = """
        apiVersion: apiregistration.k8s.io/v1
        kind: APIService
        metadata: {name: v1.metrics.NAMESPACE.example.com, labels: {test: SCENE}}
        spec:
          group: metrics.NAMESPACE.example.com
          version: v1
          groupPriorityMinimum: 100
          versionPriority: 100
          insecureSkipTLSVerify: true
          service: {namespace: NAMESPACE, name: web, port: 443}
        """

    private static let ingress = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: shop}
        spec:
          rules:
            - http:
                paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: https}}}}]
        """

    private static let httpRoute = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: shop}
        spec: {rules: [{backendRefs: [{name: web, port: 443}]}]}
        """

    private static func monitor(_ kind: String, _ endpoints: String) -> String {
        """
        apiVersion: monitoring.coreos.com/v1
        kind: \(kind)
        metadata: {name: shop}
        spec:
          selector: {matchLabels: {app: web}}
          \(endpoints): [{port: https}]
        """
    }

    private static let client =
        deployment("client", pod: "serviceAccountName: app, ") + """
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: app}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: app}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{kind: ServiceAccount, name: app, namespace: NAMESPACE}]
            """

    static func agent(_ pod: String) -> String {
        """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: agent}
        spec:
          serviceName: agent
          replicas: 1
          selector: {matchLabels: {app: agent}}
          template:
            metadata: {labels: {app: agent}}
            spec: {\(pod)containers: [{name: agent, image: example.com/agent}]}

        """
    }

    private static let cronJob = """
        apiVersion: CRONJOB_VERSION
        kind: CronJob
        metadata: {name: nightly}
        spec:
          schedule: "0 0 1 1 *"
          suspend: true
          jobTemplate:
            spec:
              template:
                spec:
                  restartPolicy: Never
                  hostNetwork: true
                  containers: [{name: nightly, image: example.com/nightly}]
        """

    private static let barePod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: debug}
        spec: {containers: [{name: debug, image: example.com/debug, securityContext: {privileged: true}}]}
        """

    /// The definitions of the custom resources that are looked at, as small as they can be.
    static let definitions = [
        ("gateway.networking.k8s.io", "httproutes", "HTTPRoute"),
        ("monitoring.coreos.com", "servicemonitors", "ServiceMonitor"),
        ("monitoring.coreos.com", "podmonitors", "PodMonitor"),
    ].map { group, plural, kind in
        """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata:
          name: \(plural).\(group)
          labels: {tests: definitions}
          annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes-sigs/gateway-api"}
        spec:
          group: \(group)
          scope: Namespaced
          names: {plural: \(plural), kind: \(kind)}
          versions:
            - name: v1
              served: true
              storage: true
              schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
        ---

        """
    }.joined()
}

// MARK: Cases

extension Harm {
    private static let ingressOnly: JSONValue = ["directions": ["Ingress"]]

    static func deriving(_ what: String) -> Remedy {
        .settings(["directions": ["Ingress"], "allow": ["derive": [.string(what)]]])
    }

    static func allowing(_ rule: JSONValue) -> Remedy {
        .settings(["directions": ["Ingress"], "allow": ["ingressFrom": [rule]]])
    }

    static func limits(_ item: JSONValue) -> JSONValue { ["limits": [item]] }

    private static func network(
        _ name: String,
        _ objects: String,
        _ reason: Finding.Reason,
        subject: String = "Service/web",
        mention: String = "9443",
        _ remedy: Remedy
    ) -> Harm {
        Harm(
            name: name,
            control: .networkPolicy,
            settings: ingressOnly,
            objects: objects,
            reason: reason,
            subject: subject,
            mention: mention,
            remedy: remedy
        )
    }

    /// What denying by default would cut off.
    static let ofNetworks: [Harm] = [
        network("webhook", web + service() + webhook, .admissionWebhookBackend, deriving("Webhooks")),
        network(
            "conversion",
            web + service(target: "https") + conversion,
            .conversionWebhookBackend,
            allowing(["from": [["ipBlock": ["cidr": "198.51.100.0/24"]]], "ports": [["port": 9443]]])
        ),
        network(
            "api-service",
            web + service() + apiService,
            .aggregatedAPIBackend,
            .delete(kind: "apiservice", name: "v1.metrics.NAMESPACE.example.com")
        ),
        network(
            "load-balancer",
            web + service(type: "LoadBalancer"),
            .loadBalancerService,
            deriving("LoadBalancers")
        ),
        network(
            "node-port",
            web + service(type: "NodePort"),
            .nodePortService,
            .apply(web + service(type: "ClusterIP"))
        ),
        network(
            "ingress",
            web + service() + ingress,
            .ingressBackend,
            allowing([
                "from": [["namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": "ingress-nginx"]]]]
            ])
        ),
        network("http-route", web + service() + httpRoute, .httpRouteBackend, deriving("Ingress")),
        network(
            "service-monitor",
            web + service() + monitor("ServiceMonitor", "endpoints"),
            .monitoringTarget,
            deriving("Monitoring")
        ),
        network(
            "pod-monitor",
            web + monitor("PodMonitor", "podMetricsEndpoints"),
            .monitoringTarget,
            subject: "PodMonitor/shop",
            allowing(["from": [["namespaceSelector": ["matchLabels": ["team": "monitoring"]]]]])
        ),
        network(
            "scrape-annotation",
            deployment(annotations: #"{prometheus.io/scrape: "true", prometheus.io/port: "9102"}"#),
            .monitoringTarget,
            subject: "Deployment/web",
            mention: "9102",
            deriving("Monitoring")
        ),
        network(
            "scrape-service",
            web + service(annotations: #"{prometheus.io/scrape: "true", prometheus.io/port: "9102"}"#),
            .monitoringTarget,
            mention: "9102",
            deriving("Monitoring")
        ),
        Harm(
            name: "api-client",
            control: .networkPolicy,
            settings: ["directions": ["Egress"]],
            objects: client,
            reason: .apiServerClient,
            subject: "Deployment/client",
            mention: "ServiceAccount app",
            remedy: .settings(["directions": ["Egress"], "allow": ["apiServer": "Allow"]])
        ),
    ]

    static let gradually: JSONValue = ["enforce": "baseline", "rollout": ["observe": "0s"]]

    /// What a level of Pod Security would refuse.
    static let ofPodSecurity: [Harm] = [
        Harm(
            name: "zero-replicas",
            control: .podSecurity,
            settings: gradually,
            objects: deployment(container: ", securityContext: {privileged: true}"),
            reason: .podsRefused,
            subject: "Deployment/web",
            mention: "privileged",
            remedy: .apply(deployment(container: ", securityContext: {privileged: false}"))
        ),
        Harm(
            name: "cron-job",
            control: .podSecurity,
            settings: gradually,
            objects: cronJob,
            reason: .podsRefused,
            subject: "CronJob/nightly",
            mention: "hostNetwork",
            remedy: .delete(kind: "cronjob", name: "nightly")
        ),
        Harm(
            name: "live-pod",
            control: .podSecurity,
            settings: gradually,
            objects: barePod,
            reason: .podsRefused,
            subject: "Pod/debug",
            mention: "privileged",
            remedy: .exemption([
                "name": "debug", "reason": "goes after the incident", "checks": ["privileged"],
                "namespaces": ["NAMESPACE"], "workloads": [["kind": "Pod", "name": "debug"]],
            ])
        ),
    ]

    static let everyAccount: JSONValue = ["scope": "All", "boundAccounts": "Include"]

    /// What would start without its token.
    static let ofTokens: [Harm] = [
        Harm(
            name: "bound-account",
            control: .serviceAccountToken,
            settings: everyAccount,
            objects: client,
            reason: .tokenLost,
            subject: "Deployment/client",
            mention: "a binding names",
            remedy: .apply(deployment("client", pod: "serviceAccountName: app, automountServiceAccountToken: true, "))
        ),
        Harm(
            name: "lease-holder",
            control: .serviceAccountToken,
            settings: everyAccount,
            objects: """
                \(agent(""))---
                apiVersion: coordination.k8s.io/v1
                kind: Lease
                metadata: {name: agent}
                spec: {holderIdentity: agent-0_0b0c4a2e-5f0e-4f6e-8d59-3c9f0a1f2d11}
                """,
            reason: .tokenLost,
            subject: "StatefulSet/agent",
            mention: "holds a Lease",
            // The pod that runs is not replaced, since it never becomes ready here. What counts is the next one.
            remedy: .apply(agent("automountServiceAccountToken: true, "))
        ),
    ]

    /// What limits would refuse, or leave to chance.
    static let ofLimits: [Harm] = [
        Harm(
            name: "request-above-default",
            control: .limitRange,
            settings: limits(["type": "Container", "default": ["memory": "256Mi"]]),
            objects: deployment(container: ", resources: {requests: {memory: 512Mi}}"),
            reason: .podsRefused,
            subject: "Deployment/web",
            mention: "memory",
            remedy: .apply(deployment(container: ", resources: {requests: {memory: 512Mi}, limits: {memory: 1Gi}}"))
        ),
        Harm(
            name: "max-without-limit",
            control: .limitRange,
            settings: limits(["type": "Pod", "max": ["memory": "1Gi"]]),
            objects: deployment(),
            reason: .podsRefused,
            subject: "Deployment/web",
            mention: "memory",
            remedy: .apply(deployment(container: ", resources: {limits: {memory: 512Mi}}"))
        ),
        Harm(
            name: "ratio",
            control: .limitRange,
            settings: limits(["type": "Container", "maxLimitRequestRatio": ["cpu": "2"]]),
            objects: deployment(container: ", resources: {requests: {cpu: 100m}, limits: {cpu: 500m}}"),
            reason: .podsRefused,
            subject: "Deployment/web",
            mention: "cpu",
            remedy: .settings(limits(["type": "Container", "maxLimitRequestRatio": ["cpu": "5"]]))
        ),
        Harm(
            name: "two-defaults",
            control: .limitRange,
            settings: ["existing": "Add", "limits": [["type": "Container", "default": ["memory": "256Mi"]]]],
            objects: deployment() + """
                apiVersion: v1
                kind: LimitRange
                metadata: {name: own}
                spec: {limits: [{type: Container, default: {memory: 512Mi}}]}
                """,
            reason: .defaultUndefined,
            subject: "Deployment/web",
            mention: "undefined",
            remedy: .delete(kind: "limitrange", name: "own"),
            isHeld: false
        ),
    ]

    /// The one of that name.
    static func named(_ name: String) throws -> Harm { try #require(all.first { $0.name == name }) }

    /// All of them.
    static let all = ofNetworks + ofPodSecurity + ofTokens + ofLimits
}
