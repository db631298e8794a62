import KubernetesAPI

/// A Deployment as people write them, its ReplicaSet, and pods as the ReplicaSet controller and the kubelet make them:
/// `restricted` lets them in.
public struct PodDocument: Sendable {
    /// The namespace of all of them.
    public let namespace: String
    /// The Deployment's place in its namespace.
    public let number: Int

    /// The objects of the Deployment of this place in `namespace`.
    public init(namespace: String, number: Int) {
        self.namespace = namespace
        self.number = number
    }

    /// The Deployment's name, and the Service's.
    public var name: String { "web-\(number)" }
    /// The ReplicaSet's name.
    public var replicaSetName: String { "\(name)-\(hash)" }
    private var hash: String { "6d4cf56db\(number)" }
    private var appLabels: JSONValue {
        [
            "app.kubernetes.io/name": .string(name), "app.kubernetes.io/part-of": "shop",
            "app.kubernetes.io/version": "1.14.2", "team": .string(namespace),
        ]
    }
    private var podLabels: JSONValue {
        var labels = appLabels
        labels["pod-template-hash"] = .string(hash)
        return labels
    }
    private var selector: JSONValue { ["app.kubernetes.io/name": .string(name)] }

    /// The Deployment, which wants so many pods.
    public func deployment(replicas: Int) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": .string(name), "labels": appLabels],
            "spec": [
                "replicas": .integer(Int64(replicas)), "revisionHistoryLimit": 3,
                "selector": ["matchLabels": selector],
                "template": ["metadata": ["labels": appLabels, "annotations": annotations], "spec": spec],
            ],
        ]
    }

    /// The ReplicaSet, which the Deployment `owner` has made.
    public func replicaSet(replicas: Int, owner: ObjectMeta) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string(replicaSetName), "labels": podLabels,
                "annotations": ["deployment.kubernetes.io/revision": "4"],
                "ownerReferences": [Self.reference("Deployment", owner)],
            ],
            "spec": [
                "replicas": .integer(Int64(replicas)),
                "selector": ["matchLabels": podLabels],
                "template": ["metadata": ["labels": podLabels, "annotations": annotations], "spec": spec],
            ],
        ]
    }

    /// The Service in front of the pods.
    public var service: JSONValue {
        [
            "apiVersion": "v1", "kind": "Service",
            "metadata": ["name": .string(name), "labels": appLabels],
            // Without an address: handing these out is slow, and nothing here asks for one.
            "spec": [
                "clusterIP": "None", "selector": selector,
                "ports": [["name": "http", "port": 80, "targetPort": "http"]],
            ],
        ]
    }

    /// The pod of this place among those of the ReplicaSet `owner`, on `node`.
    public func pod(_ place: Int, on node: String, owner: ObjectMeta) -> JSONValue {
        var spec = spec
        spec["nodeName"] = .string(node)
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(podName(place)), "generateName": .string("\(replicaSetName)-"), "labels": podLabels,
                "annotations": annotations, "ownerReferences": [Self.reference("ReplicaSet", owner)],
            ],
            "spec": spec,
        ]
    }

    /// The name of the pod of this place, drawn as the API server draws them.
    public func podName(_ place: Int) -> String {
        let characters = Array("bcdfghjklmnpqrstvwxz2456789")
        var rest = place
        var suffix = ""
        for _ in 0..<5 {
            suffix.append(characters[rest % characters.count])
            rest /= characters.count
        }
        return "\(replicaSetName)-\(suffix)"
    }

    /// What the kubelet says of a pod that runs, `restarts` times anew.
    public static func status(restarts: Int = 0, address: String = "10.244.17.23") -> JSONValue {
        let time = "2026-02-03T08:15:3\(restarts % 10)Z"
        let names = ["web", "proxy"]
        return [
            "phase": "Running", "hostIP": "192.0.2.17", "podIP": .string(address),
            "podIPs": [["ip": .string(address)]], "qosClass": "Burstable", "startTime": "2026-02-03T08:15:00Z",
            "conditions": .array(
                ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map {
                    ["type": .string($0), "status": "True", "lastTransitionTime": .string(time)]
                }
            ),
            "containerStatuses": .array(
                names.map { name in
                    let digest = "sha256:\(String(repeating: "4f1c88d2", count: 8))"
                    return [
                        "name": .string(name), "ready": true, "started": true,
                        "restartCount": .integer(Int64(restarts)),
                        "image": .string("registry.example.com/shop/\(name):1.14.2"),
                        "imageID": .string("registry.example.com/shop/\(name)@\(digest)"),
                        "containerID": .string("containerd://\(String(repeating: "9ab3e07d", count: 8))"),
                        "state": ["running": ["startedAt": .string(time)]],
                    ]
                }
            ),
        ]
    }

    private static func reference(_ kind: String, _ owner: ObjectMeta) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": .string(kind), "name": .string(owner.name), "uid": .string(owner.uid),
            "controller": true, "blockOwnerDeletion": true,
        ]
    }

    private var annotations: JSONValue {
        [
            "checksum/config": .string(String(repeating: "3b0f61c9", count: 8))
        ]
    }

    private var spec: JSONValue {
        [
            "serviceAccountName": "default", "automountServiceAccountToken": false, "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 30,
            "securityContext": [
                "runAsNonRoot": true, "runAsUser": 10_001, "runAsGroup": 10_001, "fsGroup": 10_001,
                "seccompProfile": ["type": "RuntimeDefault"],
            ],
            "containers": [
                web, container("proxy", memory: "128Mi"),
            ],
            "volumes": [
                ["name": "tmp", "emptyDir": [:]],
                ["name": "config", "configMap": ["name": .string("\(name)-config"), "defaultMode": 420]],
                [
                    "name": "kube-api-access",
                    "projected": [
                        "defaultMode": 420,
                        "sources": [
                            ["serviceAccountToken": ["expirationSeconds": 3607, "path": "token"]],
                            [
                                "configMap": [
                                    "name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]],
                                ]
                            ],
                            [
                                "downwardAPI": [
                                    "items": [["path": "namespace", "fieldRef": ["fieldPath": "metadata.namespace"]]]
                                ]
                            ],
                        ],
                    ],
                ],
            ],
        ]
    }

    private var web: JSONValue {
        func probe(_ path: String, _ period: Int64) -> JSONValue {
            ["httpGet": ["path": .string(path), "port": "http"], "periodSeconds": .integer(period)]
        }
        var web = container("web", memory: "512Mi")
        web["args"] = ["--config=/etc/config/config.yaml", "--graceful-stop=20s"]
        web["ports"] = [["name": "http", "containerPort": 8080]]
        web["livenessProbe"] = probe("/livez", 10)
        web["readinessProbe"] = probe("/readyz", 5)
        web["volumeMounts"] = [
            ["name": "tmp", "mountPath": "/tmp"], ["name": "config", "mountPath": "/etc/config", "readOnly": true],
            [
                "name": "kube-api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
                "readOnly": true,
            ],
        ]
        web["env"] = [
            ["name": "LOG_LEVEL", "value": "info"],
            [
                "name": "DATABASE_PASSWORD",
                "valueFrom": ["secretKeyRef": ["name": .string("\(name)-db"), "key": "password"]],
            ],
        ]
        return web
    }

    private func container(_ name: String, memory: String) -> JSONValue {
        [
            "name": .string(name), "image": .string("registry.example.com/shop/\(name):1.14.2"),
            "imagePullPolicy": "IfNotPresent",
            "resources": [
                "requests": ["cpu": "100m", "memory": .string(memory)], "limits": ["memory": .string(memory)],
            ],
            "securityContext": [
                "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
            ],
            "volumeMounts": [["name": "tmp", "mountPath": "/tmp"]],
        ]
    }
}
