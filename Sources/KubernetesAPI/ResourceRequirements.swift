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

extension ResourceRequirements: JSONReadable {
    // A quantity may be written as a number (`cpu: 0.5`): the server takes its text.
    private struct Amount: JSONReadable {
        let text: String

        init(json: JSONReader) throws(JSONError) {
            switch try JSONValue(json: json) {
            case .string(let value): text = value
            case .integer(let value): text = "\(value)"
            case .number(let value): text = "\(value)"
            default: throw json.mismatch("a quantity")
            }
        }
    }

    /// Reads the API's form.
    public init(json: JSONReader) throws(JSONError) {
        func quantities(_ name: StaticString) throws(JSONError) -> LimitRange.Quantities {
            (try json.value(name) ?? [String: Amount]()).mapValues(\.text)
        }
        self.init(requests: try quantities("requests"), limits: try quantities("limits"))
    }
}
