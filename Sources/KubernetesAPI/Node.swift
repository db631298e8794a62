/// `v1.Node`: the version of its kubelet.
public struct Node: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(group: "", version: "v1", plural: "nodes", kind: "Node", isNamespaced: false)

    private struct Status: Sendable, Decodable {
        struct NodeInfo: Sendable, Decodable {
            var kubeletVersion: String?
        }
        var nodeInfo: NodeInfo?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var status: Status?

    /// The kubelet's version, such as `v1.36.1`; `nil` before it has said so.
    public var kubeletVersion: String? { status?.nodeInfo?.kubeletVersion }
}
