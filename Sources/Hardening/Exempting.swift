import KubernetesAPI

// Where exemptions bear on a judgement.

extension CompiledProfile {
    func exemption(of control: ControlName, _ view: NamespaceView) -> String? { nil }
    func exemption(of impact: Impact, _ view: NamespaceView) -> String? { nil }
    func withoutExempt(_ findings: [Finding], _ view: NamespaceView) -> (findings: [Finding], exempted: [String]) {
        (findings, [])
    }
    func exemptions(used: [String: Int], at now: Timestamp) -> ProfileStatus.Exemptions? { nil }
    /// What is to be known of the cluster itself, if the profile asks.
    public func assess(_ cluster: ClusterFacts) -> [Finding] { [] }
    func nextExemptionChange(after now: Timestamp) -> Timestamp? { nil }
}
