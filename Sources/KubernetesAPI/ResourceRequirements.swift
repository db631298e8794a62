/// `v1.ResourceRequirements`: quantities by resource name, as they were written.
///
/// Source: Kubernetes API reference, *ResourceRequirements*.
public struct ResourceRequirements: Sendable, Hashable {
    /// What is set aside.
    public var requests: LimitRange.Quantities
    /// What may be used at most.
    public var limits: LimitRange.Quantities

    /// Requirements with the given parts.
    public init(requests: LimitRange.Quantities = [:], limits: LimitRange.Quantities = [:]) {
        self.requests = requests
        self.limits = limits
    }
}

extension ResourceRequirements: Decodable {
    private enum CodingKeys: String, CodingKey {
        case requests, limits
    }

    // A quantity may be written as a number (`cpu: 0.5`): the server takes its text.
    private struct Amount: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let integer = try? container.decode(Int64.self) {
                text = "\(integer)"
            } else if let number = try? container.decode(Double.self) {
                text = "\(number)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }

    /// Reads the API's form; throws a `DecodingError` for any other.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func quantities(_ key: CodingKeys) throws -> LimitRange.Quantities {
            try container.value(key, default: [String: Amount]()).mapValues(\.text)
        }
        self.init(requests: try quantities(.requests), limits: try quantities(.limits))
    }
}
