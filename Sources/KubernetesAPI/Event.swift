/// `events.k8s.io/v1` `Event`: what somebody says of an object, for people, kept for an hour or so.
public struct Event: KubernetesObject {
    /// Where objects of this kind are found.
    public static let resource = Resource(
        group: "events.k8s.io",
        version: "v1",
        plural: "events",
        kind: "Event",
        isNamespaced: true
    )

    /// The object's metadata.
    public var metadata: ObjectMeta
}

extension Event {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        metadata = try json.metadata()
    }
}
