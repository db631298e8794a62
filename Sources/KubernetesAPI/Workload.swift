/// A kind of object that makes pods, or a pod itself: where its objects are and where their pod template stands.
public protocol WorkloadKind: Sendable {
    /// Where objects of this kind are found.
    static var resource: Resource { get }
    /// Older versions of the resource whose fields read alike.
    static var olderVersions: [String] { get }
    /// The field that has the form of a ``PodTemplateSpec``: empty for a pod, which is one itself.
    static var templatePath: [String] { get }
}

extension WorkloadKind {
    /// None.
    public static var olderVersions: [String] { [] }
    /// Where most kinds have it.
    public static var templatePath: [String] { ["spec", "template"] }
}

/// The kinds that Kubernetes itself serves.
public enum WorkloadKinds {
    /// `apps/v1` `Deployment`.
    public enum Deployment: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("apps", "deployments", "Deployment")
    }

    /// `apps/v1` `StatefulSet`.
    public enum StatefulSet: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("apps", "statefulsets", "StatefulSet")
    }

    /// `apps/v1` `DaemonSet`.
    public enum DaemonSet: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("apps", "daemonsets", "DaemonSet")
    }

    /// `apps/v1` `ReplicaSet`.
    public enum ReplicaSet: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("apps", "replicasets", "ReplicaSet")
    }

    /// `v1` `ReplicationController`.
    public enum ReplicationController: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("", "replicationcontrollers", "ReplicationController")
    }

    /// `batch/v1` `Job`.
    public enum Job: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("batch", "jobs", "Job")
    }

    /// `batch/v1` `CronJob`.
    public enum CronJob: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("batch", "cronjobs", "CronJob")
        /// Servers before 1.21 have no other.
        public static let olderVersions = ["v1beta1"]
        /// Two levels down: a cron job's template is a job's.
        public static let templatePath = ["spec", "jobTemplate", "spec", "template"]
    }

    /// `v1` `Pod`.
    public enum Pod: WorkloadKind {
        /// Where objects of this kind are found.
        public static let resource = Resource.workload("", "pods", "Pod")
        /// The object itself.
        public static let templatePath: [String] = []
    }

    /// All of them, those that own others first.
    public static let all: [any WorkloadKind.Type] = [
        CronJob.self, DaemonSet.self, Deployment.self, Job.self, ReplicaSet.self, ReplicationController.self,
        StatefulSet.self, Pod.self,
    ]

    /// The plural names of their resources.
    public static let plurals = Set(all.map { $0.resource.plural })
}

extension Resource {
    fileprivate static func workload(_ group: String, _ plural: String, _ kind: String) -> Resource {
        Resource(group: group, version: "v1", plural: plural, kind: kind, isNamespaced: true)
    }
}

/// An object that makes pods, or a pod, of the given kind.
public struct Workload<Kind: WorkloadKind>: KubernetesObject {
    /// Where objects of this kind are found.
    public static var resource: Resource { Kind.resource }
    /// Older versions of the resource whose fields read alike.
    public static var olderVersions: [String] { Kind.olderVersions }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The pods that it makes, or the pod that it is. Replication controllers may have none.
    public var template: EncodedPodTemplate?
    /// What is said of the object beside its template.
    public var spec: WorkloadSpec
    /// What became of it.
    public var status: WorkloadStatus
    /// Of pods in protobuf.
    public var contentDigest: Int?

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata(readsManagedFields: false)
        // Fields of a pod's spec and of its owners' specs do not share names that matter here.
        spec = try json.value("spec") ?? WorkloadSpec()
        status = try json.value("status") ?? WorkloadStatus()
        var place: JSONReader? = json
        for field in Kind.templatePath { place = try place?.member(named: field) }
        let ownMetadata = Kind.templatePath.isEmpty ? metadata : nil
        template = try place.map { (place) throws(JSONError) in
            try EncodedPodTemplate(json: place, metadata: ownMetadata, at: Kind.templatePath)
        }
    }
}

/// What workloads of all kinds say beside their template, as far as something here reads it.
public struct WorkloadSpec: Sendable, Hashable {
    /// How many pods are wanted; 1 if unset, and meaningless for kinds without.
    public var replicas: Int64?
    /// Which pods are its own.
    public var selector: LabelSelector?

    /// Nothing is said.
    public init() {}
}

extension WorkloadSpec: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        replicas = try json.value("replicas")
        guard let selector = try json.member("selector") else { return }
        if let selector = try? LabelSelector(json: selector), !selector.isEmpty {
            self.selector = selector
        } else {
            // A replication controller's is a plain map.
            self.selector = (try? [String: String](json: selector)).map { LabelSelector(matchLabels: $0) }
        }
    }
}

/// What became of a workload or a pod, as far as something here reads it.
public struct WorkloadStatus: Sendable, Hashable {
    /// `metav1.Condition` in the form that the older kinds have.
    public struct Condition: Sendable, Hashable {
        /// Such as `ReplicaFailure` or `Complete`.
        public var type: String?
        /// `True`, `False` or `Unknown`.
        public var status: String?
        /// Such as `FailedCreate`.
        public var reason: String?
        /// For people.
        public var message: String?
    }

    /// Of a pod: `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    public var phase: String?
    /// How it fares; not of pods that came in protobuf, since nobody asks that of a pod.
    public var conditions: [Condition]?

    /// Nothing is known.
    public init() {}

    /// Whether a condition of this type holds.
    public func holds(_ type: String) -> Bool {
        (conditions ?? []).contains { $0.type == type && $0.status == "True" }
    }
}

extension WorkloadStatus: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        phase = try json.value("phase")
        conditions = try json.value("conditions")
    }
}

extension WorkloadStatus.Condition: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        type = try json.value("type")
        status = try json.value("status")
        reason = try json.value("reason")
        message = try json.value("message")
    }
}
