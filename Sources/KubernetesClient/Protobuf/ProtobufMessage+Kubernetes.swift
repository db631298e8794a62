import KubernetesAPI

// The messages that are read, with the fields that the type reads for which they stand, and no others: whoever reads another
// field adds it here.
//
// Source: generated.proto of k8s.io/api/core/v1, k8s.io/api/apps/v1, k8s.io/api/batch/v1,
// k8s.io/apimachinery/pkg/apis/meta/v1, pkg/api/resource and pkg/util/intstr.

extension ProtobufMessage {
    /// The message of what `type` reads of a resource's objects, where these are read in protobuf: those of which there are
    /// many in a cluster and of which most is skipped, in the version whose fields stand here. With small objects, all of
    /// which is read, nobody gains by it: docs/performance.md.
    static func of(_ type: any KubernetesObject.Type, from resource: Resource) -> ProtobufMessage? {
        resource == type.resource ? byType[ObjectIdentifier(type)] : nil
    }

    // By type and not by resource: two types may read the same resource, and different fields of it.
    private static let byType = [
        ObjectIdentifier(Workload<WorkloadKinds.Pod>.self): pod,
        ObjectIdentifier(Workload<WorkloadKinds.Deployment>.self): deployment,
        ObjectIdentifier(Workload<WorkloadKinds.ReplicaSet>.self): replicaSet,
        ObjectIdentifier(Workload<WorkloadKinds.StatefulSet>.self): statefulSet,
        ObjectIdentifier(Workload<WorkloadKinds.DaemonSet>.self): daemonSet,
        ObjectIdentifier(Workload<WorkloadKinds.Job>.self): job,
        ObjectIdentifier(Service.self): service,
    ]

    /// `metav1.Status`.
    static let status = ProtobufMessage([
        2: .plain("status", .string),
        3: .plain("message", .string),
        4: .plain("reason", .string),
        5: .message("details", statusDetails),
        6: .plain("code", .integer),
    ])

    private static let statusDetails = ProtobufMessage([
        1: .plain("name", .string),
        3: .plain("kind", .string),
        4: .repeated("causes", .message(statusCause)),
        5: .plain("retryAfterSeconds", .integer),
    ])

    private static let statusCause = ProtobufMessage([
        1: .plain("reason", .string),
        2: .plain("message", .string),
        3: .plain("field", .string),
    ])

    /// `metav1.ListMeta`.
    static let listMetadata = ProtobufMessage([
        2: .plain("resourceVersion", .string),
        3: .plain("continue", .string),
    ])

    /// Any object, of which is read who it is.
    static let identity = ProtobufMessage([1: .message("metadata", names)])

    private static let names = ProtobufMessage([
        1: .plain("name", .string),
        3: .plain("namespace", .string),
        5: .plain("uid", .string),
        6: .plain("resourceVersion", .string),
    ])

    // MARK: Metadata

    // Without `managedFields`, which is not read of any of these.
    private static let objectMetadata = ProtobufMessage([
        1: .plain("name", .string),
        3: .plain("namespace", .string),
        5: .plain("uid", .string),
        6: .plain("resourceVersion", .string),
        7: .plain("generation", .integer),
        8: .plain("creationTimestamp", .time),
        9: .pointer("deletionTimestamp", .time),
        11: .plain("labels", .texts),
        12: .plain("annotations", .texts),
        13: .repeated("ownerReferences", .message(ownerReference)),
        14: .repeated("finalizers", .string),
    ])
    private static let metadataButVersion = objectMetadata.without(6)

    private static let ownerReference = ProtobufMessage([
        1: .plain("kind", .string),
        3: .plain("name", .string),
        4: .plain("uid", .string),
        5: .plain("apiVersion", .string),
        6: .pointer("controller", .bool),
    ])

    // MARK: Selectors

    private static let labelSelector = ProtobufMessage([
        1: .plain("matchLabels", .texts),
        2: .repeated("matchExpressions", .message(labelSelectorRequirement)),
    ])

    private static let labelSelectorRequirement = ProtobufMessage([
        1: .plain("key", .string),
        2: .plain("operator", .string),
        3: .repeated("values", .string),
    ])

    // MARK: Pods

    private static let pod = ProtobufMessage([
        1: .message("metadata", objectMetadata),
        2: .message("spec", podSpec),
        3: .message("status", podStatus),
    ])

    /// `v1.Pod` without its spec and its version, of which ``ProtobufPod`` takes care.
    static let podButSpecAndVersion = ProtobufMessage([
        1: .message("metadata", metadataButVersion),
        3: .message("status", podStatus),
    ])

    // Of a pod's conditions nothing is read.
    private static let podStatus = ProtobufMessage([1: .plain("phase", .string)])

