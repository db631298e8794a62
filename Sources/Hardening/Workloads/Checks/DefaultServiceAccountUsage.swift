import KubernetesAPI
import PodSecurity

extension WorkloadCheck {
    /// A pod runs as an account of its own, not as the one that every pod gets that names none: what is granted to
    /// `default` is granted to all of those.
    ///
    /// Source: CIS Kubernetes Benchmark 5.1.5; Kubernetes documentation, *Application Security Checklist*.
    static let defaultServiceAccountUsage = WorkloadCheck(
        id: "default-service-account-usage",
        .medium,
        "Pods have an account of their own",
        source: "CIS 5.1.5",
        .pod { pod in
            let account = pod.spec.serviceAccountName ?? ""
            guard account.isEmpty || account == Marks.defaultServiceAccountName else { return nil }
            return Problem(
                "pods run as ServiceAccount default",
                [.set("spec.serviceAccountName", "an account of its own")]
            )
        }
    )
}
