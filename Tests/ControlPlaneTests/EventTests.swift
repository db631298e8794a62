import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    @Suite struct Events {
        @Test("Enforcing, blocking, repairing and releasing are told of the namespace and of the profile")
        func told() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let namespace = try await scene.settledNamespace("told")
                try await cluster.kubectl("apply", "-n", namespace, "-f", "-", input: Harm.web + Self.loadBalancer)
                let profile = try await scene.profile {
                    $0["onDisruption"] = "Hold"
                    $0["deletionPolicy"] = "Release"
                    $0["controls"] = ["networkPolicy": ["directions": ["Ingress"]], "serviceAccountToken": [:]]
                }
                try await cluster.withOperator { process in
                    try await process.ready()
                    func told(_ reason: String, of name: String) async throws -> Said {
                        try await eventually("\(reason) is told of \(name)") {
                            try await scene.events(of: name).first { $0.reason == reason }
                        }
                    }
                    let held = try await told("Held", of: namespace)
                    #expect(held.kind == "Warning" && held.action == "EnforceNetworkPolicy")
                    #expect(held.note.hasPrefix("networkPolicy in namespace \(namespace): not enforced while"))
                    #expect(held.note.contains("Service/web (LoadBalancerService)"))
                    #expect(held.related == profile)
                    let enforced = try await told("Enforced", of: namespace)
                    #expect(enforced.note == "serviceAccountToken: enforced in namespace \(namespace)")
                    #expect(enforced.kind == "Normal" && enforced.action == "Enforce" && enforced.related == profile)

                    // The harm is out of the world.
                    try await cluster.kubectl("delete", "service", "web", "-n", namespace)
                    try await eventually("the policy is there") {
                        try await cluster.object(NetworkPolicy.self, Marks.denyPolicyName, in: namespace) != nil
                    }
                    try await scene.compliant(profile, namespaces: 1)
                    try await cluster.delete(NetworkPolicy.self, Marks.denyPolicyName, in: namespace)
                    let repaired = try await told("DriftRepaired", of: namespace)
                    #expect(
                        repaired.note
                            == "networkPolicy: deleted NetworkPolicy hardening-default-deny restored in namespace "
                            + namespace
                    )
                    #expect(repaired.kind == "Normal" && repaired.action == "RepairNetworkPolicy")

                    try await cluster.delete(HardeningProfile.self, profile)
                    let released = try await told("Released", of: namespace)
                    #expect(
                        released.note
                            == "networkPolicy, serviceAccountToken: no longer enforced in namespace \(namespace); what "
                            + "was there before is back"
                    )
                    for reason in ["Held", "Enforced", "DriftRepaired", "Released"] {
                        let ofNamespace = try await told(reason, of: namespace)
                        #expect(try await told(reason, of: profile).note == ofNamespace.note)
                    }
                    let describing = try await cluster.kubectl("get", "events", "-n", cluster.eventNamespace)
                    #expect(describing.contains("namespace/\(namespace)"), "kubectl shows them")
                }
            }
        }

        @Test("E2: 200 drifts in one namespace are one Event with a series; prints how many were written")
        func storm() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile {
                    $0["controls"] = ["serviceAccountToken": ["scope": "All"]]
                }
                let namespace = try await scene.settledNamespace("storm")
                let accounts = (0..<50).map { "a\($0)" }
                for account in accounts { try await cluster.create(ServiceAccount.self, account, in: namespace) }
                try await cluster.withOperator { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    let mark = cluster.auditedRequests().count
                    for _ in 0..<4 {
                        for account in accounts {
                            try await cluster.edit(
                                ServiceAccount.self,
                                account,
                                in: namespace,
                                ["automountServiceAccountToken": nil]
                            )
                        }
                        try await eventually("all are repaired") {
                            let all = try await cluster.client.listAll(
                                ServiceAccount.self,
                                of: .init(namespace: namespace)
                            )
                            return all.filter { accounts.contains($0.metadata.name) }
                                .allSatisfy { $0.automountServiceAccountToken == false }
                        }
                    }
                    let said = try await eventually("the count of the series comes to 200") {
                        let said = try await scene.events(of: namespace).filter { $0.reason == "DriftRepaired" }
                        #expect(said.count <= 1)
                        return said.first.flatMap { $0.count >= 200 ? $0 : nil }
                    }
                    #expect(said.count == 200)
                    #expect(said.action == "RepairServiceAccountToken")
                    let writes = cluster.auditedRequests().dropFirst(mark).filter(\.isOfEvent)
                    print("200 drifts: \(writes.count) writes of Events, of namespace and profile")
                    // Of each of the two: its beginning, that it is a series, and its count after 10, 30, 70 and 150 s; and
                    // that both began to be enforced, if that comes late.
                    #expect(writes.count <= 14)
                }
            }
        }

        @Test("Without the right to write Events all is enforced as ever, and that is said once")
        func denied() async throws {
            try await Scene.play { scene in
                let cluster = scene.cluster
                let profile = try await scene.profile()
                let namespace = try await scene.settledNamespace("denied")
                try await cluster.kubectl(
                    "delete",
                    "rolebinding",
                    "hardening-operator-events",
                    "-n",
                    cluster.eventNamespace
                )
                try await cluster.withOperator(mayBeDenied: true) { process in
                    try await process.ready()
                    try await scene.compliant(profile, namespaces: 1)
                    for _ in 0..<3 {
                        try await cluster.delete(NetworkPolicy.self, Marks.denyPolicyName, in: namespace)
                        try await eventually("the policy is back") {
                            try await cluster.object(NetworkPolicy.self, Marks.denyPolicyName, in: namespace) != nil
                        }
                    }
                    try await eventually("it is said") {
                        try process.lines.contains { $0.message == "the API server refuses Events" }
                    }
                    let warnings = try process.lines.filter { ["warning", "error"].contains($0.level) }
                    #expect(warnings.map(\.message) == ["the API server refuses Events"])
                }
                try await cluster.grantEvents()
                #expect(try await scene.events(of: namespace).isEmpty)
            }
        }

        private static let loadBalancer = """

            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              type: LoadBalancer
              selector: {app: web}
              ports: [{port: 443, targetPort: 9443}]
            """
    }
}

/// What an Event says.
struct Said {
    var kind: String
    var reason: String
    var action: String
    var note: String
    var related: String?
    var count: Int64

    init(_ event: Document<Event>) {
        func text(_ key: String) -> String { event.json[key]?.string ?? "" }
        kind = text("type")
        reason = text("reason")
        action = text("action")
        note = text("note")
        related = event.json["related"]?["name"]?.string
        count = event.json["series"]?["count"]?.integer ?? 1
    }
}

extension Scene {
    /// What is said of the namespace or profile `name`.
    func events(of name: String) async throws -> [Said] {
        try await cluster.client.listAll(Document<Event>.self, of: .init(namespace: cluster.eventNamespace))
            .filter {
                $0.json["regarding"]?["name"]?.string == name
                    && $0.json["reportingController"]?.string == "hardening.dev/operator"
            }
            .map(Said.init)
    }
}
