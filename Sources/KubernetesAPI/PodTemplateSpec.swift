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

extension PodTemplateSpec: Decodable {
    private enum CodingKeys: String, CodingKey {
        case metadata, spec
    }

    private struct Metadata: Decodable {
        // A value of null is the empty string to the API server: a chart's `key:` without a value.
        var labels: [String: String?]?
        var annotations: [String: String?]?
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let metadata = try container.decodeIfPresent(Metadata.self, forKey: .metadata)
        self.init(
            labels: metadata?.labels?.mapValues { $0 ?? "" } ?? [:],
            annotations: metadata?.annotations?.mapValues { $0 ?? "" } ?? [:],
            spec: try container.decodeIfPresent(PodSpec.self, forKey: .spec) ?? PodSpec()
        )
    }
}
