import KubernetesAPI

/// One of `spec.exemptions` of a profile as it is written; ``Exemption`` is what it means.
public struct ExemptionSpec: Sendable, Hashable, Decodable {
    /// Workloads by kind, name and labels: all that is said must fit.
    public struct Workload: Sendable, Hashable, Decodable {
        /// A kind such as `Deployment`, or `*` for any.
        public var kind: String?
        /// A name or glob; default `*`.
        public var name: String?
        /// Which labels they have; any if absent.
        public var labelSelector: LabelSelector?
    }

    /// Tells it apart from the others of the profile; a DNS label.
    public var name: String?
    /// The controls that it exempts from, by the names of their fields; either these or `checks`.
    public var controls: [String]?
    /// The checks that it exempts from, by their ids.
    public var checks: [String]?
    /// Where: names or globs of namespaces; either these or `namespaceSelector`, everywhere if neither is there.
    public var namespaces: [String]?
    /// Where: namespaces by their labels.
    public var namespaceSelector: LabelSelector?
    /// What; everything there if absent.
    public var workloads: [Workload]?
    /// What it is for; for people, and required.
    public var reason: String?
    /// Who answers for it; for people.
    public var owner: String?
    /// When it ends, in RFC 3339; never if absent.
    public var expiresAt: String?
}
