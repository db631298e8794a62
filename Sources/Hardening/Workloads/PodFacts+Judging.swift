import KubernetesAPI
extension PodFacts {
    /// x
    public convenience init(judging pod: PodTemplateSpec) { self.init(pod, violations: []) }
}
