/// `v1.PodTemplateSpec`: a pod as its controller will create it. A `v1.Pod` has the same shape, and is read the same way.
///
/// Source: Kubernetes API reference, *PodTemplateSpec* and *Pod*.
public struct PodTemplateSpec: Sendable, Hashable {
    /// `metadata.labels`.
    public var labels: [String: String]
    /// `metadata.annotations`.
    public var annotations: [String: String]
    /// What runs.
    public var spec: PodSpec

    /// A template of the given parts.
    public init(labels: [String: String] = [:], annotations: [String: String] = [:], spec: PodSpec) {
        self.labels = labels
        self.annotations = annotations
        self.spec = spec
    }
}

extension PodTemplateSpec: JSONReadable {
    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        let (labels, annotations) = try Self.metadata(json)
        self.init(labels: labels, annotations: annotations, spec: try json.value("spec") ?? PodSpec())
    }

    /// Of its metadata, what is read.
    static func metadata(
        _ json: JSONReader
    ) throws(JSONError) -> (labels: [String: String], annotations: [String: String]) {
        let metadata = try json.member("metadata")
        return (try strings(metadata, "labels"), try strings(metadata, "annotations"))
    }

    // A value of null is the empty string to the API server: a chart's `key:` without a value.
    private static func strings(_ metadata: JSONReader?, _ name: StaticString) throws(JSONError) -> [String: String] {
        let strings: [String: String?] = try metadata?.value(name) ?? [:]
        return strings.mapValues { $0 ?? "" }
    }
}