    /// `v1.PodSpec`.
    static let podSpec = ProtobufMessage([
        1: .repeated("volumes", .message(volume)),
        2: .repeated("containers", .message(container)),
        8: .plain("serviceAccountName", .string),
        11: .plain("hostNetwork", .bool),
        12: .plain("hostPID", .bool),
        13: .plain("hostIPC", .bool),
        14: .message("securityContext", podSecurityContext),
        20: .repeated("initContainers", .message(container)),
        21: .pointer("automountServiceAccountToken", .bool),
        27: .pointer("shareProcessNamespace", .bool),
        34: .repeated("ephemeralContainers", .message(ephemeralContainer)),
        36: .message("os", podOS),
        37: .pointer("hostUsers", .bool),
        40: .message("resources", resourceRequirements),
    ])

    private static let podOS = ProtobufMessage([1: .plain("name", .string)])

    // MARK: What makes pods

    private static let deployment = workload(spec: workloadSpec, conditions: condition, at: 6)
    private static let replicaSet = workload(spec: workloadSpec, conditions: condition, at: 6)
    private static let statefulSet = workload(spec: workloadSpec, conditions: condition, at: 10)
    private static let daemonSet = workload(spec: daemonSetSpec, conditions: condition, at: 10)
    private static let job = workload(spec: jobSpec, conditions: jobCondition, at: 1)

    private static func workload(
        spec: ProtobufMessage,
        conditions: ProtobufMessage,
        at number: Int
    ) -> ProtobufMessage {
        ProtobufMessage([
            1: .message("metadata", objectMetadata),
            2: .message("spec", spec),
            3: .message("status", ProtobufMessage([number: .repeated("conditions", .message(conditions))])),
        ])
    }

    // Of Deployments, ReplicaSets and StatefulSets.
    private static let workloadSpec = ProtobufMessage([
        1: .pointer("replicas", .integer),
        2: .message("selector", labelSelector),
        3: .message("template", podTemplate),
    ])

    private static let daemonSetSpec = ProtobufMessage([
        1: .message("selector", labelSelector),
        2: .message("template", podTemplate),
    ])

    private static let jobSpec = ProtobufMessage([
        4: .message("selector", labelSelector),
        6: .message("template", podTemplate),
    ])

    private static let podTemplate = ProtobufMessage([
        1: .message("metadata", objectMetadata),
        2: .message("spec", podSpec),
    ])

    // Of all kinds but Jobs.
    private static let condition = ProtobufMessage([
        1: .plain("type", .string),
        2: .plain("status", .string),
        4: .plain("reason", .string),
        5: .plain("message", .string),
    ])

    private static let jobCondition = ProtobufMessage([
        1: .plain("type", .string),
        2: .plain("status", .string),
        5: .plain("reason", .string),
        6: .plain("message", .string),
    ])

    // MARK: Services

    private static let service = ProtobufMessage([
        1: .message("metadata", objectMetadata),
        2: .message("spec", serviceSpec),
    ])

    private static let serviceSpec = ProtobufMessage([
        1: .repeated("ports", .message(servicePort)),
        2: .plain("selector", .texts),
        3: .plain("clusterIP", .string),
        4: .plain("type", .string),
        5: .repeated("externalIPs", .string),
        9: .repeated("loadBalancerSourceRanges", .string),
        18: .repeated("clusterIPs", .string),
    ])

    private static let servicePort = ProtobufMessage([
        1: .plain("name", .string),
        2: .plain("protocol", .string),
        3: .plain("port", .integer),
        4: .plain("targetPort", .integerOrText),
    ])

    // MARK: Volumes

    private static let volume = ProtobufMessage([
        1: .plain("name", .string),
        2: .inlined(volumeSource),
    ])

    // Also of a source that is newer than this: whoever judges must see that there is one.
    private static let volumeSource = ProtobufMessage(
        [
            1: .message("hostPath", hostPath),
            2: .message("emptyDir", nothing),
            3: .message("gcePersistentDisk", nothing),
            4: .message("awsElasticBlockStore", nothing),
            5: .message("gitRepo", nothing),
            6: .message("secret", nothing),
            7: .message("nfs", nothing),
            8: .message("iscsi", nothing),
            9: .message("glusterfs", nothing),
            10: .message("persistentVolumeClaim", nothing),
            11: .message("rbd", nothing),
            12: .message("flexVolume", nothing),
            13: .message("cinder", nothing),
            14: .message("cephfs", nothing),
            15: .message("flocker", nothing),
            16: .message("downwardAPI", nothing),
            17: .message("fc", nothing),
            18: .message("azureFile", nothing),
            19: .message("configMap", nothing),
            20: .message("vsphereVolume", nothing),
            21: .message("quobyte", nothing),
            22: .message("azureDisk", nothing),
            23: .message("photonPersistentDisk", nothing),
            24: .message("portworxVolume", nothing),
            25: .message("scaleIO", nothing),
            26: .message("projected", nothing),
            27: .message("storageos", nothing),
            28: .message("csi", nothing),
            29: .message("ephemeral", nothing),
            30: .message("image", nothing),
        ],
        showsUnknown: true
    )

