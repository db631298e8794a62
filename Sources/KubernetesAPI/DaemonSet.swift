/// `apps/v1` `DaemonSet`: the commands that its containers run, which is where NodeLocal DNSCache says its addresses.
public struct DaemonSet: KubernetesObject, Hashable {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "apps",
        version: "v1",
        plural: "daemonsets",
        kind: "DaemonSet",
        isNamespaced: true
    )

    /// A container's command line.
    public struct Container: Sendable, Hashable {
        /// The program, if the image's own is not meant.
        public var command: [String]?
        /// Its arguments.
        public var args: [String]?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    /// The containers of its pods.
    public var containers: [Container]

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
        containers = try json.member("spec")?.member("template")?.member("spec")?.value("containers") ?? []
    }
}

extension DaemonSet.Container: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        command = try json.value("command")
        args = try json.value("args")
    }
}
