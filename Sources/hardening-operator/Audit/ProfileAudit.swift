import Hardening
import KubernetesAPI
import PrintableText

/// Judges manifests as a profile would judge them in a cluster that holds nothing else.
struct ProfileAudit: Sendable {
    /// The profile.
    let profile: CompiledProfile

    private var cluster: OfflineCluster
    private var manifests: [Manifest] = []

    /// An audit by `profile`, for an API server of version 1.`serverMinor`; as by ``OfflineCluster/assumedMinor`` if
    /// nobody says which it is.
    init(_ profile: CompiledProfile, serverMinor: Int? = nil) {
        self.profile = profile
        cluster = OfflineCluster(serverMinor: serverMinor)
    }

    /// Which release of Kubernetes it judges by, for people.
    var release: String {
        let facts = cluster.cluster
        return "by Kubernetes 1.\(facts.serverMinor)"
            + (facts.isServerMinorObserved ? "" : ", which is assumed (--server-version 1.N says another)")
    }

    /// Takes in an object.
    ///
    /// - Returns: Whether it matters to a profile.
    /// - Throws: `ManifestProblem` for the first field that has another form than the API's.
    mutating func add(_ manifest: Manifest) throws(ManifestProblem) -> Bool {
        guard try take(manifest) else { return false }
        manifests.append(manifest)
        return true
    }

    private mutating func take(_ manifest: Manifest) throws(ManifestProblem) -> Bool {
        let source = manifests.count
        func read<Object: KubernetesObject>(_ type: Object.Type) throws(ManifestProblem) -> Object {
            try manifest.decode(type, manifest.node, at: "")
        }
        func add<Kind: WorkloadKind>(_ kind: Kind.Type) throws(ManifestProblem) {
            let workload = try read(Workload<Kind>.self)
            do throws(JSONError) {
                try cluster.add(workload, from: source)
            } catch {
                throw manifest.problem(error.path, error.message)
            }
        }
        switch manifest.kind {
        case "Namespace": cluster.add(try read(Namespace.self), from: source)
        case "NetworkPolicy" where manifest.group == NetworkPolicy.resource.group:
            cluster.add(try read(NetworkPolicy.self), from: source)
        case "ServiceAccount": cluster.add(try read(ServiceAccount.self), from: source)
        case "LimitRange": cluster.add(try read(LimitRange.self), from: source)
        case "Service" where manifest.group.isEmpty: cluster.add(try read(Service.self), from: source)
        case "Lease": cluster.add(try read(Lease.self), from: source)
        case "RoleBinding":
            let binding = try read(RoleBinding.self)
            cluster.add(
                BoundAccount.accounts(
                    binding.subjects,
                    defaultNamespace: manifest.namespace.isEmpty
                        ? OfflineCluster.defaultNamespace : manifest.namespace
                )
            )
        case "ClusterRoleBinding":
            cluster.add(BoundAccount.accounts(try read(ClusterRoleBinding.self).subjects, defaultNamespace: nil))
        case "ValidatingWebhookConfiguration":
            cluster.add(
                ServiceCaller.callers(try read(WebhookConfiguration<WebhookConfigurationKinds.Validating>.self))
            )
        case "MutatingWebhookConfiguration":
            cluster.add(ServiceCaller.callers(try read(WebhookConfiguration<WebhookConfigurationKinds.Mutating>.self)))
        case "CustomResourceDefinition": cluster.add(ServiceCaller.callers(try read(CustomResourceDefinition.self)))
        case "APIService": cluster.add(ServiceCaller.callers(try read(APIService.self)))
        case "Ingress" where manifest.group == Ingress.resource.group:
            cluster.add(ServiceCaller.callers(try read(Ingress.self)))
        case "HTTPRoute": cluster.add(ServiceCaller.callers(try read(HTTPRoute.self)))
        case "ServiceMonitor": cluster.add(ObservedMonitor(try read(Monitor<MonitorKinds.ServiceMonitor>.self)))
        case "PodMonitor": cluster.add(ObservedMonitor(try read(Monitor<MonitorKinds.PodMonitor>.self)))
        default:
            guard manifest.templatePath != nil,
                let kind = WorkloadKinds.all.first(where: { $0.resource.kind == manifest.kind })
            else { return false }
            try add(kind)
        }
        return true
    }

