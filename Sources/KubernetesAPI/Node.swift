/// `v1.Node`: the version of its kubelet.
public struct Node: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(group: "", version: "v1", plural: "nodes", kind: "Node", isNamespaced: false)

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The kubelet's version, such as `v1.36.1`; `nil` before it has said so.
    public var kubeletVersion: String?

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        kubeletVersion = try json.member("status")?.member("nodeInfo")?.value("kubeletVersion")
    }
}
