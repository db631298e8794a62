extension WorkloadCheck {
    /// A Deployment or StatefulSet has more than one replica, so that a node may be drained. A matter of availability, and
    /// single ones have their reasons: worth knowing, no violation. None at all are none that fail.
    ///
    /// Source: Kubernetes documentation, *Disruptions*.
    static let replicaCount = WorkloadCheck(
        id: "replica-count",
        .info,
        "More than one pod serves",
        source: "Kubernetes documentation, \"Disruptions\"",
        .workload { group, _ in
            guard let top = group.top, top.kind == "Deployment" || top.kind == "StatefulSet", top.replicas ?? 1 == 1
            else { return nil }
            return "one replica, so that draining its node interrupts it: set spec.replicas: 2"
        }
    )
}