    /// What the profile says of all that was taken in, at the time of day `now`, in the order of the input. Of several
    /// objects of one kind, namespace and name, each has its own.
    func findings(at now: Timestamp) -> [AuditFinding] {
        // Of what is no part of a namespace's variants, such as an Ingress, the first stands for all.
        var places: [String: Int] = [:]
        for (index, manifest) in manifests.enumerated() {
            let namespace = manifest.namespace.isEmpty ? OfflineCluster.defaultNamespace : manifest.namespace
            let key = "\(namespace) \(manifest.kind)/\(manifest.name)"
            if places[key] == nil { places[key] = index }
        }
        var found: [(place: Int, finding: AuditFinding)] = []
        var told: Set<Told> = []
        for assessment in profile.assess(cluster, at: now) {
            let namespace = assessment.namespace
            var own: Set<Told> = []
            for finding in assessment.verdicts.flatMap(\.findings) {
                // What is said of a namespace that no manifest makes stands where the first of its objects does.
                let place =
                    finding.workload.flatMap { assessment.sources[$0] ?? places["\(namespace) \($0)"] }
                    ?? assessment.sources["Namespace/\(namespace)"] ?? assessment.firstSource ?? 0
                let one = Told(place: place, finding: finding)
                // A variant repeats what others said of objects that it shares with them.
                guard !told.contains(one) else { continue }
                own.insert(one)
                found.append((place, self.finding(finding, manifests.indices.contains(place) ? manifests[place] : nil)))
            }
            told.formUnion(own)
        }
        found += profile.assess(cluster.cluster).map { (Int.max, finding($0, nil)) }
        return found.enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element.finding)
    }

    private struct Told: Hashable {
        var place: Int
        var finding: Finding
    }

    private func finding(_ finding: Finding, _ manifest: Manifest?) -> AuditFinding {
        let isItself = finding.workload.map { $0 == "\(manifest?.kind ?? "")/\(manifest?.name ?? "")" } ?? true
        let object = manifest.map { AuditedObject($0) }
        let parts = finding.workload?.split(separator: "/", maxSplits: 1).map(String.init) ?? []
        return AuditFinding(
            object: AuditedObject(
                file: object?.file ?? "",
                line: object?.line ?? 0,
                kind: parts.first ?? "Namespace",
                namespace: parts.isEmpty ? "" : finding.namespace.shortened(to: 253),
                name: (parts.count == 2 ? parts[1] : finding.namespace).shortened(to: 253)
            ),
            line: isItself ? finding.path.flatMap { manifest?.line(of: $0) } ?? object?.line ?? 0 : object?.line ?? 0,
            check: finding.check ?? finding.control.rawValue,
            severity: finding.severity,
            reason: finding.reason.rawValue,
            message: finding.message,
            remedy: ""
        )
    }

    /// What may be found.
    var rules: [AuditRule] {
        let controls = ControlName.allCases.filter { $0 != .workloads }.map { control in
            AuditRule(
                id: control.rawValue,
                summary: "What the control \(control.rawValue) of the profile asks of a namespace.",
                helpURI: "https://kubernetes.io/docs/concepts/security/security-checklist/",
                severity: .high
            )
        }
        return controls
            + WorkloadCheck.all.map {
                AuditRule(
                    id: $0.id,
                    summary: $0.title,
                    helpURI: "https://kubernetes.io/docs/concepts/security/application-security-checklist/",
                    severity: $0.severity
                )
            }
    }
}
