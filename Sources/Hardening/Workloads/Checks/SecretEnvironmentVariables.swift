import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// Secrets reach a container as files, not as environment variables: those are inherited by every child process, and
    /// end up in crash reports and logs.
    ///
    /// Source: CIS Kubernetes Benchmark 5.4.1; Kubernetes documentation, *Security Checklist*, "Secrets".
    static let secretEnvironmentVariables = WorkloadCheck(
        id: "secret-environment-variables",
        .low,
        "Secrets are files, not environment variables",
        source: "CIS 5.4.1",
        .pod { pod in
            .ofContainers(pod.spec) { place, container in
                container.env.enumerated().filter { $0.element.secretName != nil }
                    .map { .remove("\(place).env[\($0.offset)]") }
                    + container.envFrom.enumerated().filter { $0.element.secretName != nil }
                    .map { .remove("\(place).envFrom[\($0.offset)]") }
            } message: {
                "environment variables of \($0) come from a Secret: mount it as files instead"
            }
        }
    )
}
