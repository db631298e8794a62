import PodSecurity

/// `spec.controls.workloads`.
public struct WorkloadsSpec: Sendable, Hashable, Decodable {
    /// What is different about one check.
    public struct Check: Sendable, Hashable, Decodable {
        /// The check, as ``WorkloadCheck/id`` has it.
        public var id: String
        /// ``Mode/disabled`` leaves it out; the others ask it, also where it is off by default or not of the level.
        public var mode: Mode?
        /// How bad it is to fail it; default ``WorkloadCheck/severity``.
        public var severity: Severity?
    }

    /// What it does; default the profile's mode, which is also the ceiling. It never writes: ``Mode/enforce`` is
    /// ``Mode/audit`` here.
    public var mode: Mode?
    /// The level of the Pod Security Standards that pods are held to; default ``Level/restricted``.
    public var level: Level?
    /// `latest` or `v1.N`; default `latest`.
    public var version: String?
    /// Where images may come from, such as `registry.example.com/team`; absent, that is not asked.
    public var allowedRegistries: [String]?
    /// `1.N`, the oldest release that the cluster may be of; absent, that is not asked.
    public var minimumKubernetesVersion: String?
    /// What is different about some checks.
    public var checks: [Check]?
}
