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
    public struct Container: Sendable, Hashable, Decodable {
        /// The program, if the image's own is not meant.
        public var command: [String]?
        /// Its arguments.
        public var args: [String]?
    }

    private struct Spec: Sendable, Hashable, Decodable {
        struct Template: Sendable, Hashable, Decodable {
            struct PodSpec: Sendable, Hashable, Decodable {
                var containers: [Container]?
            }
            var spec: PodSpec?
        }
        var template: Template?
    }

    /// The object's metadata.
    public var metadata: ObjectMeta
    private var spec: Spec?

    /// The containers of its pods.
    public var containers: [Container] { spec?.template?.spec?.containers ?? [] }
}