    private static let hostPath = ProtobufMessage([1: .plain("path", .string)])

    // Of which it is read that it is there.
    private static let nothing = ProtobufMessage([:])

    // MARK: Containers

    /// `v1.Container`.
    static let container = ProtobufMessage([
        1: .plain("name", .string),
        2: .plain("image", .string),
        6: .repeated("ports", .message(containerPort)),
        7: .repeated("env", .message(environmentVariable)),
        8: .message("resources", resourceRequirements),
        9: .repeated("volumeMounts", .message(volumeMount)),
        10: .message("livenessProbe", probe),
        11: .message("readinessProbe", probe),
        12: .message("lifecycle", lifecycle),
        15: .message("securityContext", securityContext),
        19: .repeated("envFrom", .message(environmentSource)),
        22: .message("startupProbe", probe),
        24: .pointer("restartPolicy", .string),
    ])

    // Its fields have the numbers of a container's.
    private static let ephemeralContainer = ProtobufMessage([1: .inlined(container)])

    private static let containerPort = ProtobufMessage([
        1: .plain("name", .string),
        2: .plain("hostPort", .integer),
        3: .plain("containerPort", .integer),
        4: .plain("protocol", .string),
    ])

    private static let environmentVariable = ProtobufMessage([
        1: .plain("name", .string),
        2: .plain("value", .string),
        3: .message("valueFrom", environmentVariableSource),
    ])

    private static let environmentVariableSource = ProtobufMessage([4: .message("secretKeyRef", secretReference)])

    private static let environmentSource = ProtobufMessage([3: .message("secretRef", secretReference)])

    // `v1.SecretKeySelector` and `v1.SecretEnvSource`.
    private static let secretReference = ProtobufMessage([1: .inlined(localObjectReference)])
    private static let localObjectReference = ProtobufMessage([1: .plain("name", .string)])

    private static let volumeMount = ProtobufMessage([
        1: .plain("name", .string),
        2: .plain("readOnly", .bool),
        3: .plain("mountPath", .string),
        4: .plain("subPath", .string),
    ])

    private static let resourceRequirements = ProtobufMessage([
        1: .plain("limits", .quantities),
        2: .plain("requests", .quantities),
    ])

    private static let probe = ProtobufMessage([1: .inlined(handler)])

    private static let lifecycle = ProtobufMessage([
        1: .message("postStart", handler),
        2: .message("preStop", handler),
    ])

    private static let handler = ProtobufMessage([
        2: .message("httpGet", httpGetAction),
        3: .message("tcpSocket", tcpSocketAction),
    ])
    private static let httpGetAction = ProtobufMessage([3: .plain("host", .string)])
    private static let tcpSocketAction = ProtobufMessage([2: .plain("host", .string)])

    // MARK: Security contexts

    private static let securityContext = ProtobufMessage([
        1: .message("capabilities", capabilities),
        2: .pointer("privileged", .bool),
        3: .message("seLinuxOptions", seLinuxOptions),
        4: .pointer("runAsUser", .integer),
        5: .pointer("runAsNonRoot", .bool),
        6: .pointer("readOnlyRootFilesystem", .bool),
        7: .pointer("allowPrivilegeEscalation", .bool),
        8: .pointer("runAsGroup", .integer),
        9: .pointer("procMount", .string),
        10: .message("windowsOptions", windowsOptions),
        11: .message("seccompProfile", securityProfile),
        12: .message("appArmorProfile", securityProfile),
    ])

    private static let podSecurityContext = ProtobufMessage([
        1: .message("seLinuxOptions", seLinuxOptions),
        2: .pointer("runAsUser", .integer),
        3: .pointer("runAsNonRoot", .bool),
        4: .repeated("supplementalGroups", .integer),
        5: .pointer("fsGroup", .integer),
        6: .pointer("runAsGroup", .integer),
        7: .repeated("sysctls", .message(sysctl)),
        8: .message("windowsOptions", windowsOptions),
        10: .message("seccompProfile", securityProfile),
        11: .message("appArmorProfile", securityProfile),
    ])

    private static let sysctl = ProtobufMessage([1: .plain("name", .string)])

    private static let capabilities = ProtobufMessage([
        1: .repeated("add", .string),
        2: .repeated("drop", .string),
    ])

    private static let seLinuxOptions = ProtobufMessage([
        1: .plain("user", .string),
        2: .plain("role", .string),
        3: .plain("type", .string),
    ])

    // `v1.SeccompProfile` and `v1.AppArmorProfile`.
    private static let securityProfile = ProtobufMessage([1: .plain("type", .string)])

    private static let windowsOptions = ProtobufMessage([4: .pointer("hostProcess", .bool)])
}
