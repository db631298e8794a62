import KubernetesAPI

/// An amount of a resource as the API server keeps it: to a thousandth, rounded up.
///
/// Source: `pkg/apis/core/v1/defaults.go`, SetDefaults_ResourceList.
struct ResourceAmount: Sendable, Hashable, Comparable {
    /// In thousandths.
    let milli: Int128
    /// For people: as it was written, if somebody wrote it.
    let text: String

    /// The amount that `text` says; `nil` when that is no quantity.
    init?(_ text: String) {
        guard let quantity = Quantity(text) else { return nil }
        self.init(quantity, text: text)
    }

    init(_ quantity: Quantity, text: String) {
        let (quotient, remainder) = quantity.nanos.quotientAndRemainder(dividingBy: 1_000_000)
        milli = quotient + (remainder > 0 ? 1 : 0)
        self.text = text
    }

    /// A computed amount of `resource`, in the unit that people use for it.
    init(milli: Int128, of resource: String) {
        self.milli = milli
        let (whole, rest) = milli.quotientAndRemainder(dividingBy: 1000)
        let units: [(Int128, String)] = [(1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki")]
        if rest != 0 {
            text = "\(milli)m"
        } else if resource != "cpu", let (size, unit) = units.first(where: { whole != 0 && whole % $0.0 == 0 }) {
            text = "\(whole / size)\(unit)"
        } else {
            text = "\(whole)"
        }
    }

    static func == (left: ResourceAmount, right: ResourceAmount) -> Bool { left.milli == right.milli }
    static func < (left: ResourceAmount, right: ResourceAmount) -> Bool { left.milli < right.milli }
    func hash(into hasher: inout Hasher) { hasher.combine(milli) }
}

/// What Kubernetes knows of a resource by its name.
enum ResourceNames {
    /// Whether a limit may be greater than its request.
    ///
    /// Source: `pkg/apis/core/helper/helpers.go`, IsOvercommitAllowed.
    static func mayOvercommit(_ resource: String) -> Bool {
        let isNative = !resource.contains("/") || resource.contains("kubernetes.io/")
        return isNative && !isHugePages(resource)
    }

    static func isHugePages(_ resource: String) -> Bool { resource.hasPrefix("hugepages-") }

    /// The field of `resource` in `limits` or `requests`: `.memory`, `[example.com/gpu]`.
    static func field(_ resource: String) -> String {
        resource.contains(".") || resource.contains("/") ? "[\(resource)]" : ".\(resource)"
    }

    /// Whether a pod can ask for it as a whole (KEP-2837), and by that replaces the sum of its containers.
    static func isForPods(_ resource: String) -> Bool { resource == "cpu" || resource == "memory" }
}
