import Hardening
import KubernetesAPI
import KubernetesClient
import Testing

extension ControlPlaneTests {
    // Only the schema: the CRD's rules in CEL are younger than this server.
    @Suite struct ExemptionSchema {
        private static let good: JSONValue = [
            "name": "exporter", "reason": "reads the host's files", "owner": "sre", "checks": ["host-path-volumes"],
            "namespaces": ["team-*"], "workloads": [["kind": "DaemonSet"]], "expiresAt": "2027-01-31T12:00:00+01:00",
        ]

        @Test("The server keeps exemptions as they are written, and what the status says of them")
        func kept() async throws {
            try await Scene.play { scene in
                let name = try await scene.profile { $0["exemptions"] = [Self.good] }
                let profile = try #require(try await scene.cluster.object(HardeningProfile.self, name))
                var expected = Self.good
                expected["workloads"] = [["kind": "DaemonSet", "name": "*"]]
                #expect(profile.json["spec"]?["exemptions"] == [expected])
                let exemptions = try CompiledProfile(profile.value).exemptions
                #expect(exemptions.map { $0.expiresAt?.description } == ["2027-01-31T11:00:00Z"])

                let counts: JSONValue = [
                    "active": 3, "expiring": 1, "expired": 2, "unused": 0, "message": "expiring: exporter",
                ]
                let written = try await scene.cluster.client.apply(
                    Document<HardeningProfile>.self,
                    name: name,
                    subresource: "status",
                    document: [
                        "apiVersion": "hardening.dev/v1alpha1", "kind": "HardeningProfile",
                        "metadata": ["name": .string(name)], "status": ["exemptions": counts],
                    ],
                    fieldManager: "tests",
                    force: true
                )
                #expect(written.json["status"]?["exemptions"] == counts)
            }
        }

        @Test(
            "What no exemption can be is refused by the server, by its field",
            arguments: [
                ("name", nil), ("name", "A"), ("name", ""), ("reason", nil), ("reason", " \t"), ("reason", ""),
                ("checks", []), ("checks", ["Image"]), ("controls", ["psp"]), ("namespaces", []), ("namespaces", ["A"]),
                ("workloads", []), ("workloads", [[:]]), ("workloads", [["kind": "a/b"]]),
                ("workloads", [["kind": "deployment"]]), ("expiresAt", "tomorrow"),
                ("expiresAt", "2027-01-31"), ("expiresAt", "2027-13-31T00:00:00Z"),
            ] as [(String, JSONValue?)]
        )
        func refused(_ field: String, _ value: JSONValue?) async throws {
            try await Scene.play { scene in
                var exemption = Self.good
                exemption[field] = value
                let error = try await #require(throws: APIError.self) {
                    try await scene.profile { $0["exemptions"] = [exemption] }
                }
                #expect("\(error)".contains("exemptions") && "\(error)".contains(field))
            }
        }

        @Test("Two exemptions of one name are refused by the server")
        func names() async throws {
            try await Scene.play { scene in
                let error = try await #require(throws: APIError.self) {
                    try await scene.profile { $0["exemptions"] = [Self.good, Self.good] }
                }
                #expect("\(error)".contains("exemptions"))
            }
        }
    }
}
