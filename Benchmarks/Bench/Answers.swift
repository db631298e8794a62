import KubernetesAPI

/// What the server answers a write with, of which only the metadata is of interest.
struct Receipt<Kind: KubernetesObject>: KubernetesObject {
    static var resource: Resource { Kind.resource }
    var metadata: ObjectMeta

    init(json: JSONReader) throws(JSONError) {
        metadata = try json.required("metadata")
    }
}

/// An object as the server has it, with all of its fields.
struct Whole<Kind: KubernetesObject>: KubernetesObject {
    static var resource: Resource { Kind.resource }

    let metadata: ObjectMeta
    let json: JSONValue

    init(json: JSONReader) throws(JSONError) {
        metadata = try json.required("metadata")
        self.json = try JSONValue(json: json)
    }
}

typealias Pod = Workload<WorkloadKinds.Pod>
typealias Deployment = Workload<WorkloadKinds.Deployment>
typealias ReplicaSet = Workload<WorkloadKinds.ReplicaSet>
typealias DaemonSet = Workload<WorkloadKinds.DaemonSet>
